use insta::assert_snapshot;
use protocol::verify::VerifyError;
use protocol::{Credential, Fields, Request, RequestError, verify};
use serde_json::{Value, json};

use crate::{given, render};

fn request(changes: Value, credential: &Credential) -> Option<Result<Request, RequestError>> {
    verify::request(&given::provider(changes), credential, &Fields::default(), None)
}

fn outcome(verify: &Value, text: &str) -> Result<(), VerifyError> {
    let mut verify = verify.clone();
    verify.as_object_mut().unwrap().entry("url").or_insert_with(|| json!("/me"));
    let provider = given::provider(json!({ "verify": verify }));
    verify::outcome(&provider, &key(), &Fields::default(), &given::response(text))
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
        "body": {"json": {"query": "{{ me }}"}},
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
fn a_key_that_travels_in_the_body_of_every_call_is_in_that_of_the_check() {
    let api = json!({"auth": "custom", "body": {"key": "{credential.api_key}"}});
    for (body, sent) in
        [(Value::Null, r#"{"key":"k3y"}"#), (json!({"json": {"a": 1}}), r#"{"a":1,"key":"k3y"}"#)]
    {
        let verify = json!({"method": "POST", "url": "/ping", "body": body});
        let request = request(json!({"verify": verify, "api": api}), &key()).unwrap().ok().unwrap();
        assert_eq!(request.body.expose(), sent.as_bytes());
        assert_eq!(request.headers["content-type"], "application/json");
    }
}

#[test]
fn a_provider_without_a_check_is_not_asked() {
    assert!(request(json!({}), &key()).is_none());
}

#[test]
fn any_success_proves_the_credential() {
    for text in ["200", "204", "201\n\n<html>"] {
        assert_eq!(outcome(&json!({}), text), Ok(()), "{text}");
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
        let error = outcome(&json!({}), text).err().unwrap();
        assert_eq!((error.is_refusal(), error.said.as_deref()), (is_refusal, said), "{text}");
    }
}

#[test]
fn conditions_on_the_answer_decide_beside_the_status() {
    let table = [
        (json!({"expect": {"status": 400}}), "400", true),
        (json!({"expect": {"status": 400}}), "401", false),
        (json!({"expect": {"status": 200}}), "203", false),
        (json!({"expect": {"path": "in", "equals": true}}), "200\n\n{\"in\":true}", true),
        (json!({"expect": {"path": "in", "equals": true}}), "200\n\n{\"in\":false}", false),
        (json!({"expect": {"path": "in", "equals": true}}), "200\n\n<html>", false),
        (json!({"expect": {"path": "k", "equals": "{credential.api_key}"}}), "200\n\n{\"k\":\"k3y\"}", true),
        (json!({"expect": {"path": "data.o", "is": "array"}}), "200\n\n{\"data\":{\"o\":[]}}", true),
        (json!({"expect": {"path": "data.o", "is": "array"}}), "200\n\n{\"data\":{\"o\":{}}}", false),
        (json!({"reject": {"contains": "Authorization Error"}}), "200\n\n<e>Authorization Error</e>", false),
        (json!({"reject": {"contains": "Authorization Error"}}), "200\n\n<e>fine</e>", true),
        (json!({"reject": {"path": "m", "contains": "bad"}}), "200\n\n{\"m\":\"so bad\"}", false),
        (json!({"reject": {"path": "m", "contains": "bad"}}), "200\n\n{\"n\":\"so bad\"}", true),
    ];
    for (verify, text, passes) in table {
        let outcome = outcome(&verify, text);
        assert_eq!(outcome.is_ok(), passes, "{verify} {text}");
    }
}

#[test]
fn a_success_that_tells_of_a_refusal_is_a_refusal() {
    let error = outcome(&json!({"reject": {"contains": "no such key"}}), "200\n\nno such key").err().unwrap();
    assert!(error.is_refusal());
}

#[test]
fn further_addresses_take_the_same_call() {
    let verify =
        json!({"url": "/v1/me", "or_urls": ["/v2/me", "https://eu.example.com/me"], "headers": {"x": "1"}});
    let provider = given::provider(json!({"verify": verify}));
    let others = verify::other_requests(&provider, &key(), &Fields::default(), None);
    let texts: Vec<String> = others.into_iter().map(|request| render::text(&request.ok().unwrap())).collect();
    assert_snapshot!(texts.join("\n"), @r"
    GET https://api.example.com/v1/v2/me
    accept: application/json
    authorization: Bearer k3y (sensitive)
    x: 1

    GET https://eu.example.com/me
    accept: application/json
    authorization: Bearer k3y (sensitive)
    x: 1
    ");
}

#[test]
fn a_check_can_speak_xml() {
    let verify = json!({"url": "/soap", "body": {"xml": "<key>{credential.api_key}</key>"}});
    let credential = Credential::ApiKey { api_key: given::secret("a<b") };
    let request = request(json!({"verify": verify, "api": {"auth": "none"}}), &credential);
    assert_snapshot!(render::text(&request.unwrap().ok().unwrap()), @r"
    POST https://api.example.com/v1/soap
    accept: application/json
    content-type: text/xml

    <key>a&lt;b</key>
    ");
}

#[test]
fn another_success_than_the_one_that_is_meant_is_a_refusal() {
    let page = "203\n\n<html>Sign in</html>";
    let outcome = outcome(&json!({"expect": {"status": 200}}), page);
    let error = outcome.expect_err("the sign-in page is no list of projects");
    assert!(error.is_refusal());
}
