//! OAuth 1.0a signatures (RFC 5849 §3.4): checked as a server checks them, by a base string of its own making.
//!
//! Input: the query on the first line, the form body behind it.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Provider;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use protocol::api::{Caller, Draft, Payload};
use protocol::{Client, Credential, Fields, Occasion};
use serde_json::json;
use url::Url;
use vault::Secret;

/// What must not be told. The hyphens keep it out of every signature: those are random letters in base64, in which any
/// short word turns up sooner or later.
const CORES: [&str; 2] = ["cl1ent-s3cret", "t0ken-s3cret"];

/// Around the cores stand signs that have to be encoded.
const CLIENT_SECRET: &str = "a cl1ent-s3cret&";
const TOKEN_SECRET: &str = "a=t0ken-s3cret%";

static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    serde_json::from_value(json!({
        "slug": "fuzzed", "name": "Fuzzed", "auth": "oauth1", "category": "generic",
        "authorization": { "url": "https://login.example/authorize" },
        "oauth1": { "realm": "realm" },
        "api": { "base_url": "https://api.example", "auth": "oauth1" },
    }))
    .expect("well formed")
});

fuzz_target!(|input: &[u8]| {
    let mut halves = input.splitn(2, |byte| *byte == b'\n');
    let (query, form) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let Ok(query) = std::str::from_utf8(query) else { return };
    let Ok(url) = Url::parse(&format!("https://api.example:8443/a/b%20c?{query}")) else { return };
    let Some(header) = signed(&url, form) else { return };

    let sent = url.query().unwrap_or_default().as_bytes();
    let said = header_parameters(&header);
    let signature = said.get("oauth_signature").expect("it is signed");
    assert_eq!(*signature, expected(&said, &[sent, form]), "{header}");
    assert!(!CORES.iter().any(|core| header.contains(core)), "a secret stands in the header");

    let backwards = |bytes: &[u8]| {
        let mut pairs: Vec<&[u8]> = bytes.split(|byte| *byte == b'&').collect();
        pairs.reverse();
        pairs.join(&b'&')
    };
    let mut turned = url.clone();
    turned.set_query(Some(&String::from_utf8_lossy(&backwards(sent))));
    let again = signed(&turned, &backwards(form)).expect("it was signed before");
    assert_eq!(header_parameters(&again).get("oauth_signature"), Some(signature), "the order counts");
});

fn signed(url: &Url, form: &[u8]) -> Option<String> {
    let credential = Credential::OAuth1 {
        token: Secret::new("token 1".to_owned()),
        token_secret: Secret::new(TOKEN_SECRET.to_owned()),
        raw: Secret::new("{}".to_owned()),
    };
    let client = Client { id: "client/1".to_owned(), secret: Some(Secret::new(CLIENT_SECRET.to_owned())) };
    let now = Timestamp::from_second(1_700_000_000).expect("a time in range");
    let fields = Fields { occasion: Some(Occasion { now, random: [7; 16] }), ..Fields::default() };
    let caller =
        Caller { provider: &PROVIDER, credential: &credential, fields: &fields, client: Some(&client) };
    let mut url = url.clone();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let draft =
        Draft { method: &Method::POST, url: &mut url, headers: &mut headers, payload: Payload::Known(form) };
    caller.authenticate(draft).ok()?;
    headers.get(AUTHORIZATION)?.to_str().ok().map(str::to_owned)
}

fn header_parameters(header: &str) -> BTreeMap<String, String> {
    let pairs = header.strip_prefix("OAuth ").expect("the scheme is OAuth").split(", ");
    let read = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let value = value.trim_matches('"').as_bytes();
        (name.to_owned(), String::from_utf8(decoded(value, false)).expect("it is text"))
    });
    read.collect()
}

/// The signature that a server works out from what it received (§3.4.1, §3.4.2), byte by byte.
fn expected(said: &BTreeMap<String, String>, sources: &[&[u8]]) -> String {
    let own = said.iter().filter(|(name, _)| !matches!(name.as_str(), "realm" | "oauth_signature"));
    let mut parameters: Vec<(String, String)> =
        own.map(|(name, value)| (encoded(name.as_bytes()), encoded(value.as_bytes()))).collect();
    for pair in sources.iter().flat_map(|source| source.split(|byte| *byte == b'&')) {
        if pair.is_empty() {
            continue;
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || encoded(&decoded(halves.next().unwrap_or_default(), true));
        parameters.push((half(), half()));
    }
    parameters.sort();
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let address = encoded(b"https://api.example:8443/a/b%20c");
    let base = format!("POST&{address}&{}", encoded(pairs.join("&").as_bytes()));
    let key = format!("{}&{}", encoded(CLIENT_SECRET.as_bytes()), encoded(TOKEN_SECRET.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, base.as_bytes()))
}

/// §3.6.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decoded(bytes: &[u8], plus_is_blank: bool) -> Vec<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut read = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                read.push(u8::try_from(high * 16 + low).expect("two hex digits are a byte"));
                at += 2;
            }
            (b'+', ..) if plus_is_blank => read.push(b' '),
            (byte, ..) => read.push(byte),
        }
        at += 1;
    }
    read
}
