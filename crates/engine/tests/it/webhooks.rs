//! Events reach the app: signed, in order, for days, and through the death of a node.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::ports::Clock as _;
use engine::right;
use jiff::SignedDuration;
use sandbox::{Endpoint, Fault, RecordedRequest};
use testkit::{World, each_world};

use crate::fixtures::{
    MINUTE, SECOND, api_key, attempts, events, imported, new_connection, plain_keys, receive_events,
};

/// Makes an event about the connection of this name: a creation, later overrides.
async fn something_happens(world: &World, key: &str) {
    let keys = crate::fixtures::integration_key("keys");
    let by = world.may::<right::ReadIntegration>();
    if world.engine.integration(&by, &keys).await.is_err() {
        plain_keys(world, "keys").await;
    }
    imported(world, new_connection(&keys, key, api_key("k"))).await;
}

/// The receiver answers so before it takes events.
async fn receiver_fails(world: &World, fault: Fault, times: u32) {
    world.sandbox.fail(Endpoint::Api, fault, Some(times));
    receive_events(world).await;
}

#[tokio::test]
async fn an_event_carries_three_signatures_that_its_receiver_can_check() {
    each_world(async |world| {
        receive_events(&world).await;
        something_happens(&world, "c").await;
        events(&world).await;
        let key = world
            .engine
            .signing_key(&world.may::<right::RotateSigningKey>())
            .await
            .expect("the key")
            .into_inner();
        let sent = attempts(&world).remove(0);
        let (id, time) = (&sent.headers["webhook-id"], &sent.headers["webhook-timestamp"]);
        assert_eq!(*time, world.clock.now().as_second().to_string());
        let raw = STANDARD
            .decode(key.strip_prefix("whsec_").expect("the form of the specification"))
            .expect("base64");
        let signed = format!("{id}.{time}.{}", sent.body);
        let signature = sent.headers["webhook-signature"].strip_prefix("v1,").expect("version 1");
        let signature = STANDARD.decode(signature).expect("base64");
        let verifying = hmac::Key::new(hmac::HMAC_SHA256, &raw);
        assert!(hmac::verify(&verifying, signed.as_bytes(), &signature).is_ok());
        assert!(hmac::verify(&verifying, format!("{signed} ").as_bytes(), &signature).is_err());
        let contract = hex::decode(&sent.headers["x-nango-hmac-sha256"]).expect("hex");
        let verifying = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        assert!(hmac::verify(&verifying, sent.body.as_bytes(), &contract).is_ok());
        let legacy = digest::digest(&digest::SHA256, format!("{key}{}", sent.body).as_bytes());
        assert_eq!(sent.headers["x-nango-signature"], hex::encode(legacy));
        assert!(!sent.body.contains("whsec_") && !sent.body.contains("\"k\""));
    })
    .await;
}

#[tokio::test]
async fn a_rotated_key_signs_what_is_still_waiting() {
    each_world(async |world| {
        receive_events(&world).await;
        something_happens(&world, "c").await;
        let key =
            world.engine.rotate_signing_key(&world.may::<right::RotateSigningKey>()).await.expect("the key");
        events(&world).await;
        let sent = attempts(&world).remove(0);
        let contract = hex::decode(&sent.headers["x-nango-hmac-sha256"]).expect("hex");
        let verifying = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        assert!(hmac::verify(&verifying, sent.body.as_bytes(), &contract).is_ok());
    })
    .await;
}

fn operations(attempts: &[RecordedRequest]) -> Vec<String> {
    let operation = |request: &RecordedRequest| {
        let event: serde_json::Value = serde_json::from_str(&request.body).expect("events are JSON");
        event["operation"].as_str().expect("a text").to_owned()
    };
    attempts.iter().map(operation).collect()
}

#[tokio::test]
async fn events_of_one_connection_come_in_order_even_when_the_first_fails() {
    each_world(async |world| {
        receiver_fails(&world, Fault::status(500), 1).await;
        for _ in 0..3 {
            something_happens(&world, "c").await;
        }
        events(&world).await;
        assert_eq!(operations(&attempts(&world)), ["creation"], "the others wait behind the first");
        world.advance(SECOND * 5);
        events(&world).await;
        assert_eq!(operations(&attempts(&world)), ["creation", "creation", "override", "override"]);
    })
    .await;
}

#[tokio::test]
async fn one_connection_does_not_wait_for_another() {
    each_world(async |world| {
        something_happens(&world, "before").await;
        receiver_fails(&world, Fault::status(500), 1).await;
        something_happens(&world, "a").await;
        something_happens(&world, "b").await;
        events(&world).await;
        let told: Vec<_> = attempts(&world).iter().map(|request| request.body.contains("\"b\"")).collect();
        assert_eq!(told.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_failed_delivery_is_repeated_with_the_same_id_and_a_new_time() {
    each_world(async |world| {
        receiver_fails(&world, Fault::status(503), 1).await;
        something_happens(&world, "c").await;
        events(&world).await;
        world.advance(SECOND * 4);
        assert_eq!(events(&world).await.len(), 1, "the first wait is five seconds");
        world.advance(SECOND);
        events(&world).await;
        let sent = attempts(&world);
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0].headers["webhook-id"], sent[1].headers["webhook-id"]);
        assert_eq!(sent[0].body, sent[1].body);
        assert_ne!(sent[0].headers["webhook-timestamp"], sent[1].headers["webhook-timestamp"]);
        assert_ne!(sent[0].headers["webhook-signature"], sent[1].headers["webhook-signature"]);
    })
    .await;
}

#[tokio::test]
async fn an_event_is_given_up_after_the_last_attempt_and_the_next_one_goes_out() {
    each_world(async |world| {
        let last = u32::try_from(model::outbox::WAITS.len() + 1).expect("a few");
        receiver_fails(&world, Fault::status(500), last).await;
        something_happens(&world, "c").await;
        events(&world).await;
        for (waits, wait) in model::outbox::WAITS.into_iter().enumerate() {
            assert_eq!(attempts(&world).len(), waits + 1);
            world.advance(wait.unsigned_abs());
            events(&world).await;
        }
        assert_eq!(attempts(&world).len(), 13);
        world.advance(MINUTE * 60 * 24 * 30);
        assert_eq!(events(&world).await.len(), 13);
        something_happens(&world, "c").await;
        events(&world).await;
        assert_eq!(operations(&attempts(&world)).last().map(String::as_str), Some("override"));
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_believed() {
    each_world(async |world| {
        receiver_fails(&world, Fault::status(410), 1).await;
        something_happens(&world, "c").await;
        events(&world).await;
        world.advance(MINUTE * 60 * 24);
        assert_eq!(events(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_a_failed_delivery() {
    each_world(async |world| {
        let elsewhere = format!("{}/api/elsewhere", world.sandbox.url());
        receiver_fails(&world, Fault::redirect(&elsewhere), 1).await;
        something_happens(&world, "c").await;
        events(&world).await;
        assert!(world.sandbox.requests("/api/elsewhere").is_empty());
        world.advance(SECOND * 5);
        assert_eq!(events(&world).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn events_survive_the_node_that_wrote_them() {
    each_world(async |world| {
        receive_events(&world).await;
        let writer = world.node(1).await;
        something_happens(&writer, "c").await;
        writer.stop().await;
        let heir = world.node(2).await;
        heir.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(operations(&attempts(&world)), ["creation"]);
    })
    .await;
}

#[tokio::test]
async fn an_event_whose_node_died_while_sending_is_sent_again() {
    each_world(async |world| {
        receive_events(&world).await;
        something_happens(&world, "c").await;
        let now = world.clock.now();
        let claimed = store::outbox::claim(&world.store, now, now + SignedDuration::from_secs(60)).await;
        assert!(claimed.expect("the store answers").is_some());
        assert!(events(&world).await.is_empty(), "the claim is respected");
        world.advance(MINUTE);
        assert_eq!(events(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn many_events_are_delivered_once_each_by_two_nodes() {
    each_world(async |world| {
        receive_events(&world).await;
        let other = world.node(1).await;
        for n in 0..30 {
            something_happens(&world, &format!("c{n}")).await;
        }
        let (here, there) = tokio::join!(world.engine.run_due_jobs(), other.engine.run_due_jobs());
        assert_eq!(here.expect("jobs run") + there.expect("jobs run"), 30);
        let mut ids: Vec<_> =
            attempts(&world).iter().map(|request| request.headers["webhook-id"].clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 30);
    })
    .await;
}

#[tokio::test]
async fn the_loops_deliver_without_being_asked_and_end_with_the_stop() {
    each_world(async |world| {
        receive_events(&world).await;
        let node = world.node(1).await;
        node.engine.start_jobs();
        for n in 0..20 {
            something_happens(&node, &format!("c{n}")).await;
        }
        world.asked("/api/hook", 20).await;
        node.stop().await;
        assert_eq!(attempts(&world).len(), 20);
    })
    .await;
}
