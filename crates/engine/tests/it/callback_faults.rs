//! The token endpoint misbehaves while a code is redeemed.

use std::time::Duration;

use engine::FailureKind;
use sandbox::{Endpoint, Fault};
use store::admin;
use testkit::{World, each_world};

use crate::fixtures::{callback, events, listed, receive_events, succeeded, traces};

#[tokio::test]
async fn a_server_error_is_a_clear_failure() {
    fails(Fault::status(500), "unavailable").await;
}

#[tokio::test]
async fn a_page_of_html_is_a_clear_failure() {
    let page = "<!doctype html><h1>Welcome</h1>".to_owned();
    fails(Fault::Garbage { body: page, content_type: Some("text/html".to_owned()) }, "unreadable_answer")
        .await;
}

#[tokio::test]
async fn garbage_is_a_clear_failure() {
    fails(Fault::garbage("\u{0}\u{1}{"), "unreadable_answer").await;
}

#[tokio::test]
async fn an_empty_access_token_is_a_clear_failure() {
    fails(Fault::garbage(r#"{"access_token":"","token_type":"Bearer"}"#), "unreadable_answer").await;
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_a_clear_failure() {
    fails(Fault::Truncate { bytes: 25 }, "truncated_answer").await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_a_clear_failure() {
    fails(Fault::Lost, "provider_broke_off").await;
}

#[tokio::test]
async fn an_answer_without_end_is_a_clear_failure() {
    fails(Fault::garbage(&"x".repeat(2 << 20)), "answer_too_large").await;
}

/// The token endpoint fails once in this way: nothing is stored, the app is told with this code, and another try in
/// the same session succeeds.
async fn fails(fault: Fault, code: &str) {
    let fault = &fault;
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        let session = world.session().await;
        let consented = world.consent(&session, &integration).await;
        world.sandbox.fail(Endpoint::Token, fault.clone(), Some(1));
        let failure = callback(&world, &consented).await.expect_err("no tokens came");
        assert_eq!(failure.kind, FailureKind::Provider);
        assert!(failure.retry && failure.session == Some(session.session.id));
        assert!(listed(&world).await.is_empty());
        let told = events(&world).await;
        assert_eq!((&told[0]["error"]["type"], &told[0]["success"]), (&code.into(), &false.into()));
        assert_eq!(traces(&world, "connection.authorization_failed").await, 1);
        let again = world.consent(&session, &integration).await;
        assert!(callback(&world, &again).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let elsewhere = format!("{}/api/elsewhere", world.sandbox.url());
        world.sandbox.fail(Endpoint::Token, Fault::redirect(&elsewhere), Some(1));
        let failure = callback(&world, &consented).await.expect_err("no tokens came");
        assert_eq!(failure.kind, FailureKind::Provider);
        assert!(world.sandbox.requests("/api/elsewhere").is_empty(), "code and client secret stayed here");
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_never_answers_is_given_up() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        world.sandbox.fail(Endpoint::Token, Fault::Never, Some(1));
        let (failure, ()) = tokio::join!(callback(&world, &consented), time_passes(&world, 1));
        let failure = failure.expect_err("no tokens came");
        assert_eq!(failure.kind, FailureKind::Provider);
        assert!(failure.provider_said.is_some_and(|said| said.contains("did not answer in time")));
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

/// Lets the deadline of a token call pass once the provider was asked so often.
async fn time_passes(world: &World, asked: usize) {
    world.asked("/token", asked).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(21)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn metadata_that_cannot_be_read_at_the_callback_is_told_to_the_app() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        let session = world.session().await;
        let consented = world.consent(&session, &integration).await;
        // A node that was just started has not read the metadata yet.
        let fresh = world.node(1).await;
        world.sandbox.fail(Endpoint::Metadata, Fault::status(503), None);
        let failure = callback(&fresh, &consented).await.expect_err("the endpoints are not known");
        assert_eq!((failure.kind, failure.session), (FailureKind::Provider, Some(session.session.id)));
        assert_eq!(events(&world).await[0]["error"]["type"], "discovery_failed");
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_stored_connection_is_not_called_a_failure_because_the_trail_is_down() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let trail = crate::hand_out::trail(&world);
        admin::execute(&trail, "alter table audit_entries rename to audit_away")
            .await
            .expect("the table is renamed");
        let connected = callback(&world, &consented).await.expect("the connection is stored");
        admin::execute(&trail, "alter table audit_away rename to audit_entries")
            .await
            .expect("the table is back");
        let by = world.may();
        let read =
            world.engine.read_connection(&by, &integration, &connected.connection, <_>::default()).await;
        assert!(succeeded(read).credential.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_lifetime_in_words_of_its_own_is_understood() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let session = world.session().await;
        for (value, ends) in [("3600".into(), true), ((-1).into(), false), (1e308.into(), true)] {
            let consented = world.consent(&session, &integration).await;
            world.sandbox.fail(Endpoint::Token, Fault::ExpiresIn { value }, Some(1));
            let connected = callback(&world, &consented).await.expect("the tokens are good");
            let read = world
                .engine
                .read_connection(&world.may(), &integration, &connected.connection, <_>::default())
                .await;
            let end = succeeded(read).connection.expires_at;
            assert_eq!(end.is_some(), ends);
        }
    })
    .await;
}
