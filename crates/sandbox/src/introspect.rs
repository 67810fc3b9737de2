//! `POST /introspect` (RFC 7662). A client sees its own tokens only; all others look inactive (§4).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::client_auth;
use crate::form::Form;
use crate::ports::unix_seconds;
use crate::refusal::Refusal;
use crate::state::Shared;

pub(crate) async fn introspect(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let form = Form::from_body(&headers, &body)?;
    let now = shared.clock.now();
    let memory = shared.lock();
    let client = client_auth::authenticate(&memory.ledger, &headers, &form)?;
    let token = form.required("token")?;

    let access = memory.ledger.access(token, now).ok();
    let token_type = access.is_some().then_some("Bearer");
    let live = access.or_else(|| memory.ledger.refresh(token, now));
    let Some(live) = live.filter(|live| live.grant.client_id == client.id) else {
        return Ok(Json(json!({ "active": false })));
    };
    Ok(Json(json!({
        "active": true,
        "client_id": client.id,
        "sub": live.grant.account.as_deref().unwrap_or(&client.id),
        "scope": live.scopes.join(" "),
        "token_type": token_type,
        "iat": unix_seconds(live.issued_at),
        "exp": unix_seconds(live.expires_at),
        "iss": shared.url,
    })))
}
