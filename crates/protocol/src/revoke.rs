//! Ending a grant at the provider (RFC 7009).

use catalog::Provider;
use catalog::provider::{
    Body, BodyFormat, Method as DefinedMethod, Revocation as Definition, RevocationAuth, RevokedToken,
};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use vault::Secret;

use crate::api::body_of;
use crate::client_auth::{self, Proof};
use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::{Parameters, authorization, fill_headers};
use crate::said::said;
use crate::token_call::certificate;

/// What became of the grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The grant has ended, now or before.
    Revoked,
    /// The provider refused; trying again is no use.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The provider's words, fit to be shown, when it gave a reason.
        said: Option<String>,
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
        _ => Revocation::Refused { status, said: said(response.body.expose()) },
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
    let filled = if definition.url.is_below_base() {
        let root = provider.api.base_url.as_ref().ok_or(RequestError::NoSuchStep { step: "API root" })?;
        definition.url.fill_url_below(&filling.url("API root", root)?, &filling)
    } else {
        definition.url.fill_url(&filling)
    };
    let url =
        filled.map_err(|error| RequestError::Url { place: "revocation URL", reason: error.to_string() })?;
    let mut parameters = Parameters::default();
    let mut headers = HeaderMap::new();
    // RFC 7009 knows POST with a form only. An endpoint that wants DELETE is part of a JSON API, and the client then
    // proves itself in the header, for the body speaks of the token alone.
    let (method, format) = match definition.method {
        None | Some(DefinedMethod::Post) => (Method::POST, BodyFormat::Form),
        Some(DefinedMethod::Delete) => (Method::DELETE, BodyFormat::Json),
        Some(DefinedMethod::Get) => (Method::GET, BodyFormat::Query),
        Some(DefinedMethod::Put) => (Method::PUT, BodyFormat::Json),
        Some(DefinedMethod::Patch) => (Method::PATCH, BodyFormat::Json),
    };
    if definition.body.is_none() {
        let refresh_token = match definition.token {
            RevokedToken::RefreshElseAccess => tokens.refresh_token.as_ref(),
            RevokedToken::Access => None,
        };
        let hint = if refresh_token.is_some() { "refresh_token" } else { "access_token" };
        parameters.set("token", refresh_token.unwrap_or(&tokens.access_token).clone());
        parameters.set("token_type_hint", hint.to_owned());
    }
    match definition.auth {
        RevocationAuth::Bearer => {
            let bearer = Secret::new(format!("Bearer {}", tokens.access_token.expose()));
            headers.insert(AUTHORIZATION, authorization(bearer.expose(), "the access token")?);
        }
        RevocationAuth::ClientBasic => client_auth::basic(client, &mut headers)?,
        RevocationAuth::Client if method == Method::DELETE => client_auth::basic(client, &mut headers)?,
        RevocationAuth::Client => {
            let method = provider.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
            let proof = Proof::to(&url, provider, client, fields);
            client_auth::apply(method, &proof, &mut parameters, &mut headers)?;
        }
        RevocationAuth::None => {}
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    fill_headers(&mut headers, &definition.headers, &filling)?;
    if let Some(body) =
        definition.body.as_ref().filter(|body| !matches!(body, Body::Form(form) if form.is_empty()))
    {
        let (media_type, bytes) = body_of(body, &filling)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let client_certificate = certificate(&filling)?;
        return Ok(Request { client_certificate, ..Request::new(method, url, headers, bytes) });
    }
    // A definition that sends none says so by an empty form, and then an empty JSON object is a body too many.
    let mut request = if parameters.is_empty() {
        Request::new(method, url, headers, Vec::new())
    } else {
        parameters.request(method, url, format, headers)
    };
    request.client_certificate = certificate(&filling)?;
    Ok(request)
}
