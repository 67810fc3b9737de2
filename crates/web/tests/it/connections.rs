//! Reading, finding, changing and deleting connections.

use std::time::Duration;

use http::{Method, StatusCode};
use sandbox::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::api::{Api, each};

/// A connection with tokens of the simulated provider, through the connect flow.
async fn connected(api: &Api) -> String {
    let integration = api.world.integration("op").await;
    let connected = Box::pin(api.world.connect(&integration)).await;
    connected.connection.as_str().to_owned()
}

fn path(connection: &str, options: &str) -> String {
    format!("/connections/{connection}?provider_config_key=op{options}")
}

#[tokio::test]
async fn a_connection_is_read_with_its_credential() {
    each(|api| async move {
        let connection = connected(&api).await;
        let read = api
            .get(&path(
                &connection,
                "&force_refresh=false&refresh_token=false&refresh_github_app_jwt_token=false",
            ))
            .await
            .ok();
        let keys: Vec<_> = read.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "id",
                "connection_id",
                "provider_config_key",
                "provider",
                "errors",
                "end_user",
                "tags",
                "metadata",
                "connection_config",
                "webhook_url_override",
                "created_at",
                "updated_at",
                "last_fetched_at",
                "credentials",
                "account",
                "lookup_error",
            ]
        );
        assert_eq!(read["credentials"]["type"], "OAUTH2");
        assert_eq!(read["created_at"], "2026-12-01T12:00:00.000+00:00");
        assert_eq!(read["end_user"]["id"], "u_1");
        assert!(read["credentials"]["access_token"].is_string() && read["credentials"]["raw"].is_object());
    })
    .await;
}

#[tokio::test]
async fn refresh_tokens_are_shown_only_when_asked_for() {
    each(|api| async move {
        let connection = connected(&api).await;
        let plain = api.get(&path(&connection, "")).await.ok();
        assert!(!plain.to_string().contains("\"refresh_token\""));
        let full = api.get(&path(&connection, "&refresh_token=true")).await.ok();
        assert!(full["credentials"]["refresh_token"].is_string());
        assert!(full["credentials"]["raw"]["refresh_token"].is_string());
    })
    .await;
}

#[tokio::test]
async fn an_expiring_token_is_refreshed_on_reading() {
    each(|api| async move {
        let connection = connected(&api).await;
        let before = api.get(&path(&connection, "")).await.ok();
        api.world.advance(Duration::from_hours(2));
        let after = api.get(&path(&connection, "")).await.ok();
        assert_ne!(before["credentials"]["access_token"], after["credentials"]["access_token"]);
    })
    .await;
}

#[tokio::test]
async fn a_failed_refresh_names_the_connection_it_failed_for() {
    each(|api| async move {
        let connection = connected(&api).await;
        api.world.advance(Duration::from_hours(2));
        api.world.sandbox.fail(Endpoint::Token, Fault::status(503), None);
        let tried = api.get(&path(&connection, "")).await;
        assert_eq!(tried.refusal(), (400, "invalid_credentials"));
        let payload = &tried.body["error"]["payload"]["connection"];
        assert_eq!(payload["connection_id"], connection.as_str());
        assert_eq!(payload["credentials"], json!({}));
        assert_eq!(payload["errors"][0]["type"], "auth");
        assert_eq!(payload["end_user"]["id"], "u_1");
        let too_early = api.get(&path(&connection, "")).await;
        assert_eq!(too_early.refusal(), (424, "invalid_credentials"));
    })
    .await;
}

#[tokio::test]
async fn a_key_without_the_right_to_credentials_sees_none() {
    each(|api| async move {
        let connection = connected(&api).await;
        let key = api.key_with(&["environment:connections:read"]).await;
        let read =
            api.call_as(&key, Method::GET, &path(&connection, "&refresh_token=false"), None).await.ok();
        assert_eq!(read["credentials"], json!({}));
        for option in ["&refresh_token=true", "&force_refresh=1"] {
            let answer = api.call_as(&key, Method::GET, &path(&connection, option), None).await;
            assert_eq!(answer.refusal(), (403, "forbidden"), "{option}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_query_of_a_read_is_checked() {
    each(|api| async move {
        for (query, issue) in [
            ("", "invalid_type at provider_config_key"),
            ("provider_config_key=a&provider_config_key=b", "invalid_type at provider_config_key"),
            ("provider_config_key=a&force_refresh=maybe", "invalid_value at force_refresh"),
            ("provider_config_key=a&x=1", "unrecognized_keys at "),
        ] {
            let answer = api.get(&format!("/connections/c?{query}")).await;
            assert_eq!(
                (answer.refusal(), answer.issues()),
                ((400, "invalid_query_params"), vec![issue.to_owned()]),
                "{query}"
            );
        }
        let answer = api.get("/connections/a%25b?provider_config_key=a").await;
        assert_eq!(answer.refusal(), (400, "invalid_uri_params"));
    })
    .await;
}

#[tokio::test]
async fn what_is_unknown_differs_from_endpoint_to_endpoint_as_clients_expect() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        assert_eq!(
            api.get("/connections/c?provider_config_key=no").await.refusal(),
            (400, "unknown_provider_config")
        );
        assert_eq!(api.get("/connections/c?provider_config_key=ak").await.refusal(), (404, "not_found"));
        let patch = |query: &'static str| api.patch(query, json!({}));
        assert_eq!(
            patch("/connections/c?provider_config_key=no").await.refusal(),
            (400, "unknown_provider_config")
        );
        assert_eq!(patch("/connections/c?provider_config_key=ak").await.refusal(), (404, "not_found"));
        assert_eq!(
            api.delete("/connections/c?provider_config_key=no").await.refusal(),
            (400, "unknown_connection")
        );
        assert_eq!(
            api.delete("/connections/c?provider_config_key=ak").await.refusal(),
            (400, "unknown_connection")
        );
    })
    .await;
}

#[tokio::test]
async fn a_name_with_a_slash_is_percent_encoded() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "a/b c").await;
        let read = api.get("/connections/a%2Fb%20c?provider_config_key=ak").await.ok();
        assert_eq!(read["connection_id"], "a/b c");
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_deleted_once() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "c").await;
        assert_eq!(
            api.delete("/connection/c?provider_config_key=ak").await.ok(),
            json!({ "success": true, "revocation": { "outcome": "unsupported" } })
        );
        assert_eq!(
            api.delete("/connections/c?provider_config_key=ak").await.refusal(),
            (400, "unknown_connection")
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_of_tags_replaces_all_of_them() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "c").await;
        let here = "/connections/c?provider_config_key=ak";
        api.patch(here, json!({ "tags": { "A": "1", "b": "2" } })).await.ok();
        assert_eq!(
            api.patch(here, json!({ "end_user": { "id": "u" } })).await.ok(),
            json!({ "success": true })
        );
        let read = api.get(here).await.ok();
        assert_eq!(read["tags"], json!({ "end_user_id": "u" }));
        let expected =
            json!({ "id": "u", "email": null, "display_name": null, "tags": null, "organization": null });
        assert_eq!(read["end_user"], expected);
        assert_eq!(api.patch(here, json!({})).await.status, StatusCode::OK);
        assert_eq!(api.call(Method::PATCH, here, None).await.issues(), ["invalid_type at "]);
    })
    .await;
}

#[tokio::test]
async fn a_webhook_url_of_a_connection_is_set_kept_and_cleared() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "c").await;
        let here = "/connections/c?provider_config_key=ak";
        for (change, stored) in [
            (json!({ "webhook_url_override": "https://a.example/" }), json!("https://a.example/")),
            (json!({}), json!("https://a.example/")),
            (json!({ "webhook_url_override": "" }), Value::Null),
        ] {
            api.patch(here, change).await.ok();
            assert_eq!(api.get(here).await.ok()["webhook_url_override"], stored);
        }
    })
    .await;
}

async fn found(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("/connections?{query}")).await.ok();
    let all = list["connections"].as_array().expect("an array");
    all.iter().map(|connection| connection["connection_id"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn connections_are_found_by_filters() {
    each(|api| async move {
        for (integration, connection, user) in [("a", "c-1", "ada"), ("a", "c-2", "bob"), ("b", "c-1", "ada")]
        {
            if api.get(&format!("/integrations/{integration}")).await.status == StatusCode::NOT_FOUND {
                api.api_key_integration(integration).await;
            }
            let body = json!({ "provider_config_key": integration, "connection_id": connection,
                "credentials": { "type": "API_KEY", "apiKey": "k" }, "tags": { "Team": "X,y" },
                "end_user": { "id": user, "email": format!("{user}@example.com") } });
            api.post("/connections", body).await.ok();
            api.world.advance(Duration::from_secs(1));
        }
        for (query, names) in [
            ("", vec!["c-1", "c-2", "c-1"]),
            ("connectionId=c-2", vec!["c-2"]),
            ("endUserId=ada", vec!["c-1", "c-1"]),
            ("search=BOB@", vec!["c-2"]),
            ("search=%25", vec![]),
            ("integrationId=b", vec!["c-1"]),
            ("integrationId=b,%20a", vec!["c-1", "c-2", "c-1"]),
            ("integrationId=,", vec![]),
            ("tags%5BTEAM%5D=X%2Cy&endUserId=bob", vec!["c-2"]),
            ("tags[team]=x", vec![]),
            ("limit=2", vec!["c-1", "c-2"]),
            ("limit=2&page=1", vec!["c-1"]),
            ("limit=1e0&page=", vec!["c-1"]),
        ] {
            assert_eq!(found(&api, query).await, names, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_query_of_a_list_is_checked() {
    each(|api| async move {
        for (query, issue) in [
            ("limit=abc", "invalid_type at limit"),
            ("limit=0", "too_small at limit"),
            ("limit=", "too_small at limit"),
            ("limit=2001", "too_big at limit"),
            ("page=-1", "too_small at page"),
            ("connectionId=", "too_small at connectionId"),
            ("integrationId=a&integrationId=b", "invalid_type at integrationId"),
            ("tags[1]=x", "invalid_key at tags.1"),
            ("userId=1", "unrecognized_keys at "),
        ] {
            let answer = api.get(&format!("/connections?{query}")).await;
            assert_eq!(
                (answer.refusal(), answer.issues()),
                ((400, "invalid_query_params"), vec![issue.to_owned()]),
                "{query}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_holds_no_credentials() {
    each(|api| async move {
        api.api_key_integration("ak").await;
        api.api_key_connection("ak", "c").await;
        let list = api.get("/connection").await.ok();
        let keys: Vec<_> =
            list["connections"][0].as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "id",
                "connection_id",
                "provider_config_key",
                "provider",
                "errors",
                "end_user",
                "tags",
                "metadata",
                "created",
                "account"
            ]
        );
        assert!(!list.to_string().contains("swordfish"));
    })
    .await;
}
