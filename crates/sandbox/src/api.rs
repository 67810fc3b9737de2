//! The API behind the authorization server: what a connected app would call, and what verifies keys and passwords.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::client_auth::{basic, bearer};
use crate::pages;
use crate::requests::header_map;
use crate::state::Shared;

/// `GET /api/me`: the account behind the access token, or the client itself when it acts for itself.
pub(crate) async fn me(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Unauthorized> {
    let now = shared.clock.now();
    let memory = shared.lock();
    let token = bearer(&headers).ok_or(Unauthorized::Missing("Bearer"))?;
    let live = memory.ledger.access(token, now).map_err(Unauthorized::Token)?;
    let account = live.grant.account.as_deref().and_then(pages::account);
    Ok(Json(json!({
        "sub": live.grant.account.as_deref().unwrap_or(&live.grant.client_id),
        "name": account.map(|account| account.name),
        "email": account.map(|account| account.email),
        "client_id": live.grant.client_id,
        "scope": live.scopes.join(" "),
    })))
}

/// `/api/echo` and everything below it, by any method: the request as it arrived, secrets included.
pub(crate) async fn echo(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Unauthorized> {
    let now = shared.clock.now();
    let token = bearer(&headers).ok_or(Unauthorized::Missing("Bearer"))?;
    shared.lock().ledger.access(token, now).map_err(Unauthorized::Token)?;
    Ok(Json(json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": uri.query(),
        "headers": header_map(&headers),
        "body": String::from_utf8_lossy(&body),
    })))
}

/// `GET /api/key`: accepts the API keys of the options.
pub(crate) async fn key(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Unauthorized> {
    let key = bearer(&headers).ok_or(Unauthorized::Missing("Bearer"))?;
    if shared.options.api_keys.iter().any(|known| known == key) {
        Ok(Json(json!({ "ok": true })))
    } else {
        Err(Unauthorized::Wrong("Bearer"))
    }
}

/// `GET /api/basic`: accepts the one account of the options.
pub(crate) async fn password(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Unauthorized> {
    let shown = basic(&headers).ok_or(Unauthorized::Missing("Basic"))?;
    if shown == shared.options.basic_account {
        Ok(Json(json!({ "ok": true, "user": shown.0 })))
    } else {
        Err(Unauthorized::Wrong("Basic"))
    }
}

/// A 401 with its challenge.
pub(crate) enum Unauthorized {
    /// No credential of this scheme; RFC 6750 §3.1 then names no error.
    Missing(&'static str),
    /// A credential of this scheme that nobody knows.
    Wrong(&'static str),
    /// An access token that is not good, and why.
    Token(&'static str),
}

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        let (challenge, message) = match self {
            Self::Missing(scheme) => (format!("{scheme} realm=\"sandbox\""), "a credential is needed"),
            Self::Wrong(scheme) => (format!("{scheme} realm=\"sandbox\""), "the credential is wrong"),
            Self::Token(why) => (
                format!("Bearer realm=\"sandbox\", error=\"invalid_token\", error_description=\"{why}\""),
                why,
            ),
        };
        let body = Json(json!({ "error": "unauthorized", "message": message }));
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
    }
}
