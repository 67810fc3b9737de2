use insta::assert_snapshot;
use protocol::identity::{self, Account};
use protocol::{Credential, Fields};
use serde_json::json;

use crate::{given, render};

fn account(name: Option<&str>, id: Option<&str>) -> Account {
    Account { name: name.map(str::to_owned), id: id.map(str::to_owned) }
}

#[test]
fn the_account_is_asked_for_with_the_credential() {
    let provider = given::provider(json!({"identity": {"url": "/me", "name_path": "login"}}));
    let request =
        identity::request(&provider, &Credential::OAuth2(given::tokens()), &Fields::default(), None);
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    GET https://api.example.com/v1/me
    accept: application/json
    authorization: Bearer old-access (sensitive)
    ");
}

#[test]
fn a_form_body_says_so() {
    let body = json!({"form": {"token": "{token.access}"}});
    let identity = json!({"method": "POST", "url": "https://api.example.com/introspect", "body": body});
    let provider = given::provider(json!({"identity": identity}));
    let request =
        identity::request(&provider, &Credential::OAuth2(given::tokens()), &Fields::default(), None);
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    POST https://api.example.com/introspect
    accept: application/json
    authorization: Bearer old-access (sensitive)
    content-type: application/x-www-form-urlencoded

    token=old-access
    ");
}

#[test]
fn name_and_id_are_read_where_the_definition_says() {
    let provider =
        given::provider(json!({"identity": {"url": "/me", "name_path": "0.tenant.name", "id_path": "0.id"}}));
    let table = [
        (r#"[{"id":7,"tenant":{"name":"Acme\u202e\n"}}]"#, Some(account(Some("Acme"), Some("7")))),
        (r#"[{"id":"x"}]"#, Some(account(None, Some("x")))),
        (r#"[{"tenant":{"name":""}}]"#, None),
        ("[]", None),
        ("<html>", None),
    ];
    for (body, expected) in table {
        let response = given::response(&format!("200\n\n{body}"));
        assert_eq!(identity::outcome(&provider, &response), expected, "{body}");
    }
}

#[test]
fn an_error_names_no_account() {
    let provider = given::provider(json!({"identity": {"url": "/me", "name_path": "message"}}));
    let response = given::response("401\n\n{\"message\":\"Unauthorized\"}");
    assert_eq!(identity::outcome(&provider, &response), None);
}
