//! JSON answers.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

/// The envelope of most answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct InData<T> {
    data: T,
}

/// The answer to a change that has nothing to show.
#[derive(Serialize, ToSchema)]
pub(crate) struct Success {
    /// Always true.
    success: bool,
}

/// An answer as it stands.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    of_text(status, text(body))
}

/// The text of an answer.
pub(crate) fn text(body: &impl Serialize) -> Vec<u8> {
    // Longer than most answers, so that they are written without growing.
    let mut text = Vec::with_capacity(2048);
    serde_json::to_writer(&mut text, body).expect("answers are JSON values and maps with text keys");
    text
}

/// An answer whose text is there.
pub(crate) fn of_text(status: StatusCode, text: Vec<u8>) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], text).into_response()
}

/// An answer in `{ "data": … }`.
pub(crate) fn data(status: StatusCode, data: impl Serialize) -> Response {
    json(status, &InData { data })
}

/// `{ "success": true }`.
pub(crate) fn success() -> Response {
    json(StatusCode::OK, &Success { success: true })
}
