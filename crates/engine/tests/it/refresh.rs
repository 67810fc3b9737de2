//! When a credential is refreshed on one node, and how often.

use std::time::Duration;

use futures_util::future::join_all;
use sandbox::{Endpoint, Fault};
use testkit::each_world;

use crate::fixtures::{
    DUE, EXPIRED, FORCED, MINUTE, access_token, connection_key, established, imported, machine,
    new_connection, succeeded, tokens, traces, until,
};

#[tokio::test]
async fn a_token_is_refreshed_in_the_last_fifth_of_its_life() {
    each_world(async |world| {
        let connection = established(&world).await;
        let first = connection.token(&world).await;
        world.advance(MINUTE * 47);
        assert_eq!(connection.token(&world).await, first);
        assert_eq!(world.sandbox.requests("/token").len(), 1);
        world.advance(MINUTE * 2);
        assert_ne!(connection.token(&world).await, first);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
        assert_eq!(traces(&world, "credential.refreshed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_refreshed_token_has_a_life_of_its_own() {
    each_world(async |world| {
        let connection = established(&world).await;
        for refreshes in 1..=3 {
            world.advance(DUE);
            let token = connection.token(&world).await;
            assert_eq!(connection.token(&world).await, token, "a fresh token stays");
            assert_eq!(world.sandbox.requests("/token").len(), 1 + refreshes);
        }
        assert_eq!(connection.stored(&world).await.version, 4);
    })
    .await;
}

#[tokio::test]
async fn of_20_readers_one_refreshes_and_all_get_the_new_token() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(DUE);
        let read = join_all((0..20).map(|_| connection.token(&world))).await;
        assert!(read.iter().all(|token| *token == read[0] && *token != old));
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn of_20_readers_of_an_expired_token_one_refreshes() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.advance(EXPIRED);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(50)), Some(1));
        let read = join_all((0..20).map(|_| connection.token(&world))).await;
        assert!(read.iter().all(|token| *token == read[0]));
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_forced_read_refreshes_a_fresh_token() {
    each_world(async |world| {
        let connection = established(&world).await;
        let first = connection.token(&world).await;
        let forced = access_token(&succeeded(connection.read_with(&world, FORCED).await));
        assert_ne!(forced, first);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_old_one() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::MissingRefreshToken, Some(1));
        world.advance(EXPIRED);
        connection.token(&world).await;
        world.advance(EXPIRED);
        connection.token(&world).await;
        let asked = world.sandbox.requests("/token");
        assert_eq!(asked[1].form["refresh_token"], asked[2].form["refresh_token"]);
    })
    .await;
}

#[tokio::test]
async fn no_refresh_token_is_sent_twice_to_a_rotating_provider() {
    each_world(async |world| {
        let connection = established(&world).await;
        for _ in 0..5 {
            world.advance(DUE);
            join_all((0..8).map(|_| connection.token(&world))).await;
        }
        let mut sent: Vec<_> = world
            .sandbox
            .requests("/token")
            .iter()
            .filter_map(|r| r.form.get("refresh_token").cloned())
            .collect();
        assert_eq!(sent.len(), 5);
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_refresh() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(EXPIRED);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(100)), Some(1));
        tokio::select! {
            _ = connection.read(&world) => panic!("the provider is slow"),
            () = world.asked("/token", 2) => {}
        }
        until("the refresh is stored", async || connection.stored(&world).await.version == 2).await;
        assert_ne!(connection.token(&world).await, old);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn client_credentials_are_fetched_anew_when_they_end() {
    each_world(async |world| {
        let connection = machine(&world).await;
        let first = connection.token(&world).await;
        world.advance(EXPIRED);
        assert_ne!(connection.token(&world).await, first);
        let asked = world.sandbox.requests("/token");
        assert!(asked.iter().all(|request| request.form["grant_type"] == "client_credentials"));
        assert_eq!(asked.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_token_without_an_end_is_never_refreshed_by_itself() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let credential = protocol::Credential::OAuth2(tokens("eternal", Some("r"), None));
        let connection = imported(&world, new_connection(&integration, "c", credential)).await;
        world.advance(Duration::from_hours(10_000));
        assert_eq!(connection.token(&world).await, "eternal");
        assert!(world.sandbox.requests("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_reconnection_during_a_refresh_wins() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.advance(EXPIRED);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(150)), Some(1));
        let reading = connection.read(&world);
        let importing = async {
            world.asked("/token", 2).await;
            let mut new = new_connection(
                &connection.integration,
                "x",
                protocol::Credential::OAuth2(tokens("from the user", None, None)),
            );
            new.key = Some(connection_key(connection.key.as_str()));
            imported(&world, new).await
        };
        let (read, _) = tokio::join!(reading, importing);
        assert_eq!(access_token(&succeeded(read)), "from the user");
        assert_eq!(connection.token(&world).await, "from the user");
    })
    .await;
}
