//! Where events go is checked when it is set and again when something is sent.

use egress::{Egress, Policy};
use engine::{WebhookPatch, right};
use testkit::{World, each_world};

use crate::fixtures::{
    api_key, attempts, events, hook_url, imported, new_connection, plain_keys, receive_events, traces,
    wrong_fields,
};

async fn set(world: &World, patch: WebhookPatch) -> Result<engine::WebhookSettingsView, engine::Error> {
    world.engine.update_webhooks(&world.may::<right::UpdateWebhooks>(), patch).await
}

fn to(primary: &str) -> WebhookPatch {
    WebhookPatch { primary_url: Some(primary.to_owned()), ..WebhookPatch::default() }
}

#[tokio::test]
async fn an_inner_address_that_is_not_allowed_is_refused_when_it_is_set() {
    each_world(async |world| {
        let world = world.node_behind(1, Egress::new(Policy::default()).expect("the client is set up")).await;
        for url in [
            "http://10.0.0.8/hook",
            "https://169.254.169.254/",
            "http://example.com/hook",
            "nowhere",
            "file:///x",
        ] {
            let both = WebhookPatch { secondary_url: Some(url.to_owned()), ..to(url) };
            assert_eq!(wrong_fields(set(&world, both).await), ["primary_url", "secondary_url"], "{url}");
        }
        let stored =
            world.engine.webhook_settings(&world.may::<right::ReadWebhooks>()).await.expect("settings");
        assert_eq!((stored.primary_url, stored.secondary_url), (None, None));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_no_longer_allowed_is_refused_when_something_is_sent() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = plain_keys(&world, "keys").await;
        imported(&world, new_connection(&integration, "c", api_key("k"))).await;
        let strict = Egress::new(Policy::default()).expect("the client is set up");
        let strict = world.node_behind(1, strict).await;
        assert_eq!(strict.engine.run_due_jobs().await.expect("jobs run"), 1);
        assert!(attempts(&world).is_empty());
        world.advance(crate::fixtures::SECOND * 5);
        assert_eq!(events(&world).await.len(), 1, "nothing is lost");
    })
    .await;
}

#[tokio::test]
async fn a_connections_own_address_replaces_those_of_the_environment() {
    each_world(async |world| {
        receive_events(&world).await;
        let own = format!("{}/api/own", world.sandbox.url());
        let integration = plain_keys(&world, "keys").await;
        let mut new = new_connection(&integration, "c", api_key("k"));
        new.webhook_url_override = Some(own);
        imported(&world, new).await;
        assert!(events(&world).await.is_empty());
        assert_eq!(world.sandbox.requests("/api/own").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn both_addresses_of_an_environment_are_told() {
    each_world(async |world| {
        receive_events(&world).await;
        let second = format!("{}/api/second", world.sandbox.url());
        set(&world, WebhookPatch { secondary_url: Some(second), ..WebhookPatch::default() })
            .await
            .expect("it is set");
        let integration = plain_keys(&world, "keys").await;
        imported(&world, new_connection(&integration, "c", api_key("k"))).await;
        assert_eq!(events(&world).await.len(), 1);
        assert_eq!(world.sandbox.requests("/api/second").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn events_that_are_not_wanted_are_not_sent() {
    each_world(async |world| {
        receive_events(&world).await;
        let quiet = WebhookPatch { on_auth_creation: Some(false), ..WebhookPatch::default() };
        set(&world, quiet).await.expect("it is set");
        let integration = plain_keys(&world, "keys").await;
        imported(&world, new_connection(&integration, "c", api_key("k"))).await;
        assert!(events(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_change_of_the_address_keeps_the_signing_key() {
    each_world(async |world| {
        let by = world.may::<right::RotateSigningKey>();
        let before = world.engine.signing_key(&by).await.expect("the key").into_inner();
        set(&world, to(&hook_url(&world))).await.expect("it is set");
        assert_eq!(world.engine.signing_key(&by).await.expect("the key").into_inner(), before);
        let rotated = world.engine.rotate_signing_key(&by).await.expect("the key").into_inner();
        assert_ne!(rotated, before);
        assert_eq!(world.engine.signing_key(&by).await.expect("the key").into_inner(), rotated);
        assert_eq!(traces(&world, "webhooks.signing_key_read").await, 3);
        assert_eq!(traces(&world, "webhooks.signing_key_rotated").await, 1);
    })
    .await;
}

#[tokio::test]
async fn changes_at_the_same_moment_do_not_undo_one_another() {
    each_world(async |world| {
        let url = hook_url(&world);
        let quiet = || WebhookPatch { on_auth_creation: Some(false), ..WebhookPatch::default() };
        let other = world.node(1).await;
        for _ in 0..10 {
            let blank = WebhookPatch { on_auth_creation: Some(true), ..to("") };
            set(&world, blank).await.expect("nobody else changes it");
            let (one, two) = tokio::join!(set(&world, to(&url)), set(&other, quiet()));
            let stored = world.engine.webhook_settings(&world.may::<right::ReadWebhooks>()).await;
            let stored = stored.expect("settings");
            assert_eq!(stored.primary_url.is_some(), one.is_ok());
            assert_eq!(!stored.on_auth_creation, two.is_ok());
        }
    })
    .await;
}
