//! All routes in one place.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use crate::state::Shared;
use crate::{api, authorize, control, introspect, metadata, pages, revoke, token, wire};

pub(crate) fn all(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::home))
        .route("/style.css", get(pages::style))
        .route("/authorize", get(authorize::ask))
        .route("/authorize/decision", post(authorize::decide))
        .route("/token", post(token::issue))
        .route("/revoke", post(revoke::revoke))
        .route("/introspect", post(introspect::introspect))
        .route("/.well-known/oauth-authorization-server", get(metadata::describe))
        .route("/.well-known/openid-configuration", get(metadata::describe))
        .route("/api/me", get(api::me))
        .route("/api/echo", any(api::echo))
        .route("/api/echo/{*rest}", any(api::echo))
        .route("/api/key", get(api::key))
        .route("/api/basic", get(api::password))
        .route("/_faults", get(control::list).post(control::switch_on).delete(control::switch_off))
        .route("/_requests", get(control::requests).delete(control::forget))
        // The body is already in memory when a route sees it; the limit stands in `wire`.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(&shared), wire::pass))
        .with_state(shared)
}
