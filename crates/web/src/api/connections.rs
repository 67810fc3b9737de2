//! `/connections`: accounts of end users, with their credentials.

mod body;
mod credentials;
mod import;
mod redact;
mod show;

use axum::extract::State;
use axum::response::Response;
use engine::right::{CreateConnection, DeleteConnection, ListConnections, ReadConnection, UpdateConnection};
use engine::{ListQuery, ReadError, ReadOptions};
use http::StatusCode;
use model::{IntegrationKey, Issue, IssueCode, Tags};

use super::answer::{Success, json, of_text, success, text};
use super::input::{self, PathText, Query, RawQuery, Received, integration_key, length, whole_number};
use crate::AppState;
use crate::auth::Key;
use crate::problem::{Part, Place, Problem};
use body::{ConnectionPatchBody, ImportBody};
use show::{ConnectionJson, ConnectionsJson, DeletedJson, Suffix};

/// How many connections a page has when the client names no limit.
const USUAL_LIMIT: u32 = 10_000;
const MOST_ON_A_PAGE: u32 = 2000;
const LAST_PAGE: u32 = u32::MAX - 1;

/// Connections that match all filters, newest first. A page shorter than `limit` is the last one.
#[utoipa::path(
    get, path = "/connections", tag = "Connections",
    params(
        ("connectionId" = Option<String>, Query, description = "Exactly this name."),
        ("search" = Option<String>, Query, description = "Part of the name, or of the end user's name or e-mail address."),
        ("endUserId" = Option<String>, Query, description = "The app's identifier of the end user."),
        ("endUserOrganizationId" = Option<String>, Query, description = "The app's identifier of the organization."),
        ("integrationId" = Option<String>, Query, description = "Names of integrations, separated by commas."),
        ("tags" = Option<std::collections::HashMap<String, String>>, Query, style = DeepObject, explode, description = "`tags[key]=value`; all must match."),
        ("limit" = Option<u32>, Query, description = "1 to 2000; 10000 when absent."),
        ("page" = Option<u32>, Query, description = "Counted from 0.")
    ),
    responses((status = 200, description = "Connections, without credentials.", body = ConnectionsJson)),
    security(("api_key" = ["environment:connections:list"]))
)]
pub(super) async fn list(
    Key(by): Key<ListConnections>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    let (filter, limit, page) = query.read(|query| Some(list_query(query)))?;
    let found = state.engine.connections(&by, &filter, limit, u64::from(page) * u64::from(limit)).await?;
    Ok(json(StatusCode::OK, &ConnectionsJson::of(&found)))
}

/// One connection; with `environment:connections:read_credentials` its credential too, refreshed when that is due.
#[utoipa::path(
    get, path = "/connections/{connectionId}", tag = "Connections",
    params(
        ("connectionId" = String, Path, description = "Name of the connection."),
        ("provider_config_key" = String, Query, description = "Name of its integration."),
        ("force_refresh" = Option<bool>, Query, description = "Refresh even when nothing is due."),
        ("refresh_token" = Option<bool>, Query, description = "Include refresh tokens in the answer."),
        ("refresh_github_app_jwt_token" = Option<bool>, Query, description = "Accepted, without effect.")
    ),
    responses(
        (status = 200, description = "The connection.", body = ConnectionJson),
        (status = 400, description = "`unknown_provider_config`, or `invalid_credentials` when a refresh failed."),
        (status = 404, description = "`not_found`."),
        (status = 424, description = "`invalid_credentials`: expired, and not tried again yet.")
    ),
    security(("api_key" = ["environment:connections:read"]))
)]
pub(super) async fn read(
    Key(by): Key<ReadConnection>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    let (integration, options) = query.read(read_query)?;
    let render = |read: &_| text(&ConnectionJson::of(read, Suffix::Offset, options.include_refresh_token));
    match state.engine.answer_connection(&by, &integration, &path.connection()?, options, render).await {
        Ok(text) => Ok(of_text(StatusCode::OK, text)),
        Err(ReadError::Error(error)) => Err(Problem::at(Place::Connection, error)),
        Err(ReadError::Failing { connection, upstream }) => {
            Err(show::failing(&ConnectionJson::of(&connection, Suffix::Offset, false), upstream))
        }
    }
}

/// Brings in a connection that was authorized elsewhere, or puts the credential into one of that name.
#[utoipa::path(
    post, path = "/connections", tag = "Connections",
    request_body(content = ImportBody),
    responses(
        (status = 201, description = "The connection with its credential as given.", body = ConnectionJson),
        (status = 400, description = "`invalid_body`, or `connection_test_failed` when the provider refuses the credential."),
        (status = 404, description = "`not_found`: no such integration.")
    ),
    security(("api_key" = ["environment:connections:create"]))
)]
pub(super) async fn create(
    Key(by): Key<CreateConnection>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let new = input::body(received, import::new_connection)?;
    check_webhook_url(&state, new.webhook_url_override.as_deref())?;
    let imported = state.engine.import_connection(&by, new).await;
    let imported = imported.map_err(|error| Problem::at(Place::Import, error))?;
    Ok(json(StatusCode::CREATED, &ConnectionJson::of(&imported.connection, Suffix::Zulu, true)))
}

/// Changes whom a connection belongs to, its tags and where its webhooks go.
#[utoipa::path(
    patch, path = "/connections/{connectionId}", tag = "Connections",
    params(
        ("connectionId" = String, Path, description = "Name of the connection."),
        ("provider_config_key" = String, Query, description = "Name of its integration.")
    ),
    request_body(content = ConnectionPatchBody),
    responses(
        (status = 200, description = "Changed.", body = Success),
        (status = 400, description = "`invalid_body` or `unknown_provider_config`."),
        (status = 404, description = "`not_found`.")
    ),
    security(("api_key" = ["environment:connections:update"]))
)]
pub(super) async fn update(
    Key(by): Key<UpdateConnection>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    let integration = query.read(integration_query)?;
    let changes = input::body(received, |body| Some(body::connection_patch(body)))?;
    let connection = path.connection()?;
    check_webhook_url(&state, changes.webhook_url_override.as_deref())?;
    let updated = state.engine.update_connection(&by, &integration, &connection, changes).await;
    updated.map(|()| success()).map_err(|error| Problem::at(Place::Connection, error))
}

/// Deletes a connection with its credential and ends the grant at the provider where the provider offers that.
#[utoipa::path(
    delete, path = "/connections/{connectionId}", tag = "Connections",
    params(
        ("connectionId" = String, Path, description = "Name of the connection."),
        ("provider_config_key" = String, Query, description = "Name of its integration.")
    ),
    responses(
        (status = 200, description = "Gone, with what became of the grant at the provider.", body = DeletedJson),
        (status = 400, description = "`unknown_connection`.")
    ),
    security(("api_key" = ["environment:connections:delete"]))
)]
pub(super) async fn delete(
    Key(by): Key<DeleteConnection>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    let integration = query.read(integration_query)?;
    let deleted = state.engine.delete_connection(&by, &integration, &path.connection()?).await;
    deleted
        .map(|deleted| json(StatusCode::OK, &DeletedJson::of(deleted)))
        .map_err(|error| Problem::at(Place::ConnectionDelete, error))
}

fn integration_query(query: &mut Query<'_>) -> Option<IntegrationKey> {
    query.required("provider_config_key", integration_key)
}

fn read_query(query: &mut Query<'_>) -> Option<(IntegrationKey, ReadOptions)> {
    let integration = integration_query(query);
    let force_refresh = query.flag("force_refresh");
    let include_refresh_token = query.flag("refresh_token");
    // GitHub App tokens do not exist here; the published client sends the parameter on every call all the same.
    query.flag("refresh_github_app_jwt_token");
    let options =
        ReadOptions { force_refresh: force_refresh?, include_refresh_token: include_refresh_token? };
    Some((integration?, options))
}

fn list_query(query: &mut Query<'_>) -> (ListQuery, u32, u32) {
    let name = length(1, 255);
    let integrations = |text: &str| Ok(text.split(',').map(|key| key.trim().to_owned()).collect());
    let mut filter = ListQuery {
        connection_id: query.optional("connectionId", &name),
        search: query.optional("search", &name),
        end_user_id: query.optional("endUserId", &name),
        end_user_organization_id: query.optional("endUserOrganizationId", &name),
        integration_keys: query.optional("integrationId", integrations),
        ..ListQuery::default()
    };
    match Tags::parse(query.map("tags")) {
        Ok(tags) => filter.tags.clone_from(tags.as_map()),
        Err(issues) => query.issues(issues.into_iter().map(|issue| issue.under("tags"))),
    }
    let limit = query.optional("limit", whole_number(1, MOST_ON_A_PAGE)).unwrap_or(USUAL_LIMIT);
    (filter, limit, query.optional("page", whole_number(0, LAST_PAGE)).unwrap_or(0))
}

/// Whether webhooks may go there, before anything is changed.
fn check_webhook_url(state: &AppState, url: Option<&str>) -> Result<(), Problem> {
    let Some(Err(message)) = url.map(|url| state.engine.check_webhook_url(url)) else { return Ok(()) };
    Err(Problem::invalid(Part::Body, vec![Issue::new(IssueCode::Custom, ["webhook_url_override"], message)]))
}
