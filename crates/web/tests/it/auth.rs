//! Who may ask, and what those hear who may not.

use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::api::{Api, each};

async fn with_header(api: &Api, path: &str, header: Option<&str>) -> (u16, String, bool) {
    let mut request = Request::get(path);
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    let answer = api.send(request.body(axum::body::Body::empty()).expect("a request")).await;
    let (status, code) = answer.refusal();
    (status, code.to_owned(), answer.body["error"]["payload"] == json!({}))
}

#[tokio::test]
async fn every_failed_authentication_has_its_code_and_an_empty_payload() {
    each(|api| async move {
        let key = api.world.api_key.clone();
        let mut wrong = key.clone();
        wrong.truncate(key.len() - 1);
        let unknown = model::token::ApiKeyToken::mint([1; 8], [2; 32]).text().expose().clone();
        let no_session = model::token::mint_session_token([3; 32]).into_inner();
        for (path, header, code) in [
            ("/integrations", None, "missing_auth_header"),
            ("/integrations", Some(String::new()), "missing_auth_header"),
            ("/integrations", Some("Bearer abc".to_owned()), "invalid_secret_key_format"),
            ("/integrations", Some(format!("bearer {key}")), "invalid_secret_key_format"),
            ("/integrations", Some(format!("Bearer  {key}")), "invalid_secret_key_format"),
            ("/integrations", Some(format!("Bearer {wrong}")), "invalid_secret_key_format"),
            ("/integrations", Some(format!("Bearer {unknown}")), "unknown_account"),
            ("/connections", Some(format!("Bearer {no_session}")), "invalid_secret_key_format"),
            ("/providers", Some(format!("Bearer {no_session}")), "unknown_connect_session_token"),
            ("/providers", Some("Bearer clv_cs_short".to_owned()), "invalid_connect_session_token_format"),
            ("/connect/session", Some(format!("Bearer {key}")), "invalid_connect_session_token_format"),
            ("/connect/session", Some(format!("Bearer {no_session}")), "unknown_connect_session_token"),
        ] {
            let found = with_header(&api, path, header.as_deref()).await;
            assert_eq!(found, (401, code.to_owned(), true), "{path} {header:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_bare_key_without_scheme_is_taken() {
    each(|api| async move {
        let request = Request::get("/integrations").header("authorization", &api.world.api_key);
        let answer = api.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_missing_scope_is_named_before_the_request_is_looked_at() {
    each(|api| async move {
        let key = api.key_with(&["environment:connections:list"]).await;
        let answer = api.call_as(&key, Method::POST, "/integrations?x=1", Some(json!({ "bad": 1 }))).await;
        assert_eq!(answer.refusal(), (403, "forbidden"));
        assert!(
            answer.body["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("environment:integrations:create"))
        );
        assert!(answer.body["error"].get("payload").is_none());
    })
    .await;
}

#[tokio::test]
async fn listing_needs_either_of_two_scopes() {
    each(|api| async move {
        for scope in
            ["environment:connections:list", "environment:connections:list_credentials", "environment:*"]
        {
            let key = api.key_with(&[scope]).await;
            let answer = api.call_as(&key, Method::GET, "/connections", None).await;
            assert_eq!(answer.status, StatusCode::OK, "{scope}");
        }
    })
    .await;
}

#[tokio::test]
async fn any_key_may_read_providers() {
    each(|api| async move {
        let key = api.key_with(&["environment:connections:list"]).await;
        let answer = api.call_as(&key, Method::GET, "/providers/github", None).await;
        assert_eq!(answer.status, StatusCode::OK);
    })
    .await;
}
