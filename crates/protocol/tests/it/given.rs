//! What tests begin with.

use std::collections::BTreeMap;

use catalog::Provider;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use protocol::{Client, Fields, OAuth2Tokens, Occasion, Response};
use serde_json::{Value, json};
use url::Url;
use vault::Secret;

/// A plain OAuth 2 provider, with `changes` merged in key by key.
pub(crate) fn provider(changes: Value) -> Provider {
    let mut definition = json!({
        "slug": "example",
        "name": "Example",
        "auth": "oauth2",
        "category": "generic",
        "authorization": {"url": "https://login.example.com/authorize"},
        "token": {"url": "https://login.example.com/token"},
        "api": {"base_url": "https://api.example.com/v1"},
    });
    merge(&mut definition, changes);
    serde_json::from_value(definition).unwrap()
}

pub(crate) fn client() -> Client {
    Client { id: "app 1".to_owned(), secret: Some(secret("s3cret/+")) }
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(crate) fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn connection(pairs: &[(&str, &str)]) -> Fields {
    Fields { connection: texts(pairs), ..Fields::default() }
}

pub(crate) fn redirect_uri() -> Url {
    Url::parse("https://broker.example/oauth/callback").unwrap()
}

/// 2023-11-14T22:13:20Z.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

/// A private RSA key as PEM, made for one test.
pub(crate) fn rsa_key() -> String {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use base64::Engine as _;
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
}

/// Time and chance that never change.
pub(crate) fn occasion() -> Occasion {
    Occasion { now: now(), random: [7; 16] }
}

/// An answer written as it comes: status line, headers, an empty line, the body.
pub(crate) fn response(text: &str) -> Response {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap().parse::<u16>().unwrap();
    let headers: HeaderMap = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        })
        .collect();
    Response { status: StatusCode::from_u16(status).unwrap(), headers, body: Secret::new(body.into()) }
}

pub(crate) fn tokens() -> OAuth2Tokens {
    OAuth2Tokens {
        access_token: secret("old-access"),
        refresh_token: Some(secret("old-refresh")),
        expires_at: Some(now()),
        scope: Some("read write".to_owned()),
        raw: secret(r#"{"access_token":"old-access","instance":"eu5"}"#),
        client_override: None,
        kept: protocol::Kept::default(),
    }
}

/// What can be compared of tokens, as text.
pub(crate) fn shown(tokens: &OAuth2Tokens) -> String {
    let refresh_token = tokens.refresh_token.as_ref().map(|token| token.expose().clone());
    let left = tokens.expires_at.map(|end| format!("{}s", end.as_second() - now().as_second()));
    format!(
        "access={} refresh={} left={} scope={}",
        tokens.access_token.expose(),
        refresh_token.as_deref().unwrap_or("-"),
        left.as_deref().unwrap_or("-"),
        tokens.scope.as_deref().unwrap_or("-"),
    )
}

pub(crate) fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(object), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(object.entry(key).or_insert(Value::Null), change);
            }
        }
        (into, change) => *into = change,
    }
}
