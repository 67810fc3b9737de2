//! Two nodes on one database, and one provider that ends the grant when a refresh token comes twice.

use std::time::Duration;

use engine::ports::Clock as _;
use futures_util::future::join_all;
use jiff::SignedDuration;
use sandbox::{Endpoint, Fault};
use testkit::{World, each_world};
use uuid::Uuid;

use crate::fixtures::{DUE, EXPIRED, Established, SECOND, established, events, receive_events};

#[tokio::test]
async fn two_nodes_refresh_once_and_both_serve_the_new_token() {
    each_world(async |world| {
        let other = world.node(1).await;
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(DUE);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(100)), Some(1));
        let (here, there) = tokio::join!(connection.token(&world), connection.token(&other));
        assert_eq!(here, there);
        assert_ne!(here, old);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn many_readers_on_two_nodes_refresh_once() {
    each_world(async |world| {
        let other = world.node(1).await;
        let connection = established(&world).await;
        for rounds in 1..=4 {
            world.advance(EXPIRED);
            let reads = (0..16).map(|n| connection.token(if n % 2 == 0 { &world } else { &other }));
            let tokens = join_all(reads).await;
            assert!(tokens.iter().all(|token| *token == tokens[0]));
            assert_eq!(world.sandbox.requests("/token").len(), 1 + rounds);
        }
    })
    .await;
}

#[tokio::test]
async fn two_nodes_ask_once_about_a_grant_that_is_gone() {
    each_world(async |world| {
        receive_events(&world).await;
        let other = world.node(1).await;
        let connection = established(&world).await;
        world.sandbox.revoke_all();
        world.advance(EXPIRED);
        let reads = (0..12).map(|n| connection.failure(if n % 2 == 0 { &world } else { &other }));
        let failures = join_all(reads).await;
        assert!(failures.iter().all(|failure| failure.code == "invalid_grant"));
        assert_eq!(world.sandbox.requests("/token").len(), 2);
        assert_eq!(events(&world).await.len(), 2, "the creation, and one failure");
    })
    .await;
}

#[tokio::test]
async fn the_lease_of_a_node_that_died_lapses() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(EXPIRED);
        held_by_a_dead_node(&world, &connection).await;
        let mut reading = std::pin::pin!(connection.token(&world));
        let a_moment = Duration::from_millis(300);
        assert!(tokio::time::timeout(a_moment, &mut reading).await.is_err(), "the lease is respected");
        assert_eq!(world.sandbox.requests("/token").len(), 1);
        world.advance(SECOND * 31);
        assert_ne!(reading.await, old);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_still_works_does_not_wait_for_a_dead_node() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(DUE);
        held_by_a_dead_node(&world, &connection).await;
        assert_eq!(connection.token(&world).await, old);
        assert_eq!(world.sandbox.requests("/token").len(), 1);
        world.advance(SECOND * 31);
        assert_ne!(connection.token(&world).await, old);
    })
    .await;
}

async fn held_by_a_dead_node(world: &World, connection: &Established) {
    let stored = connection.stored(world).await;
    let now = world.clock.now();
    let until = now + SignedDuration::from_secs(30);
    let owner = Uuid::from_u128(7);
    let taken = store::connections::set_refresh_lease(
        &world.store,
        stored.environment,
        stored.id,
        stored.version,
        owner,
        until,
        now,
    );
    assert!(taken.await.expect("the store answers"));
}

#[tokio::test]
async fn a_lease_is_given_back_after_a_failure() {
    each_world(async |world| {
        let other = world.node(1).await;
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(500), Some(1));
        world.advance(EXPIRED);
        connection.failure(&world).await;
        let forced = connection.read_with(&other, crate::fixtures::FORCED).await;
        assert!(crate::fixtures::succeeded(forced).credential.is_some());
    })
    .await;
}
