//! The app's own data on connections.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::api::{Api, each};

async fn two_connections(api: &Api) {
    api.api_key_integration("ak").await;
    api.api_key_connection("ak", "a").await;
    api.api_key_connection("ak", "b").await;
}

async fn stored(api: &Api, connection: &str) -> Value {
    api.get(&format!("/connections/{connection}?provider_config_key=ak")).await.ok()["metadata"].clone()
}

#[expect(clippy::needless_pass_by_value, reason = "the arguments are literals")]
fn body(connections: Value, metadata: Value) -> Value {
    json!({ "connection_id": connections, "provider_config_key": "ak", "metadata": metadata })
}

#[tokio::test]
async fn metadata_of_several_connections_is_replaced_and_echoed() {
    each(|api| async move {
        two_connections(&api).await;
        let sent = body(json!(["a", "b", "a"]), json!({ "x": 1, "y": { "z": 2 } }));
        let answer = api.post("/connections/metadata", sent.clone()).await;
        assert_eq!((answer.status, answer.body), (StatusCode::CREATED, sent));
        assert_eq!(stored(&api, "b").await, json!({ "x": 1, "y": { "z": 2 } }));
    })
    .await;
}

#[tokio::test]
async fn metadata_is_merged_at_the_top_level() {
    each(|api| async move {
        two_connections(&api).await;
        api.post("/connection/metadata", body(json!("a"), json!({ "x": 1, "y": { "z": 2 } }))).await.ok();
        let merged =
            api.patch("/connection/metadata", body(json!("a"), json!({ "y": { "w": 3 }, "v": null }))).await;
        assert_eq!(merged.status, StatusCode::OK);
        assert_eq!(stored(&api, "a").await, json!({ "x": 1, "y": { "w": 3 }, "v": null }));
    })
    .await;
}

#[tokio::test]
async fn one_unknown_connection_changes_nothing() {
    each(|api| async move {
        two_connections(&api).await;
        let before = stored(&api, "a").await;
        let answer = api.post("/connections/metadata", body(json!(["a", "nope"]), json!({ "x": 1 }))).await;
        assert_eq!(answer.refusal(), (404, "unknown_connection"));
        assert_eq!(stored(&api, "a").await, before);
        let unknown = json!({ "connection_id": "a", "provider_config_key": "nope", "metadata": {} });
        assert_eq!(api.post("/connections/metadata", unknown).await.refusal(), (404, "unknown_connection"));
    })
    .await;
}

#[tokio::test]
async fn problems_of_metadata_are_reported() {
    each(|api| async move {
        let sent = json!({ "connection_id": ["a%"], "metadata": [], "x": 1 });
        let answer = api.patch("/connections/metadata", sent).await;
        assert_eq!(
            answer.issues(),
            [
                "invalid_union at connection_id",
                "invalid_type at provider_config_key",
                "invalid_type at metadata",
                "unrecognized_keys at ",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_older_form_takes_the_integration_from_query_or_header() {
    each(|api| async move {
        two_connections(&api).await;
        let posted = api.post("/connection/a/metadata?provider_config_key=ak", json!({ "x": 1 })).await;
        assert_eq!((posted.status, posted.body), (StatusCode::CREATED, json!({ "x": 1 })));
        let request = Request::builder()
            .method(Method::PATCH)
            .uri("/connection/a/metadata")
            .header("authorization", &api.world.api_key)
            .header("content-type", "application/json")
            .header("Provider-Config-Key", "ak")
            .body(Body::from(r#"{"y":2}"#));
        assert_eq!(api.send(request.expect("a request")).await.status, StatusCode::OK);
        assert_eq!(stored(&api, "a").await, json!({ "x": 1, "y": 2 }));
    })
    .await;
}

#[tokio::test]
async fn the_older_form_names_what_it_did_not_find() {
    each(|api| async move {
        two_connections(&api).await;
        let answer = api.post("/connection/c/metadata?provider_config_key=ak", json!({})).await;
        assert_eq!(answer.refusal(), (404, "unknown_connection"));
        assert_eq!(
            answer.body["error"]["payload"],
            json!({ "connectionId": "c", "providerConfigKey": "ak" })
        );
        assert_eq!(
            api.post("/connection/c/metadata", json!({})).await.refusal(),
            (400, "invalid_query_params")
        );
    })
    .await;
}
