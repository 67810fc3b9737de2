use insta::assert_snapshot;
use protocol::{Credential, Fields, Request, RequestError, verify};
use serde_json::{Value, json};

use crate::{given, render};

fn request(changes: Value, credential: &Credential) -> Option<Result<Request, RequestError>> {
    verify::request(&given::provider(changes), credential, &Fields::default())
}

fn key() -> Credential {
    Credential::ApiKey { api_key: given::secret("k3y") }
}

#[test]
fn a_path_is_asked_below_the_root_of_the_api() {
    let request = request(json!({"verify": {"url": "/me?full=1"}}), &key());
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    GET https://api.example.com/v1/me?full=1
    accept: application/json
    authorization: Bearer k3y (sensitive)
    ");
}

#[test]
fn a_check_can_post_a_body_to_another_address() {
    let verify = json!({
        "method": "POST",
        "url": "https://check.example.com/graphql",
        "headers": {"x-version": "1"},
        "body": "{{\"query\":\"{{ me }}\"}}",
    });
    let request = request(
        json!({"verify": verify, "api": {"auth": "custom", "headers": {"x-key": "{credential.api_key}"}}}),
        &key(),
    );
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r#"
    POST https://check.example.com/graphql
    accept: application/json
    content-type: application/json
    x-key: k3y (sensitive)
    x-version: 1

    {"query":"{ me }"}
    "#);
}

#[test]
fn a_provider_without_a_check_is_not_asked() {
    assert!(request(json!({}), &key()).is_none());
}

#[test]
fn any_success_proves_the_credential() {
    for text in ["200", "204", "201\n\n<html>"] {
        assert_eq!(verify::outcome(&given::response(text)), Ok(()), "{text}");
    }
}

#[test]
fn a_refusal_is_told_from_trouble_and_keeps_the_providers_words() {
    let table = [
        ("401\n\n{\"message\":\"Bad\\ncredentials\"}", true, Some("Bad credentials")),
        ("403\n\n{\"errors\":[{\"message\":\"no access\"}]}", true, Some("no access")),
        ("401\n\n<html>", true, None),
        ("429", false, None),
        ("500\n\n{\"error\":{\"message\":\"oops\"}}", false, Some("oops")),
        ("302\nlocation: https://evil.example/", false, None),
    ];
    for (text, is_refusal, said) in table {
        let error = verify::outcome(&given::response(text)).err().unwrap();
        assert_eq!((error.is_refusal(), error.said.as_deref()), (is_refusal, said), "{text}");
    }
}
