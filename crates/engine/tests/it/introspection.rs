//! Tokens that come without a word about their end: the provider is asked once, and then they are refreshed like others.

use std::time::Duration;

use engine::ports::Clock as _;
use engine::{ClientInput, NewIntegration, Submitted, right};
use jiff::{SignedDuration, Timestamp};
use model::IntegrationKey;
use protocol::Credential;
use sandbox::{Endpoint, Fault};
use serde_json::json;
use testkit::{World, each_world};

use crate::fixtures::{
    DUE, EXPIRED, Established, FORCED, MINUTE, SECOND, audit, callback, client, established, events,
    imported, key_of, listed, new_connection, receive_events, set_up, submitted, succeeded, texts, tokens,
    traces,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Lets token answers name no lifetime.
fn keep_silent(world: &World) {
    world.sandbox.fail(Endpoint::Token, Fault::NoExpiry, None);
}

/// Lets introspection answer this, and token answers name no lifetime.
fn introspection(world: &World, fault: Fault) {
    world.sandbox.clear_faults();
    keep_silent(world);
    world.sandbox.fail(Endpoint::Introspect, fault, None);
}

/// Lets introspection tell an end in an hour.
fn tell_an_hour(world: &World) -> Timestamp {
    let end = world.clock.now() + HOUR;
    introspection(world, Fault::garbage(&json!({"active": true, "exp": end.as_second()}).to_string()));
    end
}

fn dead() -> Fault {
    Fault::garbage(r#"{"active":false}"#)
}

fn asked(world: &World) -> usize {
    world.sandbox.requests("/introspect").len()
}

#[tokio::test]
async fn the_end_of_a_token_is_asked_for_once_and_the_token_refreshed_in_time() {
    each_world(async |world| {
        let end = tell_an_hour(&world);
        let connection = established(&world).await;
        assert_eq!(connection.stored(&world).await.expires_at, Some(end));
        let old = connection.token(&world).await;
        for _ in 0..5 {
            assert_eq!(connection.token(&world).await, old);
        }
        assert_eq!(asked(&world), 1, "reads do not ask");
        let form = &world.sandbox.requests("/introspect")[0].body;
        assert!(form.contains(&format!("token={old}")) && form.contains("client_secret="), "{form}");

        world.advance(DUE);
        let end = tell_an_hour(&world);
        assert_ne!(connection.token(&world).await, old);
        assert_eq!(connection.stored(&world).await.expires_at, Some(end));
        assert_eq!((asked(&world), world.sandbox.requests("/token").len()), (2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_token_whose_end_is_told_is_not_asked_about() {
    each_world(async |world| {
        established(&world).await;
        assert_eq!(asked(&world), 0);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_cannot_be_learned_costs_no_connection_and_is_asked_for_again() {
    let past = Fault::garbage(r#"{"active":true,"exp":1796126000}"#);
    let faults = [
        Fault::status(500),
        Fault::error_page(200),
        Fault::status(401),
        Fault::garbage("{}"),
        Fault::Lost,
        past,
    ];
    each_world(async |world| {
        for (number, fault) in (1..).zip(&faults) {
            introspection(&world, fault.clone());
            let before = asked(&world);
            let integration = world.integration(&format!("op{number}")).await;
            let connected = world.connect(&integration).await;
            let said = connected.incomplete.expect("something is open");
            let is_told = said.contains("did not tell when its token ends") || said.contains("clock right?");
            assert!(is_told, "{said}");
            let connection = Established { integration, key: connected.connection };
            for _ in 0..3 {
                connection.token(&world).await;
            }
            world.engine.run_due_jobs().await.expect("jobs run");
            assert_eq!(asked(&world), before + 1, "neither reads nor an early job ask again: {said}");
            let stored = connection.stored(&world).await;
            assert_eq!((stored.expires_at, stored.lookups.failures), (None, 1));
            assert_eq!(traces(&world, "connection.lookup_failed").await, number);

            world.advance(2 * MINUTE);
            let end = tell_an_hour(&world);
            world.engine.run_due_jobs().await.expect("jobs run");
            let stored = connection.stored(&world).await;
            assert_eq!((stored.expires_at, stored.lookups.error), (Some(end), None));
            assert_eq!(traces(&world, "connection.lookup_done").await, number);
        }
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_tells_no_end_is_left_alone() {
    each_world(async |world| {
        introspection(&world, Fault::garbage(r#"{"active":true}"#));
        let integration = world.integration("op").await;
        let connected = world.connect(&integration).await;
        assert_eq!(connected.incomplete, None);
        let stored = Established { integration, key: connected.connection }.stored(&world).await;
        assert_eq!((stored.expires_at, stored.lookups.retry_at), (None, None));
        world.advance(EXPIRED);
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(asked(&world), 1);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_its_provider_calls_dead_is_not_stored() {
    each_world(async |world| {
        introspection(&world, dead());
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let failure = callback(&world, &consented).await.expect_err("it is refused");
        let said = failure.provider_said.expect("words of the provider");
        assert!(said.contains("is not active") && failure.retry, "{said}");
        assert!(listed(&world).await.is_empty());
        let failed =
            audit(&world).await.into_iter().find(|entry| entry.action == "connection.authorization_failed");
        assert_eq!(failed.expect("an entry").detail.as_deref(), Some("credential_rejected"));
    })
    .await;
}

#[tokio::test]
async fn a_refresh_that_brings_a_dead_token_has_failed_and_what_it_brought_is_kept() {
    each_world(async |world| {
        receive_events(&world).await;
        tell_an_hour(&world);
        let connection = established(&world).await;
        introspection(&world, dead());
        receive_events(&world).await;
        world.advance(EXPIRED);
        let first = connection.failure(&world).await;
        assert_eq!((first.code.as_str(), first.not_tried), ("token_inactive", false));
        let calls = (asked(&world), world.sandbox.requests("/token").len());
        assert!(connection.failure(&world).await.not_tried);
        assert_eq!((asked(&world), world.sandbox.requests("/token").len()), calls, "the back-off holds");
        assert_eq!(events(&world).await.last().expect("an event")["success"], false);

        world.advance(SECOND * 31);
        tell_an_hour(&world);
        // The provider rotates strictly, so this is the refresh token of the attempt that failed.
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_refreshed_token_of_unknown_end_is_served_and_the_job_asks_again() {
    each_world(async |world| {
        tell_an_hour(&world);
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        introspection(&world, Fault::status(503));
        world.advance(EXPIRED);
        let new = connection.token(&world).await;
        assert_ne!(new, old);
        for _ in 0..3 {
            assert_eq!(connection.token(&world).await, new);
        }
        assert_eq!(asked(&world), 2);
        let stored = connection.stored(&world).await;
        assert_eq!((stored.expires_at, stored.lookups.failures), (None, 1));
        assert_eq!(traces(&world, "connection.lookup_failed").await, 1);
        world.advance(2 * MINUTE);
        let end = tell_an_hour(&world);
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.expires_at, Some(end));
        assert_eq!(connection.token(&world).await, new);
    })
    .await;
}

#[tokio::test]
async fn an_end_that_was_given_up_is_no_longer_open_once_a_refresh_tells_it() {
    each_world(async |world| {
        introspection(&world, Fault::status(503));
        let connection = established(&world).await;
        for _ in 0..9 {
            world.advance(Duration::from_hours(25));
            world.engine.run_due_jobs().await.expect("jobs run");
        }
        let stored = connection.stored(&world).await;
        assert!(stored.lookups.is_given_up());
        let end = tell_an_hour(&world);
        succeeded(connection.read_with(&world, FORCED).await);
        world.engine.run_due_jobs().await.expect("jobs run");
        let stored = connection.stored(&world).await;
        assert_eq!((stored.expires_at, stored.lookups.error), (Some(end), None));
    })
    .await;
}

#[tokio::test]
async fn an_imported_token_is_asked_about_by_the_job() {
    each_world(async |world| {
        let end = tell_an_hour(&world);
        let integration = world.integration("op").await;
        let issued = world.sandbox.grant("sandbox-client", &["profile"]);
        let given = tokens(&issued.access_token, issued.refresh_token.as_deref(), None);
        let connection =
            imported(&world, new_connection(&integration, "old", Credential::OAuth2(given.clone()))).await;
        assert_eq!(asked(&world), 0, "an import does not wait for it");
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!((asked(&world), connection.stored(&world).await.expires_at), (1, Some(end)));

        introspection(&world, dead());
        let connection =
            imported(&world, new_connection(&integration, "dead", Credential::OAuth2(given))).await;
        world.engine.run_due_jobs().await.expect("jobs run");
        let stored = connection.stored(&world).await;
        assert_eq!((stored.expires_at, stored.lookups.error), (Some(world.clock.now()), None));
        tell_an_hour(&world);
        assert_ne!(connection.token(&world).await, issued.access_token, "it is refreshed when it is read");
    })
    .await;
}

/// A connection by client credentials at an issuer.
async fn machine(world: &World, key: &str) -> Established {
    let integration =
        key_of(set_up(world, "oauth2-cc-generic", key, &[("issuer", world.sandbox.url())]).await);
    let entered = [("client_id", "sandbox-client"), ("client_secret", "sandbox-secret")];
    match submitted(world, &world.session().await, &integration, &entered).await {
        Ok(Submitted::Connected(connected)) => Established { integration, key: connected.connection },
        Ok(Submitted::Redirect { .. } | Submitted::Device { .. }) => panic!("a machine is not redirected"),
        Err(error) => panic!("the client is connected: {error}"),
    }
}

#[tokio::test]
async fn a_client_that_asks_for_itself_goes_by_the_usual_lifetime_when_nobody_tells() {
    each_world(async |world| {
        let end = tell_an_hour(&world);
        assert_eq!(machine(&world, "told").await.stored(&world).await.expires_at, Some(end));
        introspection(&world, Fault::status(503));
        let connection = machine(&world, "untold").await;
        let stored = connection.stored(&world).await;
        let usual = world.clock.now() + SignedDuration::from_mins(55);
        assert_eq!((stored.expires_at, stored.lookups.error), (Some(usual), None));
        introspection(&world, dead());
        let integration =
            key_of(set_up(&world, "oauth2-cc-generic", "dead", &[("issuer", world.sandbox.url())]).await);
        let entered = [("client_id", "sandbox-client"), ("client_secret", "sandbox-secret")];
        let refused = submitted(&world, &world.session().await, &integration, &entered).await.err();
        assert!(refused.expect("it is refused").to_string().contains("is not active"));
    })
    .await;
}

/// An integration whose endpoints the operator has entered one by one.
async fn by_hand(world: &World) -> IntegrationKey {
    let at = |path: &str| format!("{}{path}", world.sandbox.url());
    let endpoints = [
        ("authorization_url", at("/authorize")),
        ("token_url", at("/token")),
        ("introspection_url", at("/introspect")),
    ];
    let endpoints: Vec<(&str, &str)> = endpoints.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let new = NewIntegration {
        provider: "oauth2-generic".to_owned(),
        key: "own".to_owned(),
        credentials: Some(ClientInput {
            scopes: Some(vec!["profile".to_owned()]),
            ..client("sandbox-client", "sandbox-secret")
        }),
        config: texts(&endpoints),
        ..NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

#[tokio::test]
async fn an_introspection_url_that_the_operator_enters_is_asked() {
    each_world(async |world| {
        let end = tell_an_hour(&world);
        let integration = by_hand(&world).await;
        let key = world.connect(&integration).await.connection;
        let connection = Established { integration: integration.clone(), key };
        assert_eq!(connection.stored(&world).await.expires_at, Some(end));
        let given = Credential::OAuth2(tokens("elsewhere", Some("refresh"), None));
        let connection = imported(&world, new_connection(&integration, "imported", given)).await;
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.expires_at, Some(end));
        assert!(succeeded(connection.read(&world).await).credential.is_some());
    })
    .await;
}
