//! Asking whether a token still lives (RFC 7662), for providers whose answers name no lifetime.

use catalog::provider::BodyFormat;
use catalog::{Alternatives, Provider};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;

use crate::client_auth::{self, Proof};
use crate::credential::{Credential, OAuth2Tokens};
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::{self, TokenError};
use crate::token_call::certificate;
use crate::{client_credentials, lifetime};

/// What the provider says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// The token lives.
    Active {
        /// When it ends, as far as is said.
        expires_at: Option<Timestamp>,
    },
    /// The token has ended, or never was one.
    Inactive,
}

/// The client that a credential brings along; others are used with that of the integration.
pub fn own_client(credential: &Credential) -> Option<Client> {
    Some(client_credentials::client(&credential.entered())).filter(|client| !client.id.is_empty())
}

/// The request (§2.1); nothing when the provider has no such endpoint. No hint says what kind of token it is: servers
/// have to do without one, and not all take parameters that they do not need.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let url = provider.lifecycle.introspection_url.as_ref()?;
    Some(build(provider, url, client, tokens, fields))
}

/// What the answer says (§2.2). An answer that does not say whether the token lives is an error.
pub fn outcome(response: &Response, now: Timestamp) -> Result<Introspection, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is not JSON" })?;
    match answer.get("active").and_then(Value::as_bool) {
        Some(true) => Ok(Introspection::Active { expires_at: end(&answer, now) }),
        Some(false) => Ok(Introspection::Inactive),
        None => Err(TokenError::Unreadable { reason: "it does not say whether the token is active" }),
    }
}

fn build(
    provider: &Provider,
    url: &Alternatives,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    let url = filling.url("introspection URL", url)?;
    let mut parameters = Parameters::default();
    parameters.set("token", tokens.access_token.clone());
    let mut headers = HeaderMap::new();
    let method = provider.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
    let proof = Proof::to(&url, provider, client, fields);
    client_auth::apply(method, &proof, &mut parameters, &mut headers)?;
    let mut request = parameters.request(Method::POST, url, BodyFormat::Form, headers);
    request.client_certificate = certificate(&filling)?;
    Ok(request)
}

/// The standard's `exp`. One vendor calls it `expires_at`, another tells how long is left; and a server that writes a
/// zero means a token that never ends.
fn end(answer: &Value, now: Timestamp) -> Option<Timestamp> {
    let at = |name: &str| {
        let end = answer.get(name).and_then(|end| lifetime::at(end, now));
        end.filter(|end| *end > Timestamp::UNIX_EPOCH)
    };
    let left = || lifetime::from_now(answer.get("expires_in")?, 1.0, now);
    at("exp").or_else(|| at("expires_at")).or_else(left)
}
