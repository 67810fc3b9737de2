//! Bringing connections in.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::each;

fn oauth2(connection: &str) -> Value {
    json!({
        "provider_config_key": "op",
        "connection_id": connection,
        "credentials": { "type": "OAUTH2", "access_token": "at", "refresh_token": "rt",
            "expires_at": "2026-12-01T14:00:00.000Z" },
        "metadata": { "team": "blue" },
        "end_user": { "id": "u", "display_name": "Ada" },
        "tags": { "projectId": "7" },
    })
}

#[tokio::test]
async fn an_import_answers_201_with_everything_it_was_given() {
    each(|api| async move {
        api.world.integration("op").await;
        let answer = api.post("/connections", oauth2("c-1")).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.body, { ".id" => "[number]" }, @r#"
            {
              "id": "[number]",
              "connection_id": "c-1",
              "provider_config_key": "op",
              "provider": "oauth2-generic",
              "errors": [],
              "end_user": {
                "id": "u",
                "email": null,
                "display_name": "Ada",
                "tags": null,
                "organization": null
              },
              "tags": {
                "end_user_display_name": "Ada",
                "end_user_id": "u",
                "projectid": "7"
              },
              "metadata": {
                "team": "blue"
              },
              "connection_config": {},
              "webhook_url_override": null,
              "created_at": "2026-12-01T12:00:00.000Z",
              "updated_at": "2026-12-01T12:00:00.000Z",
              "last_fetched_at": null,
              "credentials": {
                "type": "OAUTH2",
                "access_token": "at",
                "refresh_token": "rt",
                "expires_at": "2026-12-01T14:00:00.000Z",
                "raw": {
                  "type": "OAUTH2",
                  "access_token": "at",
                  "refresh_token": "rt",
                  "expires_at": "2026-12-01T14:00:00.000Z"
                }
              },
              "account": null,
              "lookup_error": null
            }
            "#);
        }
    })
    .await;
}

#[tokio::test]
async fn an_import_over_an_existing_connection_keeps_what_it_does_not_name() {
    each(|api| async move {
        api.world.integration("op").await;
        let first = api.post("/connections", oauth2("c-1")).await.ok();
        let body = json!({ "provider_config_key": "op", "connection_id": "c-1",
            "credentials": { "type": "OAUTH2", "access_token": "new" } });
        let second = api.post("/connections", body).await;
        assert_eq!(second.status, StatusCode::CREATED);
        assert_eq!(second.body["id"], first["id"]);
        assert_eq!(second.body["metadata"], json!({ "team": "blue" }));
        assert_eq!(second.body["credentials"]["access_token"], "new");
        let read = api.get("/connections/c-1?provider_config_key=op").await.ok();
        assert_eq!(read["credentials"]["access_token"], "new");
    })
    .await;
}

#[tokio::test]
async fn a_connection_gets_a_uuid_when_it_has_no_name() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let body =
            json!({ "provider_config_key": "ak", "credentials": { "type": "API_KEY", "apiKey": "k" } });
        let made = api.post("/connections", body).await.ok();
        let id = made["connection_id"].as_str().expect("a name").to_owned();
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_credential_has_its_own_shape() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let basic = json!({ "provider": "basic-generic", "unique_key": "ba",
            "integration_config": { "api_base_url": api.world.sandbox.url() } });
        api.post("/integrations", basic).await.ok();
        for (integration, credentials, shown) in [
            ("ak", json!({ "type": "API_KEY", "apiKey": "k" }), json!({ "type": "API_KEY", "apiKey": "k" })),
            (
                "ba",
                json!({ "type": "BASIC", "username": "u", "password": "" }),
                json!({ "type": "BASIC", "username": "u", "password": "" }),
            ),
        ] {
            let body = json!({ "provider_config_key": integration, "connection_id": "c", "credentials": credentials });
            assert_eq!(api.post("/connections", body).await.ok()["credentials"], shown);
            let read = api.get(&format!("/connections/c?provider_config_key={integration}")).await.ok();
            assert_eq!(read["credentials"], shown);
        }
    })
    .await;
}

#[tokio::test]
async fn an_import_for_an_unknown_integration_is_a_404() {
    each(|api| async move {
        let body =
            json!({ "provider_config_key": "a/b", "credentials": { "type": "API_KEY", "apiKey": "k" } });
        assert_eq!(api.post("/connections", body).await.refusal(), (404, "not_found"));
    })
    .await;
}

#[tokio::test]
async fn a_credential_of_another_kind_is_refused() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let body = json!({ "provider_config_key": "ak", "credentials": { "type": "NONE" } });
        let answer = api.post("/connections", body).await;
        assert_eq!(answer.refusal(), (400, "invalid_body"));
    })
    .await;
}

#[tokio::test]
async fn a_credential_that_would_break_out_of_a_header_is_refused() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        let credentials = json!({ "type": "API_KEY", "apiKey": "x\r\nX-Evil: 1" });
        let body = json!({ "provider_config_key": "ak", "credentials": credentials });
        let answer = api.post("/connections", body).await;
        assert_eq!(answer.issues(), ["invalid_format at credentials.apiKey"]);
        assert!(!answer.body.to_string().contains("Evil"));
    })
    .await;
}

#[tokio::test]
async fn problems_of_an_import_are_reported_together() {
    each(|api| async move {
        let body = json!({ "credentials": { "type": "OAUTH2", "access_token": "", "expires_at": "soon", "apiKey": 1 },
            "connection_id": "a%b", "metadata": [], "tags": { "1": "x" }, "end_user": {}, "organization": {} });
        let answer = api.post("/connections", body).await;
        let mut issues = answer.issues();
        issues.sort_unstable();
        assert_eq!(
            issues,
            [
                "invalid_format at connection_id",
                "invalid_key at tags.1",
                "invalid_type at credentials.expires_at",
                "invalid_type at end_user.id",
                "invalid_type at metadata",
                "invalid_type at provider_config_key",
                "too_small at credentials.access_token",
                "unrecognized_keys at ",
                "unrecognized_keys at credentials",
            ]
        );
    })
    .await;
}
