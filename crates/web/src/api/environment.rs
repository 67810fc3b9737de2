//! `/v1/environment`: what the key's environment is called, to us and to end users.

use axum::extract::State;
use axum::response::Response;
use engine::right::{ReadEnvironment, UpdateEnvironment};
use http::StatusCode;
use model::Environment;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{InData, data};
use super::input::{self, RawQuery, Reading, Received, length, text};
use super::times::Zulu;
use crate::AppState;
use crate::auth::Key;
use crate::problem::Problem;

const LONGEST_APP_NAME: usize = 80;

/// An environment.
#[derive(Serialize, ToSchema)]
pub(super) struct EnvironmentJson {
    id: String,
    name: String,
    /// What end users are told they connect to.
    app_name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Zulu,
}

/// Changes to an environment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct EnvironmentPatchBody {
    /// At most 80 characters; null or an empty text takes it away.
    app_name: Option<String>,
}

/// The environment of the key.
#[utoipa::path(
    get, path = "/v1/environment", tag = "Environment",
    responses((status = 200, description = "The environment.", body = InData<EnvironmentJson>)),
    security(("api_key" = ["environment:settings:read"]))
)]
pub(super) async fn read(Key(by): Key<ReadEnvironment>, query: RawQuery) -> Result<Response, Problem> {
    query.none()?;
    Ok(data(StatusCode::OK, shown(&by.environment)))
}

/// Changes the environment of the key.
#[utoipa::path(
    patch, path = "/v1/environment", tag = "Environment",
    request_body(content = EnvironmentPatchBody),
    responses(
        (status = 200, description = "The environment.", body = InData<EnvironmentJson>),
        (status = 400, description = "`invalid_body`.")
    ),
    security(("api_key" = ["environment:settings:update"]))
)]
pub(super) async fn update(
    Key(by): Key<UpdateEnvironment>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let app_name = input::body(received, |body| Some(body.optional("app_name", name_or_nothing)))?;
    let Some(app_name) = app_name else { return Ok(data(StatusCode::OK, shown(&by.environment))) };
    let environment =
        state.engine.set_app_name(&by, Some(app_name.as_str()).filter(|name| !name.is_empty())).await?;
    Ok(data(StatusCode::OK, shown(&environment)))
}

fn name_or_nothing(value: Value) -> Reading<String> {
    if value.is_null() { Ok(String::new()) } else { text(length(0, LONGEST_APP_NAME))(value) }
}

fn shown(environment: &Environment) -> EnvironmentJson {
    EnvironmentJson {
        id: environment.id.to_string(),
        name: environment.name.to_string(),
        app_name: environment.app_name.clone(),
        created_at: Zulu(environment.created_at),
    }
}
