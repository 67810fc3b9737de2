//! What follows a connection: look-ups that fill its fields, and the name of the account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use engine::{Connected, Submitted};
use serde_json::json;
use testkit::World;

use crate::fixtures::{
    Established, MINUTE, api_key, audit, events, imported, integration_key, key_of, new_connection,
    receive_events, set_up, submitted, succeeded, traces,
};
use crate::stub::{Stub, each_world_with, json as answer};

async fn connect(world: &World, integration: &str, values: &[(&str, &str)]) -> (Connected, Established) {
    let integration = integration_key(integration);
    match submitted(world, &world.session().await, &integration, values).await {
        Ok(Submitted::Connected(connected)) => {
            let key = connected.connection.clone();
            (connected, Established { integration, key })
        }
        Ok(Submitted::Redirect { .. } | Submitted::Device { .. }) => panic!("a form does not lead away"),
        Err(error) => panic!("it is connected: {error}"),
    }
}

/// Workable, whose subdomain is looked up and whose account is named, at a server that can be out of order.
async fn workable() -> (Stub, Arc<AtomicU16>, catalog::Provider) {
    let status = Arc::new(AtomicU16::new(200));
    let said = Arc::clone(&status);
    let stub = Stub::playing(move |asked, _| match (asked.path(), said.load(Ordering::SeqCst)) {
        ("/spi/v3/accounts", 200) => {
            answer(200, &json!({"accounts": [{"subdomain": "acme", "name": "Acme Inc."}]}))
        }
        ("/spi/v3/accounts", status) => {
            let key = asked.header("authorization").to_owned();
            answer(status, &json!({"message": format!("out of order for {key}")}))
        }
        (_, _) => answer(200, &json!({})),
    })
    .await;
    let mut text = serde_json::to_value(stub.provider("workable", &["workable.com"])).expect("JSON");
    text["identity"] =
        json!({"url": format!("http://{}/spi/v3/accounts", stub.host), "name_path": "accounts.0.name"});
    text["verify"] = json!(null);
    let provider = serde_json::from_value(text).expect("a provider");
    (stub, status, provider)
}

#[tokio::test]
async fn look_ups_and_the_account_are_there_when_success_is_announced() {
    let (_stub, _, provider) = workable().await;
    each_world_with(vec![provider], async |world| {
        receive_events(&world).await;
        key_of(set_up(&world, "workable", "wk", &[]).await);
        let (connected, connection) = connect(&world, "wk", &[("apiKey", "key-123456")]).await;
        assert_eq!((connected.account.as_deref(), connected.incomplete), (Some("Acme Inc."), None));
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["subdomain"], "acme");
        assert_eq!((stored.lookups.retry_at, stored.lookups.failures), (None, 0));
        assert_eq!(events(&world).await.len(), 1, "the event waited no longer than the look-ups");
        let read = succeeded(connection.read(&world).await);
        assert!(read.credential.is_some(), "the credential opens at its new version");
    })
    .await;
}

#[tokio::test]
async fn a_failing_look_up_is_shown_recorded_and_tried_again() {
    let (_stub, status, provider) = workable().await;
    each_world_with(vec![provider], async |world| {
        status.store(503, Ordering::SeqCst);
        receive_events(&world).await;
        key_of(set_up(&world, "workable", "wk", &[]).await);
        let (connected, connection) = connect(&world, "wk", &[("apiKey", "key-123456")]).await;
        let said = connected.incomplete.expect("something is open");
        assert!(said.contains("status 503") && said.contains("out of order for"), "{said}");
        assert!(!said.contains("key-123456"), "{said}");
        assert_eq!(events(&world).await.len(), 1, "the connection is told of all the same");
        let stored = connection.stored(&world).await;
        assert_eq!((stored.lookups.failures, stored.lookups.error.as_ref()), (1, Some(&said)));
        assert_eq!(traces(&world, "connection.lookup_failed").await, 1);
        assert!(succeeded(connection.read(&world).await).credential.is_some(), "the credential is there");

        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.lookups.failures, 1, "it is not yet time");
        status.store(200, Ordering::SeqCst);
        world.advance(2 * MINUTE);
        world.engine.run_due_jobs().await.expect("jobs run");
        let stored = connection.stored(&world).await;
        assert_eq!((stored.account.as_deref(), stored.lookups.error), (Some("Acme Inc."), None));
        assert_eq!(stored.config["subdomain"], "acme");
        assert_eq!(traces(&world, "connection.lookup_done").await, 1);
    })
    .await;
}

#[tokio::test]
async fn look_ups_that_keep_failing_are_left_alone() {
    let (stub, status, provider) = workable().await;
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        status.store(403, Ordering::SeqCst);
        key_of(set_up(&world, "workable", "wk", &[]).await);
        let (_, connection) = connect(&world, "wk", &[("apiKey", "key-123456")]).await;
        for _ in 0..12 {
            world.advance(Duration::from_hours(25));
            world.engine.run_due_jobs().await.expect("jobs run");
        }
        let stored = connection.stored(&world).await;
        assert_eq!((stored.lookups.failures, stored.lookups.retry_at), (8, None));
        let asked = stub.count("/spi/v3/accounts");
        world.advance(Duration::from_hours(25));
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(stub.count("/spi/v3/accounts"), asked);
        assert!(stored.lookups.error.is_some(), "what is open stays to be seen");
    })
    .await;
}

#[tokio::test]
async fn an_imported_connection_is_looked_up_by_the_job() {
    let (stub, status, provider) = workable().await;
    let stub = &stub;
    each_world_with(vec![provider], async |world| {
        status.store(200, Ordering::SeqCst);
        let integration = key_of(set_up(&world, "workable", "wk", &[]).await);
        let before = stub.count("/spi/v3/accounts");
        let connection = imported(&world, new_connection(&integration, "c", api_key("key-123456"))).await;
        assert_eq!(stub.count("/spi/v3/accounts"), before, "an import does not wait for it");
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.config["subdomain"], "acme");
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_is_looked_up_is_sealed_and_what_is_erased_is_gone() {
    let stub = Stub::playing(|_, _| answer(200, &json!({"token": "looked-up-secret"}))).await;
    let mut text = serde_json::to_value(stub.provider("workable", &["workable.com"])).expect("JSON");
    text["inputs"]["connection"] = json!([
        {"name": "bot", "label": "Bot token", "automated": true, "secret": true},
        {"name": "once", "label": "Once"},
    ]);
    text["after_connect"] = json!([{"url": format!("http://{}/bot", stub.host), "sets": {"bot": "{answer.token}"}, "erases": ["once"]}]);
    text["verify"] = json!(null);
    let provider = serde_json::from_value(text).expect("a provider");
    each_world_with(vec![provider], async |world| {
        key_of(set_up(&world, "workable", "wk", &[]).await);
        let values = [("apiKey", "key-123456"), ("once", "needed once")];
        let (_, connection) = connect(&world, "wk", &values).await;
        let stored = connection.stored(&world).await;
        assert!(stored.config.is_empty(), "{:?}", stored.config);
        let read = succeeded(connection.read(&world).await);
        assert_eq!(read.secret_fields["bot"].expose(), "looked-up-secret");
        assert!(!format!("{:?}", audit(&world).await).contains("looked-up-secret"));
    })
    .await;
}

#[tokio::test]
async fn the_code_flow_is_followed_by_look_ups_too() {
    let stub = Stub::playing(|asked, _| {
        let status = if asked.header("authorization").starts_with("Bearer ") { 200 } else { 401 };
        answer(status, &json!({"portalId": 62515, "user": "ada@acme.example"}))
    })
    .await;
    let mut text =
        serde_json::to_value(&*catalog::Catalog::embedded().get("oauth2-generic").expect("it is there"))
            .expect("JSON");
    let me = format!("http://{}/me", stub.host);
    text["after_connect"] = json!([{"url": me, "sets": {"portal_id": "{answer.portalId}"}}]);
    text["identity"] = json!({"url": me, "name_path": "user"});
    let provider = serde_json::from_value(text).expect("a provider");
    each_world_with(vec![provider], async |world| {
        let integration = world.integration("op").await;
        let connected = world.connect(&integration).await;
        assert_eq!(connected.account.as_deref(), Some("ada@acme.example"));
        let connection = Established { integration, key: connected.connection };
        assert_eq!(connection.stored(&world).await.config["portal_id"], "62515");
        assert!(!connection.token(&world).await.is_empty());
    })
    .await;
}
