use insta::assert_snapshot;
use protocol::{Client, Fields, OAuth2Tokens, RequestError, TokenError, refresh};
use serde_json::{Value, json};

use crate::{given, render};

fn request(changes: Value) -> String {
    let provider = given::provider(changes);
    let request = refresh::request(&provider, &given::client(), &given::tokens(), &Fields::default());
    render::text(&request.ok().unwrap())
}

fn renewed(body: &str) -> Result<OAuth2Tokens, TokenError> {
    let response = given::response(&format!("200\n\n{body}"));
    refresh::outcome(
        &given::provider(json!({})),
        &given::tokens(),
        &Fields::default(),
        &response,
        given::now(),
    )
}

#[test]
fn a_plain_refresh_is_the_one_of_the_standard() {
    assert_snapshot!(request(json!({})), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=refresh_token&refresh_token=old-refresh&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn the_token_parameters_are_repeated_without_their_grant_type() {
    let params = json!({"grant_type": "authorization_code", "audience": "api"});
    assert_snapshot!(request(json!({"token": {"params": params, "client_auth": "none"}})), @r"
    POST https://login.example.com/token
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=refresh_token&audience=api&refresh_token=old-refresh&client_id=app+1
    ");
}

#[test]
fn a_refresh_can_have_its_own_endpoint_and_parameters() {
    let changes = json!({
        "token": {"params": {"audience": "api"}, "client_auth": "none"},
        "refresh": {
            "url": "https://{token.response.instance}.example.com/renew",
            "params": {"grant_type": "renew", "token": "{token.access}"},
        },
    });
    assert_snapshot!(request(changes), @r"
    POST https://eu5.example.com/renew
    accept: application/json
    content-type: application/x-www-form-urlencoded

    grant_type=renew&token=old-access&refresh_token=old-refresh&client_id=app+1
    ");
}

#[test]
fn agiloft_wants_a_part_of_the_secret_and_no_client_id() {
    let provider = given::provider(json!({
        "token": {"client_auth": "client_secret_basic", "params": {"client_id": "{app.client_id}"}},
        "quirks": ["refresh-md5-secret"],
    }));
    let client = Client { id: "app".to_owned(), secret: Some(given::secret("0123456789abcdefghijKLMN")) };
    let request = refresh::request(&provider, &client, &given::tokens(), &Fields::default());
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://login.example.com/token
    accept: application/json
    authorization: Basic YXBwOjAxMjM0NTY3ODlhYmNkZWZnaGlqS0xNTg== (sensitive)
    content-type: application/x-www-form-urlencoded

    grant_type=refresh_token&refresh_token=old-refresh&md5_secret=0123456789abcdefghij
    ");
}

#[test]
fn without_a_refresh_token_there_is_no_request() {
    let tokens = OAuth2Tokens { refresh_token: None, ..given::tokens() };
    let request =
        refresh::request(&given::provider(json!({})), &given::client(), &tokens, &Fields::default());
    assert_eq!(request.err(), Some(RequestError::Missing { field: "the refresh token" }));
}

#[test]
fn a_new_refresh_token_replaces_the_old_one() {
    let tokens =
        renewed(r#"{"access_token":"a","refresh_token":"r","expires_in":60,"scope":"read"}"#).ok().unwrap();
    assert_eq!(given::shown(&tokens), "access=a refresh=r left=60s scope=read");
}

#[test]
fn what_the_answer_leaves_out_stays() {
    for refresh_token in ["", r#","refresh_token":null"#, r#","refresh_token":"""#, r#","refresh_token":7"#] {
        let tokens = renewed(&format!(r#"{{"access_token":"a"{refresh_token}}}"#)).ok().unwrap();
        assert_eq!(
            given::shown(&tokens),
            "access=a refresh=old-refresh left=- scope=read write",
            "{refresh_token}"
        );
    }
}

#[test]
fn the_raw_answer_is_the_new_one() {
    let body = r#"{ "access_token" : "a", "extra": [1, 2] }"#;
    assert_eq!(renewed(body).ok().unwrap().raw.expose(), body);
}

#[test]
fn the_client_of_the_grant_stays() {
    let previous = OAuth2Tokens { client_override: Some(given::client()), ..given::tokens() };
    let response = given::response("200\n\n{\"access_token\":\"a\"}");
    let tokens =
        refresh::outcome(&given::provider(json!({})), &previous, &Fields::default(), &response, given::now());
    assert_eq!(tokens.ok().unwrap().client_override.map(|client| client.id).as_deref(), Some("app 1"));
}

#[test]
fn junk_never_becomes_a_credential() {
    let page = renewed("<html>Service is being updated</html>");
    assert_eq!(page.err(), Some(TokenError::Unreadable { reason: "it is a page and not JSON" }));
}
