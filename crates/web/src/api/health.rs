//! Whether the process lives and whether it can work.

use axum::extract::State;
use axum::response::Response;
use engine::Error;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::json;
use crate::AppState;
use crate::problem::Problem;

/// A sign of life.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    result: &'static str,
}

const OK: Health = Health { result: "ok" };

/// Whether the process answers; says nothing of what it depends on, so that an outage of the store does not make an
/// orchestrator kill the process.
#[utoipa::path(get, path = "/health", tag = "Operation", responses((status = 200, description = "Alive.", body = Health)))]
pub(super) async fn health() -> Response {
    json(StatusCode::OK, &OK)
}

/// Whether requests can be served: the store answers.
#[utoipa::path(
    get, path = "/ready", tag = "Operation",
    responses((status = 200, description = "Ready.", body = Health), (status = 503, description = "`unavailable`."))
)]
pub(super) async fn ready(State(state): State<AppState>) -> Result<Response, Problem> {
    if state.engine.ready().await { Ok(json(StatusCode::OK, &OK)) } else { Err(Error::Unavailable.into()) }
}
