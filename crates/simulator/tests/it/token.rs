//! Token calls: a code, a refresh, a client of its own.

use serde_json::{Value, json};
use simulator::Simulator;

use crate::acme::{
    CALLBACK, CHALLENGE, STATE, Sent, Spoiled, VERIFIER, cast, each_is_caught, pairs, provider, send,
};

/// A provider at which somebody has just consented; the first code is always the same.
pub(crate) fn consented(changes: &Value) -> Simulator {
    let mut provider = provider(changes);
    provider.expect_consent(&[]);
    let mut sent = Sent::to("GET", "login.acme.example", "/authorize");
    sent.query = pairs(&[
        ("prompt", "consent"),
        ("response_type", "code"),
        ("client_id", &cast().client_id),
        ("redirect_uri", CALLBACK),
        ("state", STATE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    assert_eq!(provider.answer(&sent.arrive()).status, 302);
    provider
}

const CODE: &str = "code-1.~+/=";

pub(crate) fn right() -> Sent {
    let mut sent = Sent::to("POST", "login.acme.example", "/token");
    sent.form = pairs(&[
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", &cast().client_id),
        ("client_secret", &cast().client_secret),
    ]);
    sent
}

#[test]
fn a_redemption_that_is_wrong_in_one_way_is_caught() {
    let spoiled: &[Spoiled] = &[
        ("no verifier", |sent| sent.drop("code_verifier"), "code_verifier is missing"),
        ("another verifier", |sent| sent.set("code_verifier", &"x".repeat(43)), "does not answer"),
        ("a short verifier", |sent| sent.set("code_verifier", "x"), "has 1 characters"),
        ("another callback", |sent| sent.set("redirect_uri", "https://evil.example/"), "redirect_uri"),
        ("another code", |sent| sent.set("code", "code-0"), "parameter code"),
        ("no secret", |sent| sent.drop("client_secret"), "client_secret is missing"),
        ("another secret", |sent| sent.set("client_secret", "x"), "client_secret"),
        ("the secret in the query", |sent| sent.expose("client_secret"), "query parameter client_secret"),
        ("the code in the query", |sent| sent.expose("code"), "query parameter code"),
        (
            "the secret in a header as well",
            |sent| sent.header("authorization", "Basic eA=="),
            "authorization is unexpected",
        ),
        ("a header of nobody's", |sent| sent.header("x-debug", "1"), "x-debug is unexpected"),
        ("a scope nobody may send", |sent| sent.set("scope", "admin"), "scope is unexpected"),
        ("another grant", |sent| sent.set("grant_type", "password"), "grant_type"),
        ("no Accept", |sent| sent.drop("accept"), "accept does not ask for JSON"),
        ("an Accept of pages", |sent| sent.header("accept", "text/html"), "accept does not ask for JSON"),
        ("no user agent", |sent| sent.drop("user-agent"), "user-agent is missing"),
        ("GET", |sent| sent.method = "GET", "the method is GET"),
        ("a form called JSON", |sent| sent.header("content-type", "application/json"), "content type"),
        ("another host", |sent| sent.host = "api.acme.example".to_owned(), "unexpected call"),
        ("a parameter twice", |sent| sent.form.push(("code".to_owned(), CODE.to_owned())), "more than once"),
    ];
    each_is_caught(&|| consented(&json!({})), &right(), spoiled);
}

#[test]
fn a_code_is_good_once() {
    let mut provider = consented(&json!({}));
    assert_eq!(provider.answer(&right().arrive()).status, 200);
    let (reply, findings) = send(&mut provider, &right());
    assert_eq!(reply.status, 404);
    assert!(findings[0].contains("unexpected call"), "{findings:?}");
}

#[test]
fn halves_of_basic_that_are_not_encoded_are_caught() {
    use base64::Engine as _;
    let changes = json!({ "token": { "url": "https://login.acme.example/token", "client_auth": "client_secret_basic" } });
    let cast = cast();
    let header = |pair: String| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut sent = right();
    sent.drop("client_id");
    sent.drop("client_secret");
    sent.header("authorization", &header(format!("{}:{}", cast.client_id, cast.client_secret)));
    let (_, findings) = send(&mut consented(&changes), &sent);
    assert!(findings.iter().any(|finding| finding.contains("header authorization")), "{findings:?}");
    sent.header(
        "authorization",
        &header(format!("{}:{}", encoded(&cast.client_id), encoded(&cast.client_secret))),
    );
    let (reply, findings) = send(&mut consented(&changes), &sent);
    assert_eq!(reply.status, 200, "{findings:?}");
    sent.set("client_id", &cast.client_id);
    let (_, findings) = send(&mut consented(&changes), &sent);
    assert!(findings[0].contains("client_id is unexpected"), "{findings:?}");
}

/// A provider that has given tokens and waits for a refresh.
fn granted(changes: &Value) -> Simulator {
    let mut provider = consented(changes);
    assert_eq!(provider.answer(&right().arrive()).status, 200);
    assert_eq!(provider.end_act(), Vec::<String>::new());
    provider.expect_refresh();
    provider
}

fn right_refresh() -> Sent {
    let mut sent = Sent::to("POST", "login.acme.example", "/token");
    sent.form = pairs(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-3.~+/="),
        ("client_id", &cast().client_id),
        ("client_secret", &cast().client_secret),
    ]);
    sent
}

#[test]
fn a_refresh_that_is_wrong_in_one_way_is_caught() {
    let spoiled: &[Spoiled] = &[
        ("the access token", |sent| sent.set("refresh_token", "access-2.~+/="), "refresh_token"),
        ("a callback", |sent| sent.set("redirect_uri", CALLBACK), "redirect_uri is unexpected"),
        ("a verifier", |sent| sent.set("code_verifier", VERIFIER), "code_verifier is unexpected"),
        ("no client", |sent| sent.drop("client_id"), "client_id is missing"),
        ("the token in the query", |sent| sent.expose("refresh_token"), "query parameter refresh_token"),
    ];
    each_is_caught(&|| granted(&json!({})), &right_refresh(), spoiled);
}

#[test]
fn a_refresh_token_that_was_replaced_is_no_good_any_more() {
    let mut provider = granted(&json!({}));
    assert_eq!(provider.answer(&right_refresh().arrive()).status, 200);
    provider.expect_refresh();
    let (_, findings) = send(&mut provider, &right_refresh());
    assert!(findings[0].contains("refresh_token"), "{findings:?}");
}

#[test]
fn a_refresh_token_that_never_changes_is_wanted_again() {
    let mut provider = granted(&json!({ "lifecycle": { "rotation": "none" } }));
    for _ in 0..2 {
        assert_eq!(provider.answer(&right_refresh().arrive()).status, 200);
        provider.expect_refresh();
    }
}
