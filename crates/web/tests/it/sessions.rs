//! Connect sessions.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{Api, each};

async fn session(api: &Api, body: Value) -> String {
    let made = api.post("/connect/sessions", body).await.ok();
    made["data"]["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_session_is_made_with_a_link_for_half_an_hour() {
    each(|api| async move {
        let answer = api.post("/connect/sessions", json!({ "end_user": { "id": "u" } })).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        let data = &answer.body["data"];
        let token = data["token"].as_str().expect("a token");
        assert!(token.starts_with("clv_cs_"));
        assert_eq!(data["connect_link"], format!("http://127.0.0.1:3003/connect?session_token={token}"));
        assert_eq!(data["expires_at"], "2026-12-01T12:30:00.000Z");
        api.world.advance(Duration::from_mins(31));
        let late = api.call_as(token, Method::GET, "/connect/session", None).await;
        assert_eq!(late.refusal(), (401, "unknown_connect_session_token"));
    })
    .await;
}

#[tokio::test]
async fn a_session_shows_itself_to_its_browser() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let token = session(
            &api,
            json!({
                "end_user": { "id": "u", "email": "ada@example.com", "tags": { "projectId": "7" } },
                "organization": { "id": "org" },
                "allowed_integrations": ["ak"],
                "integrations_config_defaults": { "ak": { "user_scopes": "a", "connection_config": { "x": "y" } } },
                "overrides": { "ak": { "docs_connect": "https://docs.example", "other": 1 } },
            }),
        )
        .await;
        let shown = api.call_as(&token, Method::GET, "/connect/session", None).await.ok();
        assert_eq!(
            shown["data"],
            json!({
                "endUser": { "id": "u", "email": "ada@example.com", "display_name": null, "tags": { "projectId": "7" },
                    "organization": { "id": "org", "display_name": null } },
                "connectUISettings": { "showWatermark": false, "defaultTheme": "system",
                    "theme": { "light": { "primary": "#00B2E3" }, "dark": { "primary": "#00B2E3" } } },
                "allowed_integrations": ["ak"],
                "integrations_config_defaults": { "ak": { "connection_config": { "x": "y" } } },
                "overrides": { "ak": { "docs_connect": "https://docs.example" } },
            })
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_lists_only_what_it_may_use() {
    each(|api| async move {
        api.api_key_integration("a").await;
        api.api_key_integration("b").await;
        let token = session(&api, json!({ "end_user": { "id": "u" }, "allowed_integrations": ["b"] })).await;
        let listed = api.call_as(&token, Method::GET, "/integrations", None).await.ok();
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(listed["data"][0]["unique_key"], "b");
    })
    .await;
}

#[tokio::test]
async fn a_session_needs_a_person_or_tags() {
    each(|api| async move {
        assert_eq!(api.post("/connect/sessions", json!({})).await.issues(), ["invalid_type at end_user"]);
        let tagged = api.post("/connect/sessions", json!({ "tags": { "a": "b" } })).await;
        assert_eq!(tagged.status, StatusCode::CREATED);
    })
    .await;
}

#[tokio::test]
async fn every_unknown_integration_of_a_session_is_reported() {
    each(|api| async move {
        let body = json!({ "end_user": { "id": "u" }, "allowed_integrations": ["x", "y"],
            "integrations_config_defaults": { "z": {} }, "overrides": { "w": {} } });
        let answer = api.post("/connect/sessions", body).await;
        assert_eq!(
            answer.issues(),
            [
                "custom at allowed_integrations.0",
                "custom at allowed_integrations.1",
                "custom at integrations_config_defaults.z",
                "custom at overrides.w",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn parameters_that_protect_the_flow_cannot_be_set() {
    each(|api| async move {
        api.world.integration("op").await;
        let defaults = json!({ "op": { "authorization_params": { "state": "x", "prompt": "consent" } } });
        let body = json!({ "end_user": { "id": "u" }, "integrations_config_defaults": defaults });
        let answer = api.post("/connect/sessions", body).await;
        assert_eq!(answer.issues(), ["custom at integrations_config_defaults.op.authorization_params.state"]);
    })
    .await;
}

#[tokio::test]
async fn a_webhook_url_inside_the_network_is_refused() {
    each(|api| async move {
        for (url, code) in [("http://10.0.0.1/", "custom"), ("nonsense", "invalid_union")] {
            let body = json!({ "end_user": { "id": "u" }, "webhook_url_override": url });
            let answer = api.post("/connect/sessions", body).await;
            assert_eq!(answer.issues(), [format!("{code} at webhook_url_override")], "{url}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_session_is_unknown() {
    each(|api| async move {
        let token = session(&api, json!({ "end_user": { "id": "u" } })).await;
        assert_eq!(
            api.call_as(&token, Method::DELETE, "/connect/session", None).await.status,
            StatusCode::NO_CONTENT
        );
        let again = api.call_as(&token, Method::GET, "/connect/session", None).await;
        assert_eq!(again.refusal(), (401, "unknown_connect_session_token"));
    })
    .await;
}

#[tokio::test]
async fn a_session_takes_no_body() {
    each(|api| async move {
        let token = session(&api, json!({ "end_user": { "id": "u" } })).await;
        let empty = api.call_as(&token, Method::GET, "/connect/session", Some(json!({}))).await;
        assert_eq!(empty.status, StatusCode::OK);
        for body in [json!([]), json!({ "a": 1 })] {
            let answer = api.call_as(&token, Method::GET, "/connect/session", Some(body)).await;
            assert_eq!(answer.refusal(), (400, "invalid_body"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_reconnect_session_needs_an_existing_connection() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let body = json!({ "connection_id": "c", "integration_id": "ak" });
        let missing = api.post("/connect/sessions/reconnect", body.clone()).await;
        assert_eq!(missing.refusal(), (400, "invalid_body"));
        assert!(missing.body["error"].get("errors").is_none());
        api.api_key_connection("ak", "c").await;
        let made = api.post("/connect/sessions/reconnect", body).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let token = made.body["data"]["token"].as_str().expect("a token");
        let shown = api.call_as(token, Method::GET, "/connect/session", None).await.ok();
        assert_eq!(shown["data"]["isReconnecting"], true);
        assert_eq!(shown["data"]["allowed_integrations"], json!(["ak"]));
    })
    .await;
}

#[tokio::test]
async fn a_reconnect_session_takes_no_list_of_integrations() {
    each(|api| async move {
        let body = json!({ "connection_id": "c", "integration_id": "ak", "allowed_integrations": ["ak"] });
        let answer = api.post("/connect/sessions/reconnect", body).await;
        assert_eq!(answer.issues(), ["unrecognized_keys at "]);
    })
    .await;
}
