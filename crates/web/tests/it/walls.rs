//! Nothing crosses the wall between environments: what belongs to another one looks like nothing at all.

use http::Method;
use serde_json::{Value, json};

use crate::api::each;

/// Requests that name an integration and a connection.
fn requests(integration: &str, connection: &str) -> Vec<(Method, String, Option<Value>)> {
    let one = format!("/connections/{connection}?provider_config_key={integration}");
    let metadata = json!({ "connection_id": connection, "provider_config_key": integration, "metadata": {} });
    let reconnect = json!({ "connection_id": connection, "integration_id": integration });
    let import =
        json!({ "provider_config_key": integration, "credentials": { "type": "API_KEY", "apiKey": "k" } });
    let session = json!({ "end_user": { "id": "u" }, "allowed_integrations": [integration] });
    vec![
        (Method::GET, format!("/integrations/{integration}"), None),
        (Method::PATCH, format!("/integrations/{integration}"), Some(json!({}))),
        (Method::DELETE, format!("/integrations/{integration}"), None),
        (Method::GET, one.clone(), None),
        (Method::PATCH, one.clone(), Some(json!({}))),
        (Method::DELETE, one, None),
        (Method::POST, "/connections".to_owned(), Some(import)),
        (Method::POST, "/connections/metadata".to_owned(), Some(metadata.clone())),
        (Method::PATCH, "/connections/metadata".to_owned(), Some(metadata)),
        (Method::POST, "/connect/sessions/reconnect".to_owned(), Some(reconnect)),
        (Method::POST, "/connect/sessions".to_owned(), Some(session)),
    ]
}

#[tokio::test]
async fn what_belongs_to_another_environment_looks_like_what_never_was() {
    each(|api| async move {
        // Names of equal length, so that even an answer that repeats the name has to be the same otherwise.
        api.api_key_integration("real").await;
        api.api_key_connection("real", "c").await;
        let foreign = api.foreign_key().await;
        for (real, never) in requests("real", "c").into_iter().zip(requests("none", "c")) {
            let (method, path, body) = real;
            let theirs = api.call_as(&foreign, method.clone(), &path, body).await;
            let nobodys = api.call_as(&foreign, method.clone(), &never.1, never.2).await;
            assert!(theirs.status.is_client_error(), "{method} {path} {}", theirs.status);
            assert_eq!(theirs.status, nobodys.status, "{method} {path}");
            let same_name = nobodys.body.to_string().replace("none", "real");
            assert_eq!(theirs.body.to_string(), same_name, "{method} {path}");
        }
        assert_eq!(api.get("/connections").await.ok()["connections"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test]
async fn lists_show_only_the_own_environment() {
    each(|api| async move {
        api.api_key_integration("real").await;
        api.api_key_connection("real", "c").await;
        let foreign = api.foreign_key().await;
        for (path, list) in [("/integrations", "data"), ("/connections", "connections")] {
            let answer = api.call_as(&foreign, Method::GET, path, None).await.ok();
            assert_eq!(answer[list], json!([]), "{path}");
        }
    })
    .await;
}
