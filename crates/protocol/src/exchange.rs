//! Redeeming the code (RFC 6749 §4.1.3), and what is kept from the answer.

use std::collections::BTreeMap;

use catalog::Provider;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use vault::Secret;

use crate::authorize::Flow;
use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::{Parameters, fill_headers};
use crate::refusal::TokenError;
use crate::{client_auth, token_response};

/// The longest value that is captured, in bytes: account names and hosts are shorter.
const LONGEST_CAPTURE: usize = 2048;

/// The token request. It goes where the flow was begun to go, whatever the definition says now.
pub fn request(
    provider: &Provider,
    flow: &Flow,
    client: &Client,
    code: &Secret<String>,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    if client.id != flow.client_id {
        return Err(RequestError::ClientChanged);
    }
    let filling = Filling::new(provider, fields).with_client(client);
    let mut parameters = Parameters::default();
    parameters.set("grant_type", "authorization_code".to_owned());
    parameters.fill(&token.params, &filling);
    parameters.set("code", code.clone());
    parameters.set("redirect_uri", flow.redirect_uri.to_string());
    if let Some(verifier) = &flow.verifier {
        parameters.set("code_verifier", verifier.clone());
    }
    let mut headers = HeaderMap::new();
    fill_headers(&mut headers, &token.headers, &filling)?;
    client_auth::apply(flow.client_auth, client, &mut parameters, &mut headers)?;
    Ok(parameters.request(Method::POST, flow.token_url.clone(), token.body, headers))
}

/// The tokens in the answer.
pub fn outcome(provider: &Provider, response: &Response, now: Timestamp) -> Result<OAuth2Tokens, TokenError> {
    token_response::tokens(provider, response, now)
}

/// What the definition keeps from the token answer and the callback, by our own field names.
///
/// Texts, numbers and truth values are kept. Values with control characters or of more than 2048 bytes are not: they
/// go into URLs and headers later. Where both sources have a field the callback's value stays.
pub fn captures(
    provider: &Provider,
    answer_raw: &Secret<String>,
    callback_params: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    if let Ok(answer) = serde_json::from_str(answer_raw.expose()) {
        for (field, path) in &provider.captures.token_response {
            kept.extend(text_at(&answer, path).map(|value| (field.clone(), value)));
        }
    }
    for (field, name) in &provider.captures.callback {
        kept.extend(callback_params.get(name).map(|value| (field.clone(), value.clone())));
    }
    kept.retain(|_, value| value.len() <= LONGEST_CAPTURE && !value.chars().any(char::is_control));
    kept
}
