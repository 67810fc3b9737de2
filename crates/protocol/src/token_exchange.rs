//! One token for another (RFC 8693), for other rights, another audience or on behalf of somebody.

use catalog::Provider;
use jiff::Timestamp;
use serde_json::Value;
use vault::Secret;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::{scopes, token_response};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A token with its type, a URI of §3 such as [`ACCESS_TOKEN`].
pub struct TypedToken {
    /// The token.
    pub token: Secret<String>,
    /// Its type.
    pub token_type: String,
}

/// An OAuth access token (§3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// An ID token (§3).
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// A signed token (§3).
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What is wanted (§2.1).
pub struct Exchange {
    /// On whose behalf the new token is.
    pub subject: TypedToken,
    /// Who acts.
    pub actor: Option<TypedToken>,
    /// Where the new token will be used, as a URI.
    pub resource: Option<String>,
    /// Where the new token will be used, as a name.
    pub audience: Option<String>,
    /// The type of the new token.
    pub requested_token_type: Option<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
}

/// A token that was exchanged for.
pub struct Issued {
    /// The token, with its lifetime and scope.
    pub tokens: OAuth2Tokens,
    /// Its type (§2.2.1). It need not be an access token, whatever the field is called.
    pub issued_token_type: Option<String>,
}

/// The token request.
pub fn request(
    provider: &Provider,
    client: &Client,
    exchange: &Exchange,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, fields).with_client(client);
    let mut parameters = Parameters::default();
    parameters.fill(&token.params, &filling);
    parameters.set("grant_type", GRANT.to_owned());
    parameters.set("subject_token", exchange.subject.token.clone());
    parameters.set("subject_token_type", exchange.subject.token_type.clone());
    if let Some(actor) = &exchange.actor {
        parameters.set("actor_token", actor.token.clone());
        parameters.set("actor_token_type", actor.token_type.clone());
    }
    let optional = [
        ("resource", &exchange.resource),
        ("audience", &exchange.audience),
        ("requested_token_type", &exchange.requested_token_type),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            parameters.set(name, value.clone());
        }
    }
    if let Some(scope) = scopes::joined(&exchange.scopes, provider.scopes.separator()) {
        parameters.set("scope", scope);
    }
    let url = filling.url("token URL", &token.url)?;
    TokenCall::new(&filling, token, Some(client), url, parameters).build()
}

/// The token in the answer.
pub fn outcome(provider: &Provider, response: &Response, now: Timestamp) -> Result<Issued, TokenError> {
    let tokens = token_response::tokens(provider, response, now)?;
    let answer: Option<Value> = serde_json::from_str(tokens.raw.expose()).ok();
    let issued_token_type = answer.and_then(|answer| text_at(&answer, "issued_token_type"));
    Ok(Issued { tokens, issued_token_type })
}
