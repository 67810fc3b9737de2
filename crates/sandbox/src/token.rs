//! `POST /token` (RFC 6749 §3.2): three grant types, one answer.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::client_auth;
use crate::faults::{Endpoint, Fault, Faults};
use crate::form::Form;
use crate::ledger::{Issued, Ledger, Redemption, Terms};
use crate::refusal::Refusal;
use crate::state::Shared;

pub(crate) async fn issue(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form = Form::from_body(&headers, &body)?;
    let mut memory = shared.lock();
    let without = memory.faults.is_on(Endpoint::Token, |fault| matches!(fault, Fault::MissingRefreshToken));
    let issued = exchange(&mut memory.ledger, &headers, &form, &shared.terms(!without))?;
    let answer = present(issued, &mut memory.faults);
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(answer)).into_response())
}

fn exchange(
    ledger: &mut Ledger,
    headers: &HeaderMap,
    form: &Form,
    terms: &Terms<'_>,
) -> Result<Issued, Refusal> {
    let client = client_auth::authenticate(ledger, headers, form)?;
    let (client_id, confidential) = (client.id.clone(), client.secret.is_some());
    match form.required("grant_type")? {
        "authorization_code" => {
            let shown = Redemption {
                client_id: &client_id,
                code: form.required("code")?,
                redirect_uri: form.required("redirect_uri")?,
                verifier: form.optional("code_verifier"),
            };
            Ok(ledger.redeem(&shown, terms)?)
        }
        "refresh_token" => {
            Ok(ledger.rotate(&client_id, form.required("refresh_token")?, form.scopes(), terms)?)
        }
        "client_credentials" if confidential => {
            Ok(ledger.grant_to_client(&client_id, form.scopes().unwrap_or_default(), terms))
        }
        // RFC 6749 §4.4: only confidential clients may act for themselves.
        "client_credentials" => Err(Refusal::unauthorized_client("a public client cannot act for itself")),
        other => Err(Refusal::unsupported_grant_type(other)),
    }
}

/// RFC 6749 §5.1, as far as the faults let it.
fn present(issued: Issued, faults: &mut Faults) -> Value {
    let mut answer = Map::new();
    answer.insert("access_token".to_owned(), issued.access_token.into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    let no_expiry = faults.take(Endpoint::Token, |fault| matches!(fault, Fault::NoExpiry));
    let odd_expiry = faults.take(Endpoint::Token, |fault| matches!(fault, Fault::ExpiresIn { .. }));
    match odd_expiry {
        Some(Fault::ExpiresIn { value }) => answer.insert("expires_in".to_owned(), value),
        _ if no_expiry.is_some() => None,
        _ => answer.insert("expires_in".to_owned(), json!(issued.expires_in.as_secs())),
    };
    // The ledger already left the token out; the use is counted here, where the answer is sure.
    faults.take(Endpoint::Token, |fault| matches!(fault, Fault::MissingRefreshToken));
    if let Some(refresh_token) = issued.refresh_token {
        answer.insert("refresh_token".to_owned(), refresh_token.into());
    }
    answer.insert("scope".to_owned(), issued.scopes.join(" ").into());
    Value::Object(answer)
}
