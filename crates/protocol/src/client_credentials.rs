//! Tokens for the client itself (RFC 6749 §4.4). A refresh is the same request again.

use std::collections::BTreeMap;

use catalog::Provider;
use jiff::Timestamp;
use vault::Secret;

use crate::credential::{Credential, OAuth2Tokens};
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::{lifetime, scopes, token_response};

/// Seconds to assume when neither the answer nor the definition names a lifetime: an hour is usual, and asking again
/// five minutes early costs nothing, because this grant is never used up.
const USUAL_LIFETIME: u64 = 55 * 60;

/// The client among entered values. Where it proves itself by a key, the key stands in place of a secret.
pub fn client(entered: &BTreeMap<String, Secret<String>>) -> Client {
    let text = |name: &str| entered.get(name).filter(|value| !value.expose().is_empty());
    Client {
        id: text("client_id").map(|id| id.expose().clone()).unwrap_or_default(),
        secret: text("client_secret").or_else(|| text("client_private_key")).cloned(),
    }
}

/// The credential that tokens and what they were asked for with make.
pub fn credential(tokens: OAuth2Tokens, mut entered: BTreeMap<String, Secret<String>>) -> Credential {
    let none = || Secret::new(String::new());
    Credential::ClientCredentials {
        tokens,
        client_id: entered.remove("client_id").unwrap_or_else(none).into_inner(),
        client_secret: entered.remove("client_secret").unwrap_or_else(none),
        entered,
    }
}

/// The token request. `scopes` are the configured ones; empty means the provider's default.
pub fn request(
    provider: &Provider,
    client: &Client,
    scopes: &[String],
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, fields).with_client(client);
    let mut parameters = Parameters::default();
    parameters.set("grant_type", "client_credentials".to_owned());
    parameters.fill(&token.params, &filling);
    if let Some(scope) = scopes::joined(&scopes::wanted(scopes, &filling)?, provider.scopes.separator()) {
        parameters.set("scope", scope);
    }
    let url = filling.url("token URL", &token.url)?;
    TokenCall::new(&filling, token, Some(client), url, parameters).build()
}

/// The tokens in the answer. Where it names no lifetime, the usual one is assumed, unless the provider can be asked.
/// A refresh token is not kept: this grant should give none (§4.4.3) and needs none.
pub fn outcome(provider: &Provider, response: &Response, now: Timestamp) -> Result<OAuth2Tokens, TokenError> {
    let tokens = token_response::tokens(provider, response, now)?;
    let can_be_asked = provider.lifecycle.introspection_url.is_some();
    let assumed = || usual_end(now).filter(|_| !can_be_asked);
    let expires_at = tokens.expires_at.or_else(assumed);
    Ok(OAuth2Tokens { refresh_token: None, expires_at, ..tokens })
}

/// When a token is taken to end that nobody tells the end of.
pub fn usual_end(now: Timestamp) -> Option<Timestamp> {
    lifetime::assumed(USUAL_LIFETIME, now)
}
