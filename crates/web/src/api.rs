//! The API: one file a resource, and here the list of all routes.

mod answer;
mod audit;
mod connect_sessions;
mod connections;
mod environment;
mod health;
pub(crate) mod input;
mod integrations;
mod metadata;
mod openapi;
mod person;
mod providers;
mod times;
mod webhooks;

use axum::Router;
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::AppState;

/// Every route of the API.
pub(crate) fn routes() -> Router<AppState> {
    Router::from(documented()).merge(older_spellings())
}

/// The routes with their description. Method and path stand at each endpoint.
fn documented() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        // /providers
        .routes(routes!(providers::list))
        .routes(routes!(providers::read))
        .routes(routes!(providers::guide::read))
        .routes(routes!(providers::scopes::list))
        // /integrations
        .routes(routes!(integrations::list, integrations::create))
        .routes(routes!(integrations::quickstart))
        .routes(routes!(integrations::read, integrations::update, integrations::delete))
        // /connect/sessions, /connect/session
        .routes(routes!(connect_sessions::create))
        .routes(routes!(connect_sessions::reconnect))
        .routes(routes!(connect_sessions::read, connect_sessions::delete))
        // /connections
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::read, connections::update, connections::delete))
        .routes(routes!(metadata::replace, metadata::merge))
        .routes(routes!(metadata::replace_one, metadata::merge_one))
        // /v1, /environment
        .routes(routes!(webhooks::read, webhooks::update))
        .routes(routes!(webhooks::signing_key))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(audit::list))
        .routes(routes!(environment::read, environment::update))
        // /health, /ready, /openapi.json
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(openapi::read))
}

/// Paths that older clients use for the same endpoints; named in the description of the whole document.
fn older_spellings() -> Router<AppState> {
    Router::new()
        .route("/connection", get(connections::list))
        .route("/connection/{connectionId}", get(connections::read).delete(connections::delete))
        .route("/connection/metadata", post(metadata::replace).patch(metadata::merge))
}
