//! The audit trail.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Api, each};

/// Entries are in order of time, and the clock stands still between requests.
fn step(api: &Api) {
    api.world.advance(Duration::from_millis(1));
}

fn actions(trail: &Value) -> Vec<&str> {
    trail["data"].as_array().expect("an array").iter().filter_map(|entry| entry["action"].as_str()).collect()
}

#[tokio::test]
async fn handing_out_a_credential_leaves_an_entry_that_holds_no_secret() {
    each(|api| async move {
        step(&api);
        api.api_key_integration("ak").await;
        step(&api);
        api.api_key_connection("ak", "c").await;
        step(&api);
        api.get("/connections/c?provider_config_key=ak").await.ok();
        let trail = api.get("/v1/audit?limit=2").await.ok();
        assert_eq!(actions(&trail), ["credential.read", "connection.created"]);
        assert!(trail["data"][0]["actor"].as_str().is_some_and(|actor| actor.starts_with("key_")));
        assert!(!trail.to_string().contains("swordfish"));
    })
    .await;
}

#[tokio::test]
async fn the_trail_is_read_on_from_an_entry() {
    each(|api| async move {
        step(&api);
        api.api_key_integration("ak").await;
        step(&api);
        api.api_key_connection("ak", "c").await;
        step(&api);
        let newest = api.get("/v1/audit?limit=1").await.ok();
        let before = newest["data"][0]["id"].as_str().expect("an id");
        let rest = api.get(&format!("/v1/audit?before={before}")).await.ok();
        assert!(!actions(&rest).contains(&"connection.created"));
        assert_eq!(actions(&rest).first(), Some(&"integration.created"));
    })
    .await;
}

#[tokio::test]
async fn the_query_of_the_trail_is_checked() {
    each(|api| async move {
        let answer = api.get("/v1/audit?limit=1001&before=x&from=1").await;
        assert_eq!(
            answer.issues(),
            ["too_big at limit", "invalid_format at before", "unrecognized_keys at "]
        );
        let foreign = api.foreign_key().await;
        let trail = api.call_as(&foreign, http::Method::GET, "/v1/audit", None).await.ok();
        assert!(!actions(&trail).contains(&"integration.created"), "{}", json!(trail));
    })
    .await;
}
