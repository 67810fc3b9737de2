//! Answers of token endpoints: junk is no token, and no token stands in an error.
//!
//! Input: three bytes choose the provider, the status and the media type; the rest is the body.

#![no_main]

use std::sync::{Arc, LazyLock};

use catalog::{Catalog, Provider};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use protocol::{Credential, Fields, OAuth2Tokens, Response, TokenError, exchange, refresh};
use serde_json::Value;
use vault::Secret;

/// Providers whose answers are read in a way of their own, and a plain one.
static PROVIDERS: LazyLock<Vec<Arc<Provider>>> = LazyLock::new(|| {
    let has_own_shape = |provider: &Arc<Provider>| {
        let shape = provider.token.as_ref().and_then(|token| serde_json::to_value(&token.response).ok());
        let is_said = |(_, value): (&String, &Value)| {
            !matches!(value, Value::Null | Value::Bool(false))
                && value != "s"
                && value != &serde_json::json!([])
        };
        provider.slug == "github"
            || shape.is_some_and(|shape| shape.as_object().is_some_and(|shape| shape.iter().any(is_said)))
    };
    Catalog::embedded().iter().filter(has_own_shape).collect()
});

const STATUSES: [u16; 8] = [200, 201, 204, 302, 400, 401, 429, 503];
const MEDIA_TYPES: [&str; 4] =
    ["application/json", "application/x-www-form-urlencoded", "text/html; charset=utf-8", "text/plain"];

/// What is planted where tokens stand. No input holds it, so wherever it turns up it came from a token.
const PLANTED: &str = "pLanted-t0ken-9c41e7";

fuzz_target!(|input: &[u8]| {
    let [which, status, media_type, body @ ..] = input else { return };
    let provider = &PROVIDERS[usize::from(*which) % PROVIDERS.len()];
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let media_type = MEDIA_TYPES[usize::from(*media_type) % MEDIA_TYPES.len()];
    let answer = |body: &[u8], announced: usize| response(status, media_type, body, announced);

    match exchange::outcome(provider, &answer(body, body.len()), now()) {
        Ok(tokens) => {
            assert!((200..300).contains(&status), "a refusal gave tokens");
            is_whole(&tokens);
            is_never_read_from_a_part(provider, body, &answer, &tokens);
            is_refreshed(provider, &answer(body, body.len()), &tokens);
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.code().is_empty()),
    }
    if let Some(planted) = planted(body) {
        let outcome = exchange::outcome(provider, &answer(&planted, planted.len()), now());
        if let Err(error) = outcome {
            tells_no_token(&error);
        }
    }
});

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("a time in range")
}

fn response(status: u16, media_type: &'static str, body: &[u8], announced: usize) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(announced));
    let status = StatusCode::from_u16(status).expect("a status in range");
    Response { status, headers, body: Secret::new(body.to_vec()) }
}

/// Tokens that can be kept: they are sealed and opened to the same, and the answer beside them is JSON.
fn is_whole(tokens: &OAuth2Tokens) {
    assert!(!tokens.access_token.expose().is_empty());
    assert!(tokens.refresh_token.as_ref().is_none_or(|token| !token.expose().is_empty()));
    assert!(serde_json::from_str::<Value>(tokens.raw.expose()).is_ok());
    let sealed = Credential::OAuth2(tokens.clone()).seal_text();
    let opened = Credential::from_seal_text(sealed.expose()).ok();
    let Some(Credential::OAuth2(opened)) = opened else { panic!("what was sealed is not opened") };
    assert!(opened.access_token.expose() == tokens.access_token.expose());
    assert!(opened.raw.expose() == tokens.raw.expose());
    assert_eq!(opened.scope, tokens.scope);
    assert_eq!(opened.refresh_token.is_some(), tokens.refresh_token.is_some());
}

/// A connection that broke gives no tokens, however much arrived before.
fn is_never_read_from_a_part(
    provider: &Provider,
    body: &[u8],
    answer: &impl Fn(&[u8], usize) -> Response,
    tokens: &OAuth2Tokens,
) {
    let part = &body[..body.len() / 2 + tokens.access_token.expose().len() % (body.len() / 2 + 1)];
    if part.len() < body.len() {
        let outcome = exchange::outcome(provider, &answer(part, body.len()), now());
        assert!(matches!(outcome, Err(TokenError::Truncated)), "half an answer gave tokens");
    }
}

/// A refresh never loses the refresh token.
fn is_refreshed(provider: &Provider, answer: &Response, tokens: &OAuth2Tokens) {
    let held = tokens.refresh_token.is_some();
    if let Ok(refreshed) = refresh::outcome(provider, tokens, &Fields::default(), answer, now()) {
        assert!(!held || refreshed.refresh_token.is_some());
        is_whole(&refreshed);
    }
}

/// The body with every token in it replaced; nothing when it is no JSON object.
fn planted(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    answer.as_object_mut()?;
    replace(&mut answer);
    serde_json::to_vec(&answer).ok()
}

fn replace(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                if matches!(name.as_str(), "access_token" | "refresh_token" | "id_token" | "client_secret") {
                    *inner = Value::String(PLANTED.to_owned());
                } else {
                    replace(inner);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(replace),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn tells_no_token(error: &TokenError) {
    let said = format!("{error} {error:?} {} {}", error.code(), error.public_message());
    assert!(!said.contains(PLANTED), "an error tells a token");
}
