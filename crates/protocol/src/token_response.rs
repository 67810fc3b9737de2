//! Reading the answer of a token endpoint (RFC 6749 §5.1), as it is and not as it ought to be.
//!
//! A refresh token may have been used up by the very answer that is read here, so whatever can be understood is
//! understood: byte order marks, form encoding, numbers written as text. An answer without a plain access token is
//! an error, for junk must never take the place of a good credential.

use std::borrow::Cow;

use catalog::Provider;
use catalog::provider::TokenResponse;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::{Map, Value};
use vault::Secret;

use crate::credential::OAuth2Tokens;
use crate::json_path::find;
use crate::lifetime;
use crate::message::Response;
use crate::refusal::{self, TokenError};

/// The tokens in an answer.
pub(crate) fn tokens(
    provider: &Provider,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
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
    let token = provider.token.as_ref();
    let no_paths = TokenResponse::default();
    let paths = token.map_or(&no_paths, |token| &token.response);
    let refused = refusal::in_success(response.status, &response.headers, &answer, paths.ok_flag, now);
    if let Some(refused) = refused {
        return Err(refused);
    }
    let (home, access_token) = access_token(&answer, paths)?;
    let refresh_token = at(home, &answer, paths.refresh_token.as_deref(), "refresh_token")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty())
        .map(|token| Secret::new(token.to_owned()));
    Ok(OAuth2Tokens {
        access_token: Secret::new(access_token.to_owned()),
        refresh_token,
        expires_at: expiry(home, &answer, paths, now).or_else(|| lifetime::assumed(token?.lifetime_s?, now)),
        scope: home.get("scope").and_then(|scope| granted(scope, provider.scopes.separator())),
        raw,
        client_override: None,
    })
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
    lifetime
        .and_then(|lifetime| lifetime::from_now(lifetime, now))
        .or_else(|| lifetime::at(home.get("expires_at")?, now))
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
