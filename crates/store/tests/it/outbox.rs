use std::collections::HashMap;

use model::{EnvironmentId, OutboxId, OutboxMessage};
use store::{Store, outbox};
use testkit::databases::each_store;
use uuid::Uuid;

use crate::fixtures::{at, at_once, stored_integration, uuid, write};

const URL: &str = "https://app.example/hook";

fn message(n: u64, environment: EnvironmentId, stream: u64) -> OutboxMessage {
    OutboxMessage {
        id: OutboxId(uuid(n)),
        environment,
        stream: uuid(stream),
        url: URL.to_owned(),
        body: format!("{{\"n\":{n}}}"),
        attempts: 0,
        due_at: at(0),
        created_at: at(0),
    }
}

async fn enqueue(store: &Store, message: &OutboxMessage) {
    write(store, async |tx| outbox::enqueue(tx, message).await).await;
}

/// Claims at a time, for half a minute.
async fn claim(store: &Store, now: i64) -> Option<OutboxMessage> {
    outbox::claim(store, at(now), at(now + 30)).await.expect("a write")
}

async fn claimed_id(store: &Store, now: i64) -> Option<OutboxId> {
    claim(store, now).await.map(|message| message.id)
}

#[tokio::test]
async fn a_claimed_message_has_one_attempt_more_and_is_leased() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let stored = message(5, environment, 1);
        enqueue(&store, &stored).await;
        let expected = OutboxMessage { attempts: 1, due_at: at(40), ..stored };
        assert_eq!(claim(&store, 10).await, Some(expected));
        assert_eq!(claim(&store, 39).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_message_whose_worker_died_is_claimed_again() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        enqueue(&store, &message(5, environment, 1)).await;
        assert_eq!(claim(&store, 0).await.map(|message| message.attempts), Some(1));
        assert_eq!(claim(&store, 30).await.map(|message| message.attempts), Some(2));
    })
    .await;
}

#[tokio::test]
async fn a_message_is_not_claimed_before_it_is_due() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let later = OutboxMessage { due_at: at(10), ..message(5, environment, 1) };
        enqueue(&store, &later).await;
        assert_eq!(claimed_id(&store, 9).await, None);
        assert_eq!(claimed_id(&store, 10).await, Some(later.id));
    })
    .await;
}

#[tokio::test]
async fn the_order_within_a_stream_is_that_of_writing() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        // Written in one millisecond, with identifiers that sort the other way.
        let messages = [message(9, environment, 1), message(8, environment, 1), message(7, environment, 1)];
        for message in &messages {
            enqueue(&store, message).await;
        }
        for message in &messages {
            assert_eq!(claimed_id(&store, 0).await, Some(message.id));
            assert_eq!(claimed_id(&store, 0).await, None);
            assert!(write(&store, async |tx| outbox::delivered(tx, message.id).await).await);
        }
        assert_eq!(claimed_id(&store, 0).await, None);
    })
    .await;
}

#[tokio::test]
async fn other_streams_and_other_urls_do_not_wait() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let first = message(5, environment, 1);
        let other_url =
            OutboxMessage { url: format!("{URL}/2"), due_at: at(1), ..message(6, environment, 1) };
        let other_stream = OutboxMessage { due_at: at(2), ..message(7, environment, 2) };
        let blocked = message(8, environment, 1);
        for message in [&first, &other_url, &other_stream, &blocked] {
            enqueue(&store, message).await;
        }
        for expected in [Some(first.id), Some(other_url.id), Some(other_stream.id), None] {
            assert_eq!(claimed_id(&store, 5).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_postponed_message_holds_its_stream_up_and_one_given_up_does_not() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let (first, second) = (message(5, environment, 1), message(6, environment, 1));
        enqueue(&store, &first).await;
        enqueue(&store, &second).await;
        assert_eq!(claimed_id(&store, 0).await, Some(first.id));
        assert!(write(&store, async |tx| outbox::postpone(tx, first.id, at(100), "status 500").await).await);
        assert_eq!(claimed_id(&store, 50).await, None);
        assert_eq!(claimed_id(&store, 100).await, Some(first.id));
        assert!(write(&store, async |tx| outbox::give_up(tx, first.id, at(101), "status 500").await).await);
        assert_eq!(claimed_id(&store, 101).await, Some(second.id));

        let again = async |tx: &mut store::Tx| {
            Ok([
                outbox::give_up(tx, first.id, at(102), "again").await?,
                outbox::postpone(tx, first.id, at(102), "again").await?,
                outbox::delivered(tx, OutboxId(uuid(99))).await?,
            ])
        };
        assert_eq!(write(&store, again).await, [false; 3]);
    })
    .await;
}

#[tokio::test]
async fn the_next_due_time_is_that_of_a_message_that_can_be_claimed() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let next_due = || async { outbox::next_due(&store).await.expect("a read") };
        assert_eq!(next_due().await, None);
        let first = message(5, environment, 1);
        enqueue(&store, &first).await;
        enqueue(&store, &message(6, environment, 1)).await;
        assert_eq!(next_due().await, Some(at(0)));
        claim(&store, 0).await.expect("a message");
        assert_eq!(next_due().await, Some(at(30)));
        write(&store, async |tx| outbox::postpone(tx, first.id, at(500), "status 500").await).await;
        assert_eq!(next_due().await, Some(at(500)));
        write(&store, async |tx| outbox::give_up(tx, first.id, at(500), "status 500").await).await;
        assert_eq!(next_due().await, Some(at(0)));
    })
    .await;
}

#[tokio::test]
async fn only_messages_that_were_given_up_are_purged() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let given_up = message(5, environment, 1);
        enqueue(&store, &given_up).await;
        enqueue(&store, &message(6, environment, 2)).await;
        write(&store, async |tx| outbox::give_up(tx, given_up.id, at(500), "status 500").await).await;
        assert_eq!(write(&store, async |tx| outbox::purge(tx, at(500)).await).await, 0);
        assert_eq!(write(&store, async |tx| outbox::purge(tx, at(501)).await).await, 1);
        assert_eq!(claimed_id(&store, 502).await, Some(message(6, environment, 2).id));
    })
    .await;
}

#[tokio::test]
async fn a_message_of_a_transaction_that_failed_does_not_exist() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let mut tx = store.begin().await.expect("a transaction begins");
        outbox::enqueue(&mut tx, &message(5, environment, 1)).await.expect("a write");
        drop(tx);
        assert_eq!(claimed_id(&store, 0).await, None);
    })
    .await;
}

#[tokio::test]
async fn eight_workers_claim_each_message_once_and_in_order() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        write(&store, async |tx| {
            for n in 0..96 {
                outbox::enqueue(tx, &message(100 + n, environment, n % 12)).await?;
            }
            Ok(())
        })
        .await;
        let delivered = std::sync::Arc::new(tokio::sync::Mutex::new(HashMap::<Uuid, Vec<OutboxId>>::new()));
        at_once(8, |_| {
            let (store, delivered) = (store.clone(), delivered.clone());
            async move {
                while outbox::next_due(&store).await.expect("a read").is_some() {
                    let Some(message) = claim(&store, 0).await else {
                        tokio::task::yield_now().await;
                        continue;
                    };
                    delivered.lock().await.entry(message.stream).or_default().push(message.id);
                    write(&store, async |tx| outbox::delivered(tx, message.id).await).await;
                }
            }
        })
        .await;
        let delivered = delivered.lock().await;
        for stream in 0..12 {
            let expected: Vec<_> = (0..8).map(|n| OutboxId(uuid(100 + stream + 12 * n))).collect();
            assert_eq!(delivered[&uuid(stream)], expected);
        }
    })
    .await;
}
