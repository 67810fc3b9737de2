//! Redeeming the code (RFC 6749 §4.1.3), and what is kept from the answer.

use std::collections::BTreeMap;

use catalog::{Input, Placeholder, Provider, Template};
use jiff::Timestamp;
use regex::Regex;
use url::Url;
use vault::Secret;

use crate::authorize::{Flow, TokenUrl};
use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::token_response;

/// The longest value that is captured, in bytes: account names and hosts are shorter.
const LONGEST_CAPTURE: usize = 2048;

/// The token request. It goes where the flow was begun to go, whatever the definition says now. Only where the
/// callback itself names the server is the rest of the URL filled in here.
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
    let call = TokenCall {
        client_auth: flow.client_auth,
        callback_url: Some(&flow.redirect_uri),
        ..TokenCall::new(&filling, token, Some(client), destination(provider, flow, &filling)?, parameters)
    };
    call.build()
}

fn destination(provider: &Provider, flow: &Flow, filling: &Filling<'_>) -> Result<Url, RequestError> {
    let url = match &flow.token_url {
        TokenUrl::Known(url) => return Ok(url.clone()),
        TokenUrl::NamedByCallback(url) => url,
    };
    // A whole address from the browser is as good as an open door for the code and the client's secret, unless the
    // definition says which addresses there are.
    let is_open = |template: &Template| {
        let Some(Placeholder::Connection(name)) = template.placeholders().first().copied() else {
            return false;
        };
        let is_bound =
            input(provider, name).is_some_and(|input| input.pattern.is_some() || !input.choices.is_empty());
        template.source().starts_with('{') && provider.captures.callback.contains_key(name) && !is_bound
    };
    if url.iter().any(is_open) {
        let reason = "an address that the callback names needs a pattern".to_owned();
        return Err(RequestError::Url { place: "token URL", reason });
    }
    filling.url("token URL", url)
}

/// The tokens in the answer.
pub fn outcome(provider: &Provider, response: &Response, now: Timestamp) -> Result<OAuth2Tokens, TokenError> {
    token_response::tokens(provider, response, now)
}

/// What the definition keeps from the token answer and the callback, by our own field names.
///
/// Texts, numbers and truth values are kept. Values with control characters or of more than 2048 bytes are not: they
/// go into URLs and headers later. A callback comes from a browser, so its values must also have the form that the
/// definition asks of the field. Where both sources have a field the callback's value stays.
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
        let said = callback_params.get(name).filter(|value| is_allowed(provider, field, value));
        kept.extend(said.map(|value| (field.clone(), value.clone())));
    }
    kept.retain(|_, value| is_fit(value));
    kept
}

/// Whether a provider's value can become a field.
pub(crate) fn is_fit(value: &str) -> bool {
    value.len() <= LONGEST_CAPTURE && !value.chars().any(char::is_control)
}

/// Whether a value from a browser has the form that the definition asks of its field.
fn is_allowed(provider: &Provider, field: &str, value: &str) -> bool {
    let Some(input) = input(provider, field) else { return true };
    let is_choice = input.choices.is_empty() || input.choices.iter().any(|choice| choice == value);
    let is_of_form = input.pattern.as_ref().is_none_or(|pattern| {
        Regex::new(pattern)
            .is_ok_and(|pattern| pattern.find(value).is_some_and(|found| found.range() == (0..value.len())))
    });
    is_choice && is_of_form
}

fn input<'a>(provider: &'a Provider, name: &str) -> Option<&'a Input> {
    provider.inputs.connection.iter().find(|input| input.name == name)
}
