//! Webhook settings and the environment.

use http::Method;
use serde_json::{Value, json};

use crate::api::each;

#[tokio::test]
async fn webhook_settings_begin_empty_and_are_changed_one_by_one() {
    each(|api| async move {
        let first = json!({ "primary_url": null, "secondary_url": null, "on_auth_creation": true, "on_auth_refresh_error": true });
        assert_eq!(api.get("/v1/webhooks").await.ok()["data"], first);
        let change = json!({ "primary_url": "https://app.example/hooks", "on_auth_creation": false });
        let changed = api.patch("/v1/webhooks", change).await.ok();
        assert_eq!(changed["data"]["primary_url"], "https://app.example/hooks");
        api.patch("/v1/webhooks", json!({ "primary_url": null })).await.ok();
        let last = api.get("/v1/webhooks").await.ok();
        assert_eq!((&last["data"]["primary_url"], &last["data"]["on_auth_creation"]), (&Value::Null, &json!(false)));
    })
    .await;
}

#[tokio::test]
async fn webhooks_do_not_go_inside_the_network() {
    each(|api| async move {
        let change = json!({ "primary_url": "https://192.168.0.1/", "secondary_url": "x", "extra": 1 });
        let issues = api.patch("/v1/webhooks", change).await.issues();
        assert_eq!(issues, ["invalid_union at secondary_url", "unrecognized_keys at "]);
        let change = json!({ "primary_url": "https://192.168.0.1/" });
        assert_eq!(api.patch("/v1/webhooks", change).await.issues(), ["custom at primary_url"]);
    })
    .await;
}

#[tokio::test]
async fn a_rotated_signing_key_is_the_one_that_is_read() {
    each(|api| async move {
        let before = api.get("/v1/webhooks/signing-key").await.ok();
        let rotated = api.post("/environment/webhook-signing-key/rotate", json!({})).await.ok();
        let after = api.get("/v1/webhooks/signing-key").await.ok();
        assert!(rotated["data"]["webhook_signing_key"].as_str().is_some_and(|key| key.starts_with("whsec_")));
        assert_ne!(before, after);
        assert_eq!(rotated, after);
    })
    .await;
}

#[tokio::test]
async fn reading_webhook_settings_does_not_open_the_signing_key() {
    each(|api| async move {
        let key = api.key_with(&["environment:webhooks:read"]).await;
        let answer = api.call_as(&key, Method::GET, "/v1/webhooks/signing-key", None).await;
        assert_eq!(answer.refusal(), (403, "forbidden"));
    })
    .await;
}

#[tokio::test]
async fn an_environment_is_given_a_name_for_end_users() {
    each(|api| async move {
        let named = api.patch("/v1/environment", json!({ "app_name": "Acme" })).await.ok();
        assert_eq!((&named["data"]["name"], &named["data"]["app_name"]), (&json!("test"), &json!("Acme")));
        assert_eq!(api.get("/v1/environment").await.ok()["data"]["app_name"], "Acme");
        api.patch("/v1/environment", json!({})).await.ok();
        assert_eq!(api.get("/v1/environment").await.ok()["data"]["app_name"], "Acme");
        api.patch("/v1/environment", json!({ "app_name": null })).await.ok();
        assert_eq!(api.get("/v1/environment").await.ok()["data"]["app_name"], Value::Null);
        assert_eq!(
            api.patch("/v1/environment", json!({ "name": "x" })).await.issues(),
            ["unrecognized_keys at "]
        );
    })
    .await;
}
