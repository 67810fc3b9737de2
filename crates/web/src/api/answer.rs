//! JSON answers.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

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
    // Longer than most answers, so that they are written without growing.
    let mut bytes = Vec::with_capacity(2048);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            Problem::internal().into_response()
        }
    }
}

/// An answer in `{ "data": … }`.
pub(crate) fn data(status: StatusCode, data: impl Serialize) -> Response {
    json(status, &InData { data })
}

/// `{ "success": true }`.
pub(crate) fn success() -> Response {
    json(StatusCode::OK, &Success { success: true })
}
