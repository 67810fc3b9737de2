//! Reading the answer of a token endpoint (RFC 6749 §5.1), as it is and not as it ought to be.
//!
//! A refresh token may have been used up by the very answer that is read here, so whatever can be understood is
//! understood: byte order marks, form encoding, numbers written as text. An answer without a plain access token is
//! an error, for junk must never take the place of a good credential.

use std::borrow::Cow;
use std::collections::BTreeMap;

use catalog::Provider;
use catalog::provider::{Extension, TimeUnit, TokenResponse};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::{Map, Value};
use vault::Secret;

use crate::credential::{Kept, OAuth2Tokens};
use crate::json_path::{find, text_at};
use crate::message::Response;
use crate::refusal::{self, TokenError};
use crate::{lifetime, quirks};

/// The tokens in an answer of the provider's token endpoint.
pub(crate) fn tokens(
    provider: &Provider,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
    let standard = TokenResponse::default();
    let token = provider.token.as_ref();
    let paths = token.map_or(&standard, |token| &token.response);
    let mut tokens = tokens_at(paths, provider.scopes.separator(), response, now)?;
    let assumed = || lifetime::assumed(token?.lifetime_s?, now);
    tokens.expires_at = tokens.expires_at.or_else(assumed);
    quirks::bot_and_user_tokens::split(provider, &mut tokens, now);
    Ok(tokens)
}

/// The tokens in an answer that keeps its values at these paths.
pub(crate) fn tokens_at(
    paths: &TokenResponse,
    separator: &str,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
    if paths.whole_body && response.status.is_success() {
        return whole_body(paths, response);
    }
    let (whole, raw) = success(paths, response, now)?;
    let wrapped =
        paths.wrapper.as_deref().and_then(|path| find(&whole, path)).filter(|inner| inner.is_object());
    let answer = wrapped.unwrap_or(&whole);
    let (home, access_token) = access_token(answer, paths).map_err(|unreadable| {
        refusal::without_tokens(response.status, &response.headers, &whole, now).unwrap_or(unreadable)
    })?;
    let refresh_token = at(home, answer, paths.refresh_token.as_deref(), "refresh_token")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty())
        .map(|token| Secret::new(token.to_owned()));
    Ok(OAuth2Tokens {
        access_token: Secret::new(access_token.to_owned()),
        refresh_token,
        expires_at: expiry(home, answer, paths, now),
        scope: home.get("scope").and_then(|scope| granted(scope, separator)),
        raw,
        client_override: None,
        kept: Kept { headers: kept_headers(paths, response), ..Kept::default() },
    })
}

/// Checks an answer that brings no token: the old one lives on when the answer says so.
pub(crate) fn extension(
    provider: &Provider,
    extension: &Extension,
    response: &Response,
    now: Timestamp,
) -> Result<(), TokenError> {
    let standard = TokenResponse::default();
    let paths = provider.token.as_ref().map_or(&standard, |token| &token.response);
    let (answer, _) = success(paths, response, now)?;
    match text_at(&answer, &extension.path) {
        Some(said) if said == extension.equals => Ok(()),
        Some(_) => Err(refusal::without_tokens(response.status, &response.headers, &answer, now)
            .unwrap_or(TokenError::Unreadable { reason: "it does not say that it succeeded" })),
        None => Err(TokenError::Unreadable { reason: "it does not say that it succeeded" }),
    }
}

/// The answer of an endpoint that says it succeeded, with its text.
fn success(
    paths: &TokenResponse,
    response: &Response,
    now: Timestamp,
) -> Result<(Value, Secret<String>), TokenError> {
    let is_success = response.status.is_success();
    if is_success && is_cut_off(response) {
        return Err(TokenError::Truncated);
    }
    let read = read(response);
    if !is_success {
        let answer = read.as_ref().ok().map(|(answer, _)| answer);
        return Err(refusal::of_status(response.status, &response.headers, answer, now));
    }
    let (answer, raw) = read?;
    match refusal::in_success(response.status, &response.headers, &answer, paths.ok_flag, now) {
        Some(refused) => Err(refused),
        None => Ok((answer, raw)),
    }
}

/// A body that is the token itself, perhaps written as a JSON text.
fn whole_body(paths: &TokenResponse, response: &Response) -> Result<OAuth2Tokens, TokenError> {
    if is_cut_off(response) {
        return Err(TokenError::Truncated);
    }
    let text = std::str::from_utf8(response.body.expose())
        .map_err(|_| TokenError::Unreadable { reason: "it is no text" })?
        .trim();
    let access_token = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
    if access_token.is_empty() {
        return Err(TokenError::Unreadable { reason: "it is empty" });
    }
    if access_token.starts_with(['<', '{', '[']) || access_token.contains(char::is_whitespace) {
        return Err(TokenError::Unreadable { reason: "it is no token" });
    }
    Ok(OAuth2Tokens {
        raw: Secret::new(Value::String(access_token.clone()).to_string()),
        access_token: Secret::new(access_token),
        refresh_token: None,
        expires_at: None,
        scope: None,
        client_override: None,
        kept: Kept { headers: kept_headers(paths, response), ..Kept::default() },
    })
}

/// The headers that the definition keeps. Cookies are kept as a `cookie` header sends them back (RFC 6265 §5.4).
fn kept_headers(paths: &TokenResponse, response: &Response) -> BTreeMap<String, Secret<String>> {
    let mut kept = BTreeMap::new();
    for name in &paths.keep_headers {
        let values = response.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let text = if name.eq_ignore_ascii_case("set-cookie") {
            let pairs: Vec<&str> =
                values.filter_map(|cookie| Some(cookie.split(';').next()?.trim())).collect();
            pairs.join("; ")
        } else {
            values.into_iter().next_back().unwrap_or_default().to_owned()
        };
        if !text.is_empty() {
            kept.insert(name.clone(), Secret::new(text));
        }
    }
    kept
}

/// The answer as JSON, and its text.
fn read(response: &Response) -> Result<(Value, Secret<String>), TokenError> {
    let body = response.body.expose();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(TokenError::Unreadable { reason: "it is empty" });
    }
    if is_form(&response.headers) {
        let pairs = form_urlencoded::parse(body.trim_ascii());
        let object: Map<String, Value> =
            pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect();
        let answer = Value::Object(object);
        let raw = Secret::new(answer.to_string());
        return Ok((answer, raw));
    }
    // Tokens are ASCII. A name beside them in another encoding must not cost the grant.
    let text: Cow<'_, str> = String::from_utf8_lossy(body);
    let answer: Value = serde_json::from_str(&text).map_err(|error| unreadable(&text, &error))?;
    if answer.is_object() {
        Ok((answer, Secret::new(text.into_owned())))
    } else {
        Err(TokenError::Unreadable { reason: "it is no JSON object" })
    }
}

fn unreadable(text: &str, error: &serde_json::Error) -> TokenError {
    let reason = match text.trim_start().as_bytes().first() {
        Some(b'<') => "it is a page and not JSON",
        Some(b'{') if error.is_eof() => "its JSON ends too early",
        Some(b'{') => "its JSON is malformed",
        Some(_) | None => "it is not JSON",
    };
    TokenError::Unreadable { reason }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether fewer bytes came than were announced. The length counts encoded bytes (RFC 9110 §8.6), so with a content
/// encoding it says nothing about ours.
fn is_cut_off(response: &Response) -> bool {
    let announced = response.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let as_sent = !response.headers.contains_key(CONTENT_ENCODING);
    as_sent && announced.is_some_and(|length: usize| length > response.body.expose().len())
}

/// The access token and the object that the other values stand in: the top level or the fallback object.
fn access_token<'a>(answer: &'a Value, paths: &TokenResponse) -> Result<(&'a Value, &'a str), TokenError> {
    let fallback = paths.fallback_object.as_deref().and_then(|path| find(answer, path));
    let homes = [Some(answer), fallback];
    let found = homes.into_iter().flatten().find_map(|home| {
        at(home, answer, paths.access_token.as_deref(), "access_token").map(|token| (home, token))
    });
    match found {
        Some((home, Value::String(token))) if !token.is_empty() => Ok((home, token)),
        Some((_, Value::String(_))) => Err(TokenError::Unreadable { reason: "its access token is empty" }),
        Some(_) => Err(TokenError::Unreadable { reason: "its access token is no text" }),
        None => Err(TokenError::Unreadable { reason: "it has no access token" }),
    }
}

/// A value at the path of the definition, else under its standard name beside the access token.
fn at<'a>(home: &'a Value, answer: &'a Value, path: Option<&str>, standard: &str) -> Option<&'a Value> {
    let own = path.and_then(|path| find(answer, path));
    own.or_else(|| home.get(standard)).filter(|value| !value.is_null())
}

/// The end of the access token. A lifetime counts more than a point in time, which depends on two clocks.
fn expiry(home: &Value, answer: &Value, paths: &TokenResponse, now: Timestamp) -> Option<Timestamp> {
    let lifetime = at(home, answer, paths.expires_in.as_deref(), "expires_in");
    let per_second = match paths.expires_unit {
        TimeUnit::Seconds => 1.0,
        TimeUnit::Milliseconds => 1e3,
    };
    lifetime
        .and_then(|lifetime| lifetime::from_now(lifetime, per_second, now))
        .or_else(|| lifetime::at(at(home, answer, paths.expires_at.as_deref(), "expires_at")?, now))
}

/// The granted scope; a list is joined as it would be on the wire.
fn granted(scope: &Value, separator: &str) -> Option<String> {
    match scope {
        Value::String(scope) => Some(scope.clone()),
        Value::Array(scopes) => {
            let names: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
            Some(names.join(separator))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}
