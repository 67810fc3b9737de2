//! Signed requests of OAuth 1.0a, with signatures made here from the words of RFC 5849.

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use simulator::Simulator;

use crate::acme::{CALLBACK, Sent, cast, provider, send};

fn changes() -> Value {
    json!({
        "auth": "oauth1", "token": null, "revocation": null,
        "oauth1": {
            "request_url": "https://login.acme.example/request", "token_url": "https://login.acme.example/access",
            "signature_method": "HMAC-SHA256",
        },
        "api": { "base_url": "https://api.acme.example/v1", "auth": "oauth1" },
    })
}

fn fresh() -> Simulator {
    let mut provider = provider(&changes());
    provider.expect_connection(&[]);
    provider
}

fn encoded(text: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, PLAIN).to_string()
}

/// A request for temporary credentials with these protocol parameters, signed with this secret.
fn signed(own: &[(&str, &str)], secret: &str, query: &[(&str, &str)]) -> Sent {
    let mut pairs: Vec<(String, String)> =
        own.iter().chain(query).map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let address = encoded("https://login.acme.example/request");
    let text = format!("POST&{address}&{}", encoded(&joined.join("&")));
    let key =
        aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, format!("{}&", encoded(secret)).as_bytes());
    let signature =
        base64::engine::general_purpose::STANDARD.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes()));
    let mut parts: Vec<String> =
        own.iter().map(|(name, value)| format!("{name}=\"{}\"", encoded(value))).collect();
    parts.push(format!("oauth_signature=\"{}\"", encoded(&signature)));
    let mut sent = Sent::to("POST", "login.acme.example", "/request");
    sent.query = crate::acme::pairs(query);
    sent.header("authorization", &format!("OAuth {}", parts.join(", ")));
    sent
}

/// The findings for protocol parameters that differ from the right ones.
fn findings(change: (&str, Option<&str>), secret: Option<&str>, query: &[(&str, &str)]) -> Vec<String> {
    let cast = cast();
    let mut own = vec![
        ("oauth_consumer_key", cast.client_id.as_str()),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", "1796126400"),
        ("oauth_nonce", "0123456789abcdef"),
        ("oauth_callback", CALLBACK),
    ];
    own.retain(|(name, _)| *name != change.0);
    own.extend(change.1.map(|value| (change.0, value)));
    let sent = signed(&own, secret.unwrap_or(&cast.client_secret), query);
    let mut provider = fresh();
    let (reply, findings) = send(&mut provider, &sent);
    if reply.status == 200 { Vec::new() } else { findings }
}

#[test]
fn a_right_signature_passes() {
    assert_eq!(findings(("oauth_version", Some("1.0")), None, &[]), Vec::<String>::new());
}

#[test]
fn a_first_request_that_is_wrong_in_one_way_is_caught() {
    let table: &[((&str, Option<&str>), &str)] = &[
        (("oauth_callback", None), "oauth_callback is missing"),
        (("oauth_callback", Some("https://evil.example/")), "oauth_callback"),
        (("oauth_callback", Some("oob")), "oauth_callback"),
        (("oauth_timestamp", Some("1796120000")), "oauth_timestamp"),
        (("oauth_nonce", Some("1")), "can be guessed"),
        (("oauth_signature_method", Some("HMAC-SHA1")), "oauth_signature_method"),
        (("oauth_consumer_key", Some("other")), "oauth_consumer_key"),
        (("oauth_token", Some("x")), "oauth_token is unexpected"),
    ];
    for (change, word) in table {
        let found = findings(*change, None, &[]).join("; ");
        assert!(found.contains(word), "{change:?}: «{word}» is not said: {found}");
    }
}

#[test]
fn a_signature_with_another_secret_is_caught() {
    let found = findings(("oauth_version", None), Some("other"), &[]);
    assert!(found.iter().any(|finding| finding.contains("the signature is")), "{found:?}");
}

#[test]
fn a_parameter_that_nobody_asked_for_is_caught_though_it_is_signed() {
    let found = findings(("oauth_version", None), None, &[("x", "1")]);
    assert!(found.iter().any(|finding| finding.contains("x is unexpected")), "{found:?}");
}

#[test]
fn an_unsigned_request_is_caught() {
    let (_, found) = send(&mut fresh(), &Sent::to("POST", "login.acme.example", "/request"));
    assert!(found.iter().any(|finding| finding.contains("authorization is missing")), "{found:?}");
}
