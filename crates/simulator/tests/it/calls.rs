//! Calls of the API, checks, and the end of a grant.

use http::Method;
use serde_json::{Value, json};
use simulator::{ApiCall, Simulator};

use crate::acme::{Sent, Spoiled, definition, each_is_caught, provider, send};

fn keyed(changes: &Value) -> Value {
    let mut whole = json!({ "auth": "api_key", "authorization": null, "token": null, "revocation": null });
    for (key, value) in changes.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    whole
}

fn key(changes: &Value) -> String {
    let cast = simulator::Cast::of(&definition(changes), simulator::Filling::Full);
    cast.credential["api_key"].clone()
}

fn awaiting(changes: &Value, method: Method, body: Option<Value>) -> Simulator {
    let mut provider = provider(changes);
    let headers = body.iter().map(|_| ("content-type".to_owned(), "application/json".to_owned())).collect();
    provider.expect_api_call(ApiCall { method, below: "/things?z=1".to_owned(), headers, body });
    provider
}

#[test]
fn an_api_call_that_is_wrong_in_one_way_is_caught() {
    let changes = keyed(&json!({}));
    let mut right = Sent::to("GET", "api.acme.example", "/v1/things");
    right.query = crate::acme::pairs(&[("z", "1")]);
    right.header("x-acme-version", "7");
    right.header("authorization", &format!("Bearer {}", key(&changes)));
    let spoiled: &[Spoiled] = &[
        ("no key", |sent| sent.drop("authorization"), "authorization is missing"),
        ("another key", |sent| sent.header("authorization", "Bearer x"), "authorization is"),
        ("another scheme", |sent| sent.header("authorization", "Basic x"), "authorization is"),
        ("the key in the query", |sent| sent.set("api_key", "k"), "api_key is unexpected"),
        ("no version", |sent| sent.drop("x-acme-version"), "x-acme-version is missing"),
        ("another root", |sent| sent.path = "/things".to_owned(), "unexpected call"),
        ("no query", |sent| sent.drop("z"), "z is missing"),
        ("a body", |sent| sent.body = Some("{}".to_owned()), "there is a body"),
    ];
    each_is_caught(&|| awaiting(&changes, Method::GET, None), &right, spoiled);
}

#[test]
fn a_key_that_travels_in_the_body_is_wanted_there() {
    let api = json!({ "base_url": "https://api.acme.example/v1", "auth": "custom", "body": { "key": "{credential.api_key}" } });
    let changes = keyed(&json!({ "api": api }));
    let mut right = Sent::to("POST", "api.acme.example", "/v1/things");
    right.query = crate::acme::pairs(&[("z", "1")]);
    right.header("content-type", "application/json");
    right.body = Some(json!({ "a": 1, "key": key(&changes) }).to_string());
    let spoiled: &[Spoiled] = &[
        ("no key", |sent| sent.body = Some("{\"a\":1}".to_owned()), "the body is"),
        (
            "a key in a header as well",
            |sent| sent.header("authorization", "Bearer x"),
            "authorization is unexpected",
        ),
        ("no media type", |sent| sent.drop("content-type"), "content"),
    ];
    each_is_caught(&|| awaiting(&changes, Method::POST, Some(json!({ "a": 1 }))), &right, spoiled);
}

#[test]
fn what_the_entry_computes_is_computed_again() {
    let api = json!({ "base_url": "https://api.acme.example/v1", "auth": "custom", "headers": {
        "x-time": "{now:%s}",
        "x-sign": "{hmac_sha1_hex:{credential.api_key}|{request.method} {request.endpoint} {now:%s}}",
        "x-request": "{random.uuid}",
        "x-again": "{upper:{random.uuid}}",
    } });
    let changes = keyed(&json!({ "api": api }));
    let signed = format!("GET /things?z=1 {}", 1_796_126_400);
    let secret =
        aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key(&changes).as_bytes());
    let mut right = Sent::to("GET", "api.acme.example", "/v1/things");
    right.query = crate::acme::pairs(&[("z", "1")]);
    right.header("x-time", "1796126400");
    right.header("x-sign", &hex::encode(aws_lc_rs::hmac::sign(&secret, signed.as_bytes())));
    right.header("x-request", "7b2f3c1e-5d4a-4c3b-8a29-1f0e9d8c7b6a");
    right.header("x-again", "7B2F3C1E-5D4A-4C3B-8A29-1F0E9D8C7B6A");
    let spoiled: &[Spoiled] = &[
        ("an old time", |sent| sent.header("x-time", "1796126399"), "x-time"),
        ("a foreign signature", |sent| sent.header("x-sign", &"0".repeat(40)), "x-sign"),
        (
            "chance that is not the same",
            |sent| sent.header("x-again", "7B2F3C1E-5D4A-4C3B-8A29-1F0E9D8C7B6B"),
            "x-again",
        ),
        ("chance that is no UUID", |sent| sent.header("x-request", "1"), "x-request"),
    ];
    each_is_caught(&|| awaiting(&changes, Method::GET, None), &right, spoiled);
}

#[test]
fn a_check_that_asks_elsewhere_or_otherwise_is_caught() {
    let verify = json!({ "method": "POST", "url": "/graphql", "body": { "json": { "query": "{{ me }}" } } });
    let changes = keyed(&json!({ "verify": verify }));
    let fresh = || {
        let mut provider = provider(&changes);
        provider.expect_connection(&[]);
        provider
    };
    let mut right = Sent::to("POST", "api.acme.example", "/v1/graphql");
    right.header("authorization", &format!("Bearer {}", key(&changes)));
    right.header("x-acme-version", "7");
    right.header("content-type", "application/json");
    right.body = Some("{\"query\":\"{ me }\"}".to_owned());
    let spoiled: &[Spoiled] = &[
        ("another question", |sent| sent.body = Some("{\"query\":\"{{ me }}\"}".to_owned()), "the body is"),
        ("GET", |sent| sent.method = "GET", "the method is GET"),
        ("without the headers of the API", |sent| sent.drop("x-acme-version"), "x-acme-version is missing"),
        ("below another root", |sent| sent.path = "/graphql".to_owned(), "unexpected call"),
    ];
    each_is_caught(&fresh, &right, spoiled);
}

#[test]
fn what_was_not_called_is_told_at_the_end() {
    let mut provider = provider(&json!({}));
    provider.expect_connection(&[]);
    assert_eq!(provider.end_act(), ["authorize: was not called"]);
}

#[test]
fn a_host_header_that_is_not_the_name_in_tls_is_no_request() {
    let request = http::Request::get("/").header("host", "a.example").body(Vec::new()).expect("a request");
    assert!(simulator::Arrived::new(request, "b.example").is_err());
}

#[test]
fn two_calls_are_not_one_call_twice() {
    let changes = keyed(&json!({}));
    let mut provider = awaiting(&changes, Method::GET, None);
    let mut sent = Sent::to("GET", "api.acme.example", "/v1/things");
    sent.query = crate::acme::pairs(&[("z", "1")]);
    sent.header("x-acme-version", "7");
    sent.header("authorization", &format!("Bearer {}", key(&changes)));
    assert_eq!(provider.answer(&sent.arrive()).status, 200);
    let (_, findings) = send(&mut provider, &sent);
    assert!(findings[0].contains("unexpected call"), "{findings:?}");
}
