//! Renewing an access token (RFC 6749 §6), and the ways vendors have of doing so without a refresh token.

use catalog::Provider;
use catalog::provider::{Presented, TokenEndpoint};
use jiff::Timestamp;

use crate::credential::{Kept, OAuth2Tokens};
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::{lifetime, quirks, token_response};

/// Whether these tokens can be renewed at all.
pub fn is_possible(provider: &Provider, tokens: &OAuth2Tokens) -> bool {
    let refresh = &provider.refresh;
    let has_means = match refresh.presents {
        Presented::RefreshToken => tokens.refresh_token.is_some(),
        Presented::AccessToken | Presented::Nothing => true,
    };
    has_means && !refresh.never
}

/// The refresh request. `client` is the one the grant was given to: the tokens' own where they name one.
pub fn request(
    provider: &Provider,
    client: &Client,
    tokens: &OAuth2Tokens,
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    if provider.refresh.never {
        return Err(RequestError::NoSuchStep { step: "refresh" });
    }
    let filling = Filling::new(provider, fields).with_client(client).with_tokens(tokens);
    let mut parameters = parameters(provider, token, tokens, &filling)?;
    quirks::refresh_md5_secret::apply(provider, client, &mut parameters);
    let url = filling.url("refresh URL", provider.refresh.url.as_ref().unwrap_or(&token.url))?;
    let call = TokenCall {
        method: provider.refresh.method,
        omit: omitted(provider, token),
        headers: Some(&provider.refresh.headers),
        ..TokenCall::new(&filling, token, Some(client), url, parameters)
    };
    call.build()
}

/// The renewed tokens. What the answer leaves out stays as it was: the refresh token (§6) and the scope (§5.1).
pub fn outcome(
    provider: &Provider,
    previous: &OAuth2Tokens,
    fields: &Fields,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
    if let Some(extension) = &provider.refresh.extends {
        token_response::extension(provider, extension, response, now)?;
        let expires_at = lifetime::assumed(extension.lifetime_s, now);
        return Ok(OAuth2Tokens { expires_at, ..previous.clone() });
    }
    let renewed = token_response::tokens(provider, response, now)?;
    let given = renewed.refresh_token.filter(|_| !keeps_refresh_token(provider, previous, fields));
    let Kept { headers, person, dpop_key } = renewed.kept;
    let before = &previous.kept;
    Ok(OAuth2Tokens {
        refresh_token: given.or_else(|| previous.refresh_token.clone()),
        scope: renewed.scope.or_else(|| previous.scope.clone()),
        client_override: previous.client_override.clone(),
        kept: Kept {
            headers: if headers.is_empty() { before.headers.clone() } else { headers },
            person: person.or_else(|| before.person.clone()),
            dpop_key: dpop_key.or_else(|| before.dpop_key.clone()),
        },
        ..renewed
    })
}

fn parameters(
    provider: &Provider,
    token: &TokenEndpoint,
    tokens: &OAuth2Tokens,
    filling: &Filling<'_>,
) -> Result<Parameters, RequestError> {
    let own = provider.refresh.params.as_ref();
    let mut parameters = Parameters::default();
    match provider.refresh.presents {
        Presented::RefreshToken => {
            let refresh_token =
                tokens.refresh_token.as_ref().ok_or(RequestError::Missing { field: "the refresh token" })?;
            parameters.set("grant_type", "refresh_token".to_owned());
            if let Some(own) = own {
                parameters.fill(own, filling);
            } else {
                parameters.fill(&token.params, filling);
                parameters.set("grant_type", "refresh_token".to_owned());
            }
            parameters.set("refresh_token", refresh_token.clone());
        }
        Presented::AccessToken => {
            if let Some(own) = own {
                parameters.fill(own, filling);
            }
        }
        Presented::Nothing => {
            parameters.set("grant_type", "client_credentials".to_owned());
            parameters.fill(own.unwrap_or(&token.params), filling);
        }
    }
    Ok(parameters)
}

/// What is left out. A refresh never sends a code or its redirect, so only what is said of refreshes counts there.
fn omitted<'a>(provider: &'a Provider, token: &'a TokenEndpoint) -> &'a [String] {
    provider.refresh.omit.as_ref().unwrap_or(&token.omit)
}

fn keeps_refresh_token(provider: &Provider, previous: &OAuth2Tokens, fields: &Fields) -> bool {
    let Some(condition) = &provider.refresh.keep_token_if else { return false };
    let filling = Filling::new(provider, fields).with_tokens(previous);
    condition.fill(&filling).is_ok_and(|text| text == "true")
}
