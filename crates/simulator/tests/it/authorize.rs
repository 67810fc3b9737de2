//! The browser at the authorization endpoint.

use serde_json::json;
use simulator::Simulator;

use crate::acme::{CALLBACK, CHALLENGE, STATE, Sent, Spoiled, cast, each_is_caught, pairs, provider};

fn fresh() -> Simulator {
    let mut provider = provider(&json!({}));
    provider.expect_consent(&["read".to_owned(), "write".to_owned()]);
    provider
}

fn right() -> Sent {
    let mut sent = Sent::to("GET", "login.acme.example", "/authorize");
    sent.query = pairs(&[
        ("prompt", "consent"),
        ("response_type", "code"),
        ("client_id", &cast().client_id),
        ("redirect_uri", CALLBACK),
        ("state", STATE),
        ("scope", "read,write"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    sent
}

#[test]
fn an_authorization_that_is_wrong_in_one_way_is_caught() {
    let spoiled: &[Spoiled] = &[
        ("no PKCE", |sent| sent.drop("code_challenge"), "code_challenge is missing"),
        ("plain PKCE", |sent| sent.set("code_challenge_method", "plain"), "code_challenge_method"),
        ("a challenge that is no digest", |sent| sent.set("code_challenge", "short"), "is no digest"),
        ("another callback", |sent| sent.set("redirect_uri", "https://evil.example/"), "redirect_uri"),
        (
            "a callback with a slash more",
            |sent| sent.set("redirect_uri", &format!("{CALLBACK}/")),
            "redirect_uri",
        ),
        ("scopes with the wrong sign between", |sent| sent.set("scope", "read write"), "scope"),
        ("scopes in another order", |sent| sent.set("scope", "write,read"), "scope"),
        ("no state", |sent| sent.drop("state"), "state is missing"),
        (
            "a state that can be guessed",
            |sent| sent.set("state", "1111111111111111111111111"),
            "can be guessed",
        ),
        ("the implicit grant", |sent| sent.set("response_type", "token"), "response_type"),
        ("another client", |sent| sent.set("client_id", "other"), "client_id"),
        ("the secret in the URL", |sent| sent.set("client_secret", "s"), "client_secret is unexpected"),
        ("a parameter of nobody's", |sent| sent.set("nonsense", "1"), "nonsense is unexpected"),
        ("no fixed parameter", |sent| sent.drop("prompt"), "prompt is missing"),
        (
            "a parameter twice",
            |sent| sent.query.push(("state".to_owned(), STATE.to_owned())),
            "more than once",
        ),
        ("another host", |sent| sent.host = "login.evil.example".to_owned(), "unexpected call"),
        ("another path", |sent| sent.path = "/authorize2".to_owned(), "unexpected call"),
        ("another method", |sent| sent.method = "POST", "the method is POST"),
    ];
    each_is_caught(&fresh, &right(), spoiled);
}

#[test]
fn names_that_the_vendor_changed_are_wanted_under_the_new_name_alone() {
    let changes = json!({ "authorization": {
        "url": "https://login.acme.example/authorize", "rename": { "client_id": "appKey" }, "pkce": "none",
    } });
    let fresh = || {
        let mut provider = provider(&changes);
        provider.expect_consent(&[]);
        provider
    };
    let mut right = Sent::to("GET", "login.acme.example", "/authorize");
    right.query = pairs(&[
        ("response_type", "code"),
        ("appKey", &cast().client_id),
        ("redirect_uri", CALLBACK),
        ("state", STATE),
    ]);
    let spoiled: &[Spoiled] = &[
        ("both names", |sent| sent.set("client_id", "x"), "client_id is unexpected"),
        (
            "PKCE where it breaks",
            |sent| sent.set("code_challenge", CHALLENGE),
            "code_challenge is unexpected",
        ),
    ];
    each_is_caught(&fresh, &right, spoiled);
}

#[test]
fn a_scope_that_has_to_stand_as_it_is_may_not_be_encoded() {
    let changes = json!({
        "authorization": { "url": "https://login.acme.example/authorize", "raw_scope": true, "pkce": "none" },
        "scopes": { "separator": " " },
    });
    let mut provider = provider(&changes);
    provider.expect_consent(&["a:b".to_owned()]);
    let mut sent = Sent::to("GET", "login.acme.example", "/authorize");
    sent.query = pairs(&[
        ("response_type", "code"),
        ("client_id", &cast().client_id),
        ("redirect_uri", CALLBACK),
        ("state", STATE),
        ("scope", "a:b"),
    ]);
    let (_, findings) = crate::acme::send(&mut provider, &sent);
    assert!(findings[0].contains("does not stand in the query as it is"), "{findings:?}");
}
