use std::collections::BTreeMap;

use insta::assert_snapshot;
use protocol::authorize::{Start, begin};
use protocol::{Client, Fields, Flow, Request, RequestError, exchange};
use serde_json::{Value, json};

use crate::{given, render};

fn flow(provider: &catalog::Provider, client: &Client) -> Flow {
    let start = Start {
        provider,
        client,
        fields: &Fields::default(),
        redirect_uri: &given::redirect_uri(),
        scopes: &[],
        user_scopes: &[],
        extra_params: &BTreeMap::new(),
        state: "s",
        verifier_random: [7; 32],
    };
    begin(&start).ok().unwrap().flow
}

fn request_by(client: &Client, changes: Value) -> Result<Request, RequestError> {
    let provider = given::provider(changes);
    let flow = flow(&provider, client);
    exchange::request(&provider, &flow, client, &given::secret("c/1"), &Fields::default())
}

fn request(changes: Value) -> String {
    render::text(&request_by(&given::client(), changes).ok().unwrap())
}

#[test]
fn the_client_proves_itself_in_the_body_by_default() {
    assert_snapshot!(request(json!({})), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&code_verifier=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn basic_carries_both_halves_form_encoded_and_nothing_in_the_body() {
    let changes = json!({"token": {"client_auth": "client_secret_basic"}, "authorization": {"pkce": "none"}});
    // app+1:s3cret%2F%2B
    assert_snapshot!(request(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    authorization: Basic YXBwKzE6czNjcmV0JTJGJTJC (sensitive)
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback
    ");
}

#[test]
fn a_public_client_names_itself_only() {
    let changes = json!({"token": {"client_auth": "none"}, "authorization": {"pkce": "none"}});
    assert_snapshot!(request(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1
    ");
}

#[test]
fn the_secret_can_be_the_user_name() {
    let changes =
        json!({"token": {"client_auth": "secret_as_basic_user"}, "authorization": {"pkce": "none"}});
    // s3cret/+:
    assert_snapshot!(request(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    authorization: Basic czNjcmV0Lys6 (sensitive)
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback
    ");
}

#[test]
fn parameters_can_travel_as_json() {
    let changes = json!({"token": {"body": "json", "headers": {"notion-version": "2022-06-28"}}});
    assert_snapshot!(request(changes), @r#"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/json
    notion-version: 2022-06-28

    {"grant_type":"authorization_code","code":"c/1","redirect_uri":"https://broker.example/oauth/callback","code_verifier":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","client_id":"app 1","client_secret":"s3cret/+"}
    "#);
}

#[test]
fn parameters_can_travel_in_the_query() {
    let url = "https://login.example.com/token?tenant=1";
    let changes = json!({"token": {"body": "query", "url": url}, "authorization": {"pkce": "none"}});
    assert_snapshot!(request(changes), @r"
    POST https://login.example.com/token?tenant=1&grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1&client_secret=s3cret%2F%2B
    accept: application/json
    ");
}

#[test]
fn the_definition_adds_parameters_but_cannot_replace_the_code() {
    let params =
        json!({"expiring": 1, "code": "other", "client": "{app.client_id}", "unset": "{connection.x}"});
    let changes =
        json!({"token": {"params": params, "client_auth": "none"}, "authorization": {"pkce": "none"}});
    assert_snapshot!(request(changes), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=authorization_code&client=app+1&code=c%2F1&expiring=1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&client_id=app+1
    ");
}

#[test]
fn a_header_made_of_a_secret_is_marked() {
    let changes =
        json!({"token": {"headers": {"x-app": "{app.client_secret}", "x-version": "2"}, "body": "query"}});
    let request = request_by(&given::client(), changes).ok().unwrap();
    assert!(request.headers["x-app"].is_sensitive());
    assert!(!request.headers["x-version"].is_sensitive());
}

#[test]
fn the_code_goes_where_the_user_was_sent_from() {
    let client = given::client();
    let flow = flow(&given::provider(json!({})), &client);
    let changed =
        given::provider(json!({"token": {"url": "https://evil.example/token", "client_auth": "none"}}));
    let request = exchange::request(&changed, &flow, &client, &given::secret("c"), &Fields::default());
    let text = render::text(&request.ok().unwrap());
    assert!(text.starts_with("POST https://login.example.com/token\n"), "{text}");
    assert!(text.contains("client_secret=s3cret"), "{text}");
}

#[test]
fn a_client_that_was_changed_meanwhile_redeems_nothing() {
    let provider = given::provider(json!({}));
    let flow = flow(&provider, &given::client());
    let other = Client { id: "app 2".to_owned(), secret: None };
    let request = exchange::request(&provider, &flow, &other, &given::secret("c"), &Fields::default());
    assert_eq!(request.err(), Some(RequestError::ClientChanged));
}

#[test]
fn line_breaks_cannot_leave_their_header() {
    let hostile = ["a\r\nhost: evil.example", "a\nb", "a\0b", "a\u{7f}"];
    for text in hostile {
        for method in ["client_secret_basic", "secret_as_basic_user"] {
            let client = Client { id: "app".to_owned(), secret: Some(given::secret(text)) };
            let error = request_by(&client, json!({"token": {"client_auth": method}})).err();
            let field = "the client secret".to_owned();
            assert_eq!(error, Some(RequestError::HeaderValue { field }), "{method} {text:?}");
        }
        let client = Client { id: text.to_owned(), secret: None };
        let error = request_by(&client, json!({"token": {"headers": {"x-app": "{app.client_id}"}}})).err();
        let field = "the header x-app".to_owned();
        assert_eq!(error, Some(RequestError::HeaderValue { field }), "{text:?}");
    }
}

#[test]
fn captures_come_from_the_answer_and_the_callback() {
    let provider = given::provider(json!({"captures": {
        "token_response": {
            "team": "team.id", "seats": "seats", "paid": "paid", "list": "list", "absent": "x",
            "realm": "realm", "broken": "broken", "long": "long",
        },
        "callback": {"realm": "realmId"},
    }}));
    let raw = json!({
        "team": {"id": "T1"}, "seats": 12, "paid": true, "list": [1], "realm": "from the answer",
        "broken": "a\nb", "long": "x".repeat(3000),
    });
    let callback = given::texts(&[("realmId", "9"), ("other", "1")]);
    let kept = exchange::captures(&provider, &given::secret(&raw.to_string()), &callback);
    let expected = given::texts(&[("team", "T1"), ("seats", "12"), ("paid", "true"), ("realm", "9")]);
    assert_eq!(kept, expected);
}
