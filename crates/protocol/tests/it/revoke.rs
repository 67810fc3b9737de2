use http::StatusCode;
use insta::assert_snapshot;
use protocol::revoke::{self, Revocation};
use protocol::{Fields, OAuth2Tokens};
use serde_json::{Value, json};

use crate::{given, render};

fn request_for(tokens: &OAuth2Tokens, revocation: &Value) -> String {
    let provider = given::provider(json!({"revocation": revocation}));
    let request = revoke::request(&provider, &given::client(), tokens, &Fields::default());
    render::text(&request.unwrap().ok().unwrap())
}

#[test]
fn the_refresh_token_ends_the_whole_grant() {
    let revocation = json!({"url": "https://login.example.com/revoke"});
    assert_snapshot!(request_for(&given::tokens(), &revocation), @r"
    POST https://login.example.com/revoke
    accept: application/json
    content-type: application/x-www-form-urlencoded

    token=old-refresh&token_type_hint=refresh_token&client_id=app+1&client_secret=s3cret%2F%2B
    ");
}

#[test]
fn the_access_token_is_presented_when_there_is_no_other() {
    let tokens = OAuth2Tokens { refresh_token: None, ..given::tokens() };
    let text = request_for(&tokens, &json!({"url": "https://login.example.com/revoke"}));
    assert!(text.contains("\n\ntoken=old-access&token_type_hint=access_token&"), "{text}");
    let text =
        request_for(&given::tokens(), &json!({"url": "https://login.example.com/revoke", "token": "access"}));
    assert!(text.contains("\n\ntoken=old-access&token_type_hint=access_token&"), "{text}");
}

#[test]
fn a_bearer_call_carries_no_client() {
    let revocation = json!({"url": "https://api.example.com/revoke", "auth": "bearer", "body": {"form": {}}});
    assert_snapshot!(request_for(&given::tokens(), &revocation), @r"
    POST https://api.example.com/revoke
    accept: application/json
    authorization: Bearer old-access (sensitive)
    ");
}

#[test]
fn a_deletion_with_an_empty_form_has_no_body() {
    let revocation = json!({
        "url": "https://api.example.com/me/permissions", "method": "DELETE", "auth": "bearer", "body": {"form": {}},
    });
    assert_snapshot!(request_for(&given::tokens(), &revocation), @r"
    DELETE https://api.example.com/me/permissions
    accept: application/json
    authorization: Bearer old-access (sensitive)
    ");
}

#[test]
fn a_deletion_carries_the_client_in_the_header_and_the_token_as_json() {
    let revocation = json!({
        "url": "https://api.example.com/applications/{app.client_id}/grant",
        "method": "DELETE",
        "body": {"json": {"access_token": "{token.access}"}},
    });
    assert_snapshot!(request_for(&given::tokens(), &revocation), @r#"
    DELETE https://api.example.com/applications/app%201/grant
    accept: application/json
    authorization: Basic YXBwKzE6czNjcmV0JTJGJTJC (sensitive)
    content-type: application/json

    {"access_token":"old-access"}
    "#);
}

#[test]
fn a_provider_without_revocation_is_not_asked() {
    let provider = given::provider(json!({}));
    assert!(revoke::request(&provider, &given::client(), &given::tokens(), &Fields::default()).is_none());
}

#[test]
fn answers_say_whether_the_grant_has_ended() {
    let refused = |status, said: Option<&str>| Revocation::Refused {
        status: StatusCode::from_u16(status).unwrap(),
        said: said.map(str::to_owned),
    };
    let table = [
        ("200", Revocation::Revoked),
        ("204", Revocation::Revoked),
        ("400\n\n{\"error\":\"invalid_token\"}", Revocation::Revoked),
        ("400\n\n{\"error\":\"unsupported_token_type\"}", refused(400, Some("unsupported_token_type"))),
        ("401\n\nnot JSON", refused(401, None)),
        ("302\nlocation: https://evil.example/", refused(302, None)),
        ("404", refused(404, None)),
        ("429", Revocation::Unavailable),
        ("503\nretry-after: 5", Revocation::Unavailable),
    ];
    for (text, expected) in table {
        assert_eq!(revoke::outcome(&given::response(text)), expected, "{text}");
    }
}
