//! `/connections/metadata`: the app's own data on connections.

use axum::extract::State;
use axum::response::Response;
use engine::MetadataWrite;
use engine::right::UpdateConnection;
use http::{HeaderMap, StatusCode};
use model::{ConnectionKey, IntegrationKey, Issue, IssueCode};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::json;
use super::input::{
    self, Object, PathText, RawQuery, Reading, Received, any_object, connection_key, integration_key, list,
    text,
};
use crate::AppState;
use crate::auth::Key;
use crate::problem::{Part, Place, Problem};

/// The header in which older clients name the integration.
const INTEGRATION_HEADER: &str = "provider-config-key";

/// Metadata for one connection or several of one integration. The answer repeats it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct MetadataBody {
    /// A name, or an array of names.
    #[schema(value_type = Object)]
    connection_id: Value,
    provider_config_key: String,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// Replaces the metadata of connections: of all of them, or of none when one is unknown.
#[utoipa::path(
    post, path = "/connections/metadata", tag = "Connections",
    request_body(content = MetadataBody),
    responses(
        (status = 201, description = "The body as sent.", body = MetadataBody),
        (status = 404, description = "`unknown_connection`.")
    ),
    security(("api_key" = ["environment:connections:update"]))
)]
pub(super) async fn replace(
    key: Key<UpdateConnection>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    write(key, &state, &query, received, MetadataWrite::Replace).await
}

/// Lays top-level keys over the metadata of connections.
#[utoipa::path(
    patch, path = "/connections/metadata", tag = "Connections",
    request_body(content = MetadataBody),
    responses(
        (status = 200, description = "The body as sent.", body = MetadataBody),
        (status = 404, description = "`unknown_connection`.")
    ),
    security(("api_key" = ["environment:connections:update"]))
)]
pub(super) async fn merge(
    key: Key<UpdateConnection>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    write(key, &state, &query, received, MetadataWrite::Merge).await
}

/// Replaces the metadata of one connection; the body is the metadata.
#[utoipa::path(
    post, path = "/connection/{connectionId}/metadata", tag = "Older spellings",
    params(
        ("connectionId" = String, Path, description = "Name of the connection."),
        ("provider_config_key" = Option<String>, Query, description = "Name of its integration; or in the header of that name.")
    ),
    request_body(content = Object),
    responses((status = 201, description = "The body as sent."), (status = 404, description = "`unknown_connection`.")),
    security(("api_key" = ["environment:connections:update"]))
)]
pub(super) async fn replace_one(
    key: Key<UpdateConnection>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
    headers: HeaderMap,
    received: Received,
) -> Result<Response, Problem> {
    write_one(key, &state, &One { path, query, headers }, received, MetadataWrite::Replace).await
}

/// Lays top-level keys over the metadata of one connection; the body is the metadata.
#[utoipa::path(
    patch, path = "/connection/{connectionId}/metadata", tag = "Older spellings",
    params(
        ("connectionId" = String, Path, description = "Name of the connection."),
        ("provider_config_key" = Option<String>, Query, description = "Name of its integration; or in the header of that name.")
    ),
    request_body(content = Object),
    responses((status = 200, description = "The body as sent."), (status = 404, description = "`unknown_connection`.")),
    security(("api_key" = ["environment:connections:update"]))
)]
pub(super) async fn merge_one(
    key: Key<UpdateConnection>,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
    headers: HeaderMap,
    received: Received,
) -> Result<Response, Problem> {
    write_one(key, &state, &One { path, query, headers }, received, MetadataWrite::Merge).await
}

struct Asked {
    integration: IntegrationKey,
    connections: Vec<ConnectionKey>,
    metadata: Map<String, Value>,
}

async fn write(
    Key(by): Key<UpdateConnection>,
    state: &AppState,
    query: &RawQuery,
    received: Received,
    how: MetadataWrite,
) -> Result<Response, Problem> {
    query.none()?;
    let echo = received.clone();
    let asked = input::body(received, asked)?;
    let written =
        state.engine.write_metadata(&by, &asked.integration, &asked.connections, &asked.metadata, how).await;
    written.map_err(|error| Problem::at(Place::Metadata, error))?;
    Ok(json(status(how), &echo.into_value()))
}

/// Where the older form names its connection.
struct One {
    path: PathText,
    query: RawQuery,
    headers: HeaderMap,
}

async fn write_one(
    Key(by): Key<UpdateConnection>,
    state: &AppState,
    one: &One,
    received: Received,
    how: MetadataWrite,
) -> Result<Response, Problem> {
    let integration = integration_of(one)?;
    let connection = one.path.connection()?;
    let metadata = input::body(received, |body| Some(body.rest()))?;
    let written = state
        .engine
        .write_metadata(&by, &integration, std::slice::from_ref(&connection), &metadata, how)
        .await;
    written.map_err(|error| {
        let problem = Problem::at(Place::Metadata, error);
        if problem.status != StatusCode::NOT_FOUND {
            return problem;
        }
        problem.with_payload(serde_json::json!({ "connectionId": connection.as_str(), "providerConfigKey": integration.as_str() }))
    })?;
    Ok(json(status(how), &metadata))
}

const fn status(how: MetadataWrite) -> StatusCode {
    match how {
        MetadataWrite::Replace => StatusCode::CREATED,
        MetadataWrite::Merge => StatusCode::OK,
    }
}

fn asked(body: &mut Object) -> Option<Asked> {
    let connections = body.required("connection_id", one_or_many);
    let integration = body.required("provider_config_key", text(integration_key));
    let metadata = body.required("metadata", any_object);
    Some(Asked { integration: integration?, connections: connections?, metadata: metadata? })
}

/// A name or an array of names. Whatever is wrong with it is one problem: it fits neither form.
fn one_or_many(value: Value) -> Reading<Vec<ConnectionKey>> {
    let read = if value.is_array() {
        list(text(connection_key))(value)
    } else {
        text(connection_key)(value).map(|key| vec![key])
    };
    read.map_err(|issues| {
        let why = issues.first().map(|issue| issue.message.clone()).unwrap_or_default();
        let message = format!("must be the name of a connection or an array of names: {why}");
        vec![Issue::new(IssueCode::InvalidUnion, [] as [&str; 0], message)]
    })
}

/// The integration from the query, else from the header.
fn integration_of(one: &One) -> Result<IntegrationKey, Problem> {
    let from_query = one.query.read(|query| Some(query.optional("provider_config_key", integration_key)))?;
    if let Some(integration) = from_query {
        return Ok(integration);
    }
    let header = one.headers.get(INTEGRATION_HEADER).and_then(|value| value.to_str().ok());
    header.and_then(|text| IntegrationKey::parse(text).ok()).ok_or_else(|| {
        let message = "is required, here or in the header Provider-Config-Key";
        Problem::invalid(
            Part::Query,
            vec![Issue::new(IssueCode::InvalidType, ["provider_config_key"], message)],
        )
    })
}
