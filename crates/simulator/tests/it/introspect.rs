//! Questions for the end of a token whose answer named none.

use serde_json::{Value, json};
use simulator::Simulator;

use crate::acme::{Sent, Spoiled, cast, each_is_caught, pairs, send};
use crate::token;

/// The first token after the first code is always the same.
const TOKEN: &str = "access-2.~+/=";

/// A provider that has just given out a token and not said when it ends.
fn silent() -> Simulator {
    let url = json!({"lifecycle": {"introspection_url": "https://login.acme.example/introspect"}});
    let mut provider = token::consented(&url);
    provider.keep_silent();
    let answered = provider.answer(&token::right().arrive());
    let answer: Value = serde_json::from_str(&answered.body).expect("JSON");
    assert_eq!((&answer["access_token"], answer.get("expires_in")), (&json!(TOKEN), None));
    provider
}

fn right() -> Sent {
    let mut sent = Sent::to("POST", "login.acme.example", "/introspect");
    sent.form = pairs(&[
        ("token", TOKEN),
        ("client_id", &cast().client_id),
        ("client_secret", &cast().client_secret),
    ]);
    sent
}

#[test]
fn a_question_that_is_wrong_in_one_way_is_caught() {
    let spoiled: &[Spoiled] = &[
        ("no token", |sent| sent.drop("token"), "token is missing"),
        ("another token", |sent| sent.set("token", "refresh-3.~+/="), "parameter token"),
        ("the token in the query", |sent| sent.expose("token"), "query parameter token"),
        ("no secret", |sent| sent.drop("client_secret"), "client_secret is missing"),
        ("another client", |sent| sent.set("client_id", "x"), "client_id"),
        (
            "the token in a header as well",
            |sent| sent.header("authorization", "Bearer access-2.~+/="),
            "authorization is unexpected",
        ),
        ("GET", |sent| sent.method = "GET", "the method is GET"),
        ("another host", |sent| sent.host = "api.acme.example".to_owned(), "unexpected call"),
    ];
    each_is_caught(&silent, &right(), spoiled);
}

#[test]
fn the_end_is_told_once_and_has_to_be_asked_for() {
    let mut provider = silent();
    let reply = provider.answer(&right().arrive());
    let answer: Value = serde_json::from_str(&reply.body).expect("JSON");
    let end = provider.expires_at().expect("the token ends").as_second();
    assert_eq!((&answer["active"], &answer["exp"]), (&json!(true), &json!(end)));
    let (reply, findings) = send(&mut provider, &right());
    assert_eq!(reply.status, 404);
    assert!(findings[0].contains("unexpected call"), "{findings:?}");
    assert!(silent().end_act().iter().any(|finding| finding == "introspection: was not called"));
}
