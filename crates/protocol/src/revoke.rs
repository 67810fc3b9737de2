//! Ending a grant at the provider (RFC 7009).

use catalog::Provider;
use catalog::provider::{
    BodyFormat, Revocation as Definition, RevocationAuth, RevocationMethod, RevokedToken,
};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, StatusCode};
use vault::Secret;

use crate::client_auth;
use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::{Parameters, authorization};

/// What became of the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The grant has ended, now or before.
    Revoked,
    /// The provider refused; trying again is no use.
    Refused {
        /// The status of the answer.
        status: StatusCode,
    },
    /// The provider could not do it now.
    Unavailable,
}

/// The revocation request; nothing when the provider has no revocation.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let definition = provider.revocation.as_ref()?;
    Some(build(provider, definition, client, tokens, fields))
}

/// What the answer means. An unknown token is a revoked one (RFC 7009 §2.2), also for those who say so by an error.
pub fn outcome(response: &Response) -> Revocation {
    let status = response.status;
    let unknown_token = || {
        let answer = serde_json::from_slice(response.body.expose()).ok()?;
        let error = text_at(&answer, "error")?;
        Some(matches!(error.as_str(), "invalid_token" | "token_revoked"))
    };
    match status.as_u16() {
        200..=299 => Revocation::Revoked,
        408 | 425 | 429 | 500.. => Revocation::Unavailable,
        400..=499 if unknown_token() == Some(true) => Revocation::Revoked,
        _ => Revocation::Refused { status },
    }
}

fn build(
    provider: &Provider,
    definition: &Definition,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    let url = filling.url("revocation URL", &definition.url)?;
    let mut parameters = Parameters::default();
    if let Some(own) = &definition.params {
        parameters.fill(own, &filling);
    } else {
        let refresh_token = match definition.token {
            RevokedToken::RefreshElseAccess => tokens.refresh_token.as_ref(),
            RevokedToken::Access => None,
        };
        let hint = if refresh_token.is_some() { "refresh_token" } else { "access_token" };
        parameters.set("token", refresh_token.unwrap_or(&tokens.access_token).clone());
        parameters.set("token_type_hint", hint.to_owned());
    }
    let mut headers = HeaderMap::new();
    // RFC 7009 knows POST with a form only. An endpoint that wants DELETE is part of a JSON API, and the client then
    // proves itself in the header, for the body speaks of the token alone.
    let (method, format) = match definition.method {
        RevocationMethod::Post => (Method::POST, BodyFormat::Form),
        RevocationMethod::Delete => (Method::DELETE, BodyFormat::Json),
    };
    match (definition.auth, definition.method) {
        (RevocationAuth::Bearer, _) => {
            let bearer = Secret::new(format!("Bearer {}", tokens.access_token.expose()));
            headers.insert(AUTHORIZATION, authorization(bearer.expose(), "the access token")?);
        }
        (RevocationAuth::Client, RevocationMethod::Delete) => client_auth::basic(client, &mut headers)?,
        (RevocationAuth::Client, RevocationMethod::Post) => {
            let method = provider.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
            client_auth::apply(method, client, &mut parameters, &mut headers)?;
        }
    }
    Ok(parameters.request(method, url, format, headers))
}
