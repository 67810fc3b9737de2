//! `GET /authorize` asks the account, `POST /authorize/decision` takes its answer; both end in a redirect to the app
//! (RFC 6749 §4.1.2).

mod request;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::faults::{Endpoint, Fault};
use crate::form::Form;
use crate::ledger::Code;
use crate::pages;
use crate::state::{Memory, Shared};
use request::{AuthorizationRequest, Invalid};

/// The consent page. `auto=allow` and `auto=deny` decide at once, for clients without a person.
pub(crate) async fn ask(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let (request, form) = match read(&shared, query.as_bytes()) {
        Ok(read) => read,
        Err(refused) => return refused,
    };
    let account = form.optional("login_hint").and_then(pages::account).unwrap_or(&pages::ACCOUNTS[0]);
    match form.optional("auto") {
        Some("allow") => {
            let scopes = request.scopes.clone();
            allow(&shared, &request, account.id, scopes)
        }
        Some(_) => deny(&shared, &request),
        None => pages::consent(&request.client, &request.scopes, account, &query),
    }
}

/// The consent form's answer. The form carries the authorization request along, and it is checked again.
pub(crate) async fn decide(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let first = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let (request, _form) = match read(&shared, first("request").unwrap_or_default().as_bytes()) {
        Ok(read) => read,
        Err(refused) => return refused,
    };
    if first("decision") != Some("allow") {
        return deny(&shared, &request);
    }
    let ticked = |scope: &&String| fields.iter().any(|(name, value)| name == "granted" && value == *scope);
    let scopes: Vec<String> = request.scopes.iter().filter(ticked).cloned().collect();
    let account = first("account").and_then(pages::account).unwrap_or(&pages::ACCOUNTS[0]);
    allow(&shared, &request, account.id, scopes)
}

#[expect(clippy::result_large_err, reason = "a response is what both sides of this become")]
fn read(shared: &Shared, encoded: &[u8]) -> Result<(AuthorizationRequest, Form), Response> {
    let form = Form::from_pairs(encoded).map_err(|why| pages::refusal(StatusCode::BAD_REQUEST, &why))?;
    let mut memory = shared.lock();
    match AuthorizationRequest::parse(&form, &memory.ledger) {
        Ok(request) => Ok((request, form)),
        Err(Invalid::Unsafe(why)) => Err(pages::refusal(StatusCode::BAD_REQUEST, &why)),
        Err(Invalid::Told { redirect_uri, state, error, why }) => {
            let answer = [("error", error), ("error_description", why)];
            Err(back(shared, &mut memory, *redirect_uri, &answer, state.as_deref()))
        }
    }
}

fn allow(
    shared: &Shared,
    request: &AuthorizationRequest,
    account: &str,
    mut scopes: Vec<String>,
) -> Response {
    let mut memory = shared.lock();
    let partial =
        memory.faults.take(Endpoint::Authorize, |fault| matches!(fault, Fault::PartialConsent { .. }));
    match partial {
        Some(Fault::PartialConsent { granted: Some(granted) }) => {
            scopes.retain(|scope| granted.contains(scope));
        }
        Some(_) => scopes.truncate(scopes.len().saturating_sub(1)),
        None => {}
    }
    let code = Code {
        client_id: request.client.id.clone(),
        account: account.to_owned(),
        redirect_uri: request.given_redirect_uri.clone(),
        challenge: request.challenge.clone(),
        scopes,
    };
    let code = memory.ledger.issue_code(code, &shared.terms(true));
    back(shared, &mut memory, request.redirect_uri.clone(), &[("code", &code)], request.state.as_deref())
}

fn deny(shared: &Shared, request: &AuthorizationRequest) -> Response {
    let answer = [("error", "access_denied"), ("error_description", "the account said no")];
    back(shared, &mut shared.lock(), request.redirect_uri.clone(), &answer, request.state.as_deref())
}

/// The redirect to the app, with `state` as it came and `iss` (RFC 9207 §2) as the faults want it.
fn back(
    shared: &Shared,
    memory: &mut Memory,
    mut redirect_uri: Url,
    answer: &[(&str, &str)],
    state: Option<&str>,
) -> Response {
    let odd_iss = memory
        .faults
        .take(Endpoint::Authorize, |fault| matches!(fault, Fault::WrongIss { .. } | Fault::OmitIss));
    let iss = match &odd_iss {
        Some(Fault::WrongIss { iss }) => Some(iss.as_str()),
        Some(_) => None,
        None => Some(shared.url.as_str()),
    };
    redirect_uri
        .query_pairs_mut()
        .extend_pairs(answer)
        .extend_pairs(state.map(|state| ("state", state)))
        .extend_pairs(iss.map(|iss| ("iss", iss)));
    (StatusCode::FOUND, [(header::LOCATION, redirect_uri.as_str())]).into_response()
}
