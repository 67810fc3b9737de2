//! `POST /revoke` (RFC 7009). An unknown token is answered like a known one (§2.2).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use crate::client_auth;
use crate::form::Form;
use crate::refusal::Refusal;
use crate::state::Shared;

pub(crate) async fn revoke(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let form = Form::from_body(&headers, &body)?;
    let mut memory = shared.lock();
    let client_id = client_auth::authenticate(&memory.ledger, &headers, &form)?.id.clone();
    memory.ledger.revoke(form.required("token")?, &client_id);
    Ok(StatusCode::OK)
}
