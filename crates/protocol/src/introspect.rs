//! Asking whether a token still lives (RFC 7662), for providers whose answers name no lifetime.

use catalog::Provider;
use jiff::Timestamp;
use serde_json::Value;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::lifetime;
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::{self, TokenError};
use crate::token_call::TokenCall;

/// What the provider says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// The token lives.
    Active {
        /// When it ends, as far as is said.
        expires_at: Option<Timestamp>,
        /// Its scope, as far as is said.
        scope: Option<String>,
    },
    /// The token has ended, or never was one.
    Inactive,
}

/// The request; nothing when the provider has no such endpoint.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let url = provider.lifecycle.introspection_url.as_ref()?;
    let token = provider.token.as_ref()?;
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    let mut parameters = Parameters::default();
    parameters.set("token", tokens.access_token.clone());
    parameters.set("token_type_hint", "access_token".to_owned());
    let url = filling.url("introspection URL", url);
    Some(url.and_then(|url| {
        TokenCall { omit: &[], ..TokenCall::new(&filling, token, Some(client), url, parameters) }.build()
    }))
}

/// What the answer says (§2.2). An answer that does not say whether the token lives is an error.
pub fn outcome(response: &Response, now: Timestamp) -> Result<Introspection, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is not JSON" })?;
    match answer.get("active").and_then(Value::as_bool) {
        Some(true) => Ok(Introspection::Active {
            expires_at: answer.get("exp").and_then(|end| lifetime::at(end, now)),
            scope: text_at(&answer, "scope"),
        }),
        Some(false) => Ok(Introspection::Inactive),
        None => Err(TokenError::Unreadable { reason: "it does not say whether the token is active" }),
    }
}
