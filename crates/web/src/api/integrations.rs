//! `/integrations`: providers set up by the operator.

mod body;
mod show;

use axum::extract::State;
use axum::response::Response;
use engine::right::{
    CreateIntegration, DeleteIntegration, ListIntegrations, ReadIntegration, UpdateIntegration,
};
use http::StatusCode;
use model::{Issue, IssueCode, Scope};

use super::answer::{InData, Success, data, success};
use super::input::{self, PathText, RawQuery, Received, integration_key};
use crate::AppState;
use crate::auth::{Key, KeyOrSession};
use crate::problem::{Code, Place, Problem};

pub(super) use show::logo_url;
use show::{CredentialsJson, IntegrationJson};

/// All integrations; with a connect session those it may use.
#[utoipa::path(
    get, path = "/integrations", tag = "Integrations",
    responses((status = 200, description = "Integrations by provider and age.", body = InData<Vec<IntegrationJson>>)),
    security(("api_key" = ["environment:integrations:list"]), ("connect_session" = []))
)]
pub(super) async fn list(
    by: KeyOrSession<ListIntegrations>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    let views = match &by {
        KeyOrSession::Key(grant) => state.engine.integrations(grant).await?,
        KeyOrSession::Session(caller) => state.engine.integrations_of_session(caller).await?,
    };
    let all: Vec<_> = views.iter().map(|view| IntegrationJson::of(view, &state.public_url)).collect();
    Ok(data(StatusCode::OK, all))
}

/// Sets up a provider. What is missing stands in `missing_fields`, and connections cannot start until it is there.
#[utoipa::path(
    post, path = "/integrations", tag = "Integrations",
    request_body(content = body::NewIntegrationBody),
    responses(
        (status = 200, description = "The integration.", body = InData<IntegrationJson>),
        (status = 400, description = "`invalid_body`: a field is wrong, or the key is taken.")
    ),
    security(("api_key" = ["environment:integrations:create"]))
)]
pub(super) async fn create(
    Key(by): Key<CreateIntegration>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let new = input::body(received, body::new_integration)?;
    let created = state.engine.create_integration(&by, new).await;
    let view = created.map_err(|error| Problem::at(Place::IntegrationCreate, error))?;
    Ok(data(StatusCode::OK, IntegrationJson::of(&view, &state.public_url)))
}

/// Would set up a provider with a developer app shared by the operator; there are none, so this always refuses.
#[utoipa::path(
    post, path = "/integrations/quickstart", tag = "Integrations",
    responses((status = 400, description = "`invalid_body`: there are no shared developer apps.")),
    security(("api_key" = ["environment:integrations:create"]))
)]
pub(super) async fn quickstart(_by: Key<CreateIntegration>) -> Problem {
    let message =
        "this server has no shared developer apps; use POST /integrations with your own credentials";
    Problem::new(StatusCode::BAD_REQUEST, Code::InvalidBody, message)
}

/// One integration. `include=credentials` shows the client to keys with `environment:integrations:read_credentials`.
#[utoipa::path(
    get, path = "/integrations/{uniqueKey}", tag = "Integrations",
    params(
        ("uniqueKey" = String, Path, description = "Name of the integration."),
        ("include" = Option<Vec<String>>, Query, description = "`webhook`, `credentials` or both.")
    ),
    responses(
        (status = 200, description = "The integration.", body = InData<IntegrationJson>),
        (status = 404, description = "`not_found`.")
    ),
    security(("api_key" = ["environment:integrations:read"]))
)]
pub(super) async fn read(
    Key(by): Key<ReadIntegration>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    let include = include(&query)?;
    let view = state.engine.integration(&by, &path.read(integration_key)?).await?;
    let mut shown = IntegrationJson::of(&view, &state.public_url);
    shown.webhook_url = include.webhook.then_some(());
    if !include.credentials || !by.holds(Scope::IntegrationsReadCredentials) {
        return Ok(data(StatusCode::OK, shown));
    }
    let secrets = state.engine.integration_secrets(&by, &view).await?;
    shown.credentials = Some(CredentialsJson::of(&view, &secrets));
    Ok(data(StatusCode::OK, shown))
}

/// Changes an integration; what is absent stays.
#[utoipa::path(
    patch, path = "/integrations/{uniqueKey}", tag = "Integrations",
    params(("uniqueKey" = String, Path, description = "Name of the integration.")),
    request_body(content = body::IntegrationPatchBody),
    responses(
        (status = 200, description = "The integration.", body = InData<IntegrationJson>),
        (status = 400, description = "`invalid_body`."),
        (status = 404, description = "`not_found`.")
    ),
    security(("api_key" = ["environment:integrations:update"]))
)]
pub(super) async fn update(
    Key(by): Key<UpdateIntegration>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let changes = input::body(received, |body| Some(body::integration_patch(body)))?;
    let view = state.engine.update_integration(&by, &path.read(integration_key)?, changes).await?;
    Ok(data(StatusCode::OK, IntegrationJson::of(&view, &state.public_url)))
}

/// Deletes an integration with all its connections.
#[utoipa::path(
    delete, path = "/integrations/{uniqueKey}", tag = "Integrations",
    params(("uniqueKey" = String, Path, description = "Name of the integration.")),
    responses((status = 200, description = "Gone.", body = Success), (status = 404, description = "`not_found`.")),
    security(("api_key" = ["environment:integrations:delete"]))
)]
pub(super) async fn delete(
    Key(by): Key<DeleteIntegration>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    state.engine.delete_integration(&by, &path.read(integration_key)?).await?;
    Ok(success())
}

/// What the answer shall hold beyond the usual.
#[derive(Default)]
struct Include {
    webhook: bool,
    credentials: bool,
}

fn include(query: &RawQuery) -> Result<Include, Problem> {
    query.read(|query| {
        let mut include = Include::default();
        for value in query.all("include") {
            match &*value {
                "webhook" => include.webhook = true,
                "credentials" => include.credentials = true,
                _ => {
                    let message = "must be webhook or credentials; repeat the parameter for both";
                    query.issues([Issue::new(IssueCode::InvalidUnion, ["include"], message)]);
                }
            }
        }
        Some(include)
    })
}
