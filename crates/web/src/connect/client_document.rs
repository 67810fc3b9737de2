//! The document that names us to authorization servers which look a client up at the address that is its identifier
//! (OAuth Client ID Metadata Document).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

use crate::AppState;

/// `GET /oauth/client-metadata/{environment}/{integration}`
pub(crate) async fn serve(
    State(state): State<AppState>,
    Path((environment, integration)): Path<(String, String)>,
) -> Response {
    // Whatever the reason, there is no such document; the log of the engine knows more.
    let Ok(document) = state.engine.client_document(&environment, &integration).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=300"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, document.to_string()).into_response()
}
