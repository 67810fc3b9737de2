//! Headers and bodies that depend on the call they go with.

use http::{HeaderMap, Method};
use insta::assert_snapshot;
use protocol::api::{Caller, Draft, Payload};
use protocol::{Credential, Fields, verify};
use serde_json::{Value, json};
use url::Url;

use crate::{given, render, signing};

fn user() -> Credential {
    Credential::Basic { username: "AKIDEXAMPLE".to_owned(), password: given::secret("s3cret") }
}

/// The headers that a call gets from these definitions.
fn headers(definitions: &Value, method: &Method, url: &str, payload: Payload<'_>) -> String {
    let provider = given::provider(json!({
        "api": {"auth": "custom", "base_url": "https://api.example.com:8443/rooms/v1", "headers": definitions},
    }));
    let (credential, fields) = (user(), signing::entered(&[]));
    let caller = Caller { provider: &provider, credential: &credential, fields: &fields, client: None };
    let mut url = Url::parse(url).unwrap();
    let mut headers = HeaderMap::new();
    caller.authenticate(Draft { method, url: &mut url, headers: &mut headers, payload }).unwrap();
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn headers_can_name_every_part_of_the_call() {
    let definitions = json!({
        "x-method": "{request.method}",
        "x-host": "{request.host}",
        "x-path": "{request.path}",
        "x-endpoint": "{request.endpoint}",
        "x-body": "{request.body}",
        "x-params": "{request.canonical_params}",
    });
    let url = "https://api.example.com:8443/rooms/v1/items?b=x+y&a=%2F";
    assert_snapshot!(headers(&definitions, &Method::GET, url, Payload::Known(b"")), @r"
    x-endpoint: /items?b=x+y&a=%2F
    x-host: api.example.com:8443
    x-method: GET
    x-params: a=%2F&b=x%20y
    x-path: /rooms/v1/items
    ");
    assert_snapshot!(headers(&definitions, &Method::POST, url, Payload::Known(b"z=1&y=a b")), @r"
    x-body: z=1&y=a b
    x-endpoint: /items?b=x+y&a=%2F
    x-host: api.example.com:8443
    x-method: POST
    x-params: y=a%20b&z=1
    x-path: /rooms/v1/items
    ");
}

#[test]
fn a_streamed_body_leaves_its_headers_out() {
    let definitions = json!({"x-body": "{request.body}", "x-method": "{request.method}"});
    let url = "https://api.example.com:8443/rooms/v1/items";
    assert_eq!(headers(&definitions, &Method::POST, url, Payload::Streamed), "x-method: POST");
}

#[test]
fn an_aws_signature_can_stand_in_a_header() {
    let definitions = json!({
        "authorization": "{aws_sigv4:{credential.username}|{credential.password}|us-east-1|iam|api.example.com:8443}",
        "x-amz-date": "{now:%Y%m%dT%H%M%SZ}",
    });
    let url = "https://api.example.com:8443/rooms/v1/?Version=2010-05-08&Action=ListUsers";
    assert_snapshot!(headers(&definitions, &Method::GET, url, Payload::Known(b"")), @r"
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=c80b8b937a1d83d2da3f406e777e304a8c119fbf159bdc46c55e679fca5404a1
    x-amz-date: 20231114T221320Z
    ");
}

#[test]
fn a_check_can_be_signed_for_a_service_of_its_own() {
    let provider = given::provider(json!({
        "api": {"auth": "custom", "base_url": "https://iam.amazonaws.com", "headers": {
            "authorization": "{aws_sigv4:{credential.username}|{credential.password}|us-east-1|iam}",
            "x-amz-date": "{now:%Y%m%dT%H%M%SZ}",
        }},
        "verify": {
            "url": "https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            "headers": {"authorization": "{aws_sigv4:{credential.username}|{credential.password}|us-east-1|sts}"},
        },
    }));
    let request = verify::request(&provider, &user(), &signing::entered(&[]), None).unwrap();
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    GET https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15
    accept: application/json
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=207f5d5fc42fad9d14e3dd72d0fcbd2ff6977662e8cce9a54e51f8cc0e6f2ec1 (sensitive)
    x-amz-date: 20231114T221320Z (sensitive)
    ");
}

/// The body that goes out in place of the caller's.
fn body(method: &Method, media_type: &'static str, body: &str) -> String {
    let provider = given::provider(json!({
        "api": {"auth": "custom", "body": {"key": "{credential.api_key}", "unset": "{connection.absent}", "deep": {"n": 1}}},
    }));
    let (credential, fields) = (Credential::ApiKey { api_key: given::secret("k\"3y") }, Fields::default());
    let caller = Caller { provider: &provider, credential: &credential, fields: &fields, client: None };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", media_type.parse().unwrap());
    assert!(caller.needs_body(&headers));
    String::from_utf8(caller.body(method, &headers, body.into())).unwrap()
}

#[test]
fn values_of_the_definition_go_over_those_of_the_caller() {
    let json = "application/json";
    for (method, media_type, given, expected) in [
        (Method::POST, json, r#"{"a":1,"key":"forged"}"#, r#"{"a":1,"key":"k\"3y","deep":{"n":1}}"#),
        (Method::PUT, json, "", r#"{"deep":{"n":1},"key":"k\"3y"}"#),
        (Method::POST, json, "[1]", "[1]"),
        (Method::GET, json, "{}", "{}"),
        (
            Method::PATCH,
            "application/x-www-form-urlencoded",
            "a=1&key=forged",
            "a=1&deep=%7B%22n%22%3A1%7D&key=k%223y",
        ),
    ] {
        assert_eq!(body(&method, media_type, given), expected, "{method} {given}");
    }
}
