//! Renewing an access token (RFC 6749 §6).

use catalog::Provider;
use http::{HeaderMap, Method};
use jiff::Timestamp;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::{Parameters, fill_headers};
use crate::refusal::TokenError;
use crate::{client_auth, quirks, token_response};

/// The refresh request. `client` is the one the grant was given to: the tokens' own where they name one.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let refresh_token =
        tokens.refresh_token.as_ref().ok_or(RequestError::Missing { field: "the refresh token" })?;
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    let url = filling.url("refresh URL", provider.refresh.url.as_ref().unwrap_or(&token.url))?;
    let mut parameters = Parameters::default();
    let grant_type = "refresh_token".to_owned();
    parameters.set("grant_type", grant_type.clone());
    if let Some(own) = &provider.refresh.params {
        parameters.fill(own, &filling);
    } else {
        parameters.fill(&token.params, &filling);
        parameters.set("grant_type", grant_type);
    }
    parameters.set("refresh_token", refresh_token.clone());
    let mut headers = HeaderMap::new();
    fill_headers(&mut headers, &token.headers, &filling)?;
    client_auth::apply(token.client_auth, client, &mut parameters, &mut headers)?;
    quirks::refresh_md5_secret::apply(provider, client, &mut parameters);
    Ok(parameters.request(Method::POST, url, token.body, headers))
}

/// The renewed tokens. What the answer leaves out stays as it was: the refresh token (§6) and the scope (§5.1).
pub fn outcome(
    provider: &Provider,
    previous: &OAuth2Tokens,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
    let renewed = token_response::tokens(provider, response, now)?;
    Ok(OAuth2Tokens {
        refresh_token: renewed.refresh_token.or_else(|| previous.refresh_token.clone()),
        scope: renewed.scope.or_else(|| previous.scope.clone()),
        client_override: previous.client_override.clone(),
        ..renewed
    })
}
