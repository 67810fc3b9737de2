use model::flow::MOST_OF_A_SESSION;
use store::{Constraint, Error, Store, flows};
use testkit::databases::each_store;

use crate::fixtures::{
    assert_same, at, at_once, flow, refused, sealed, stored_integration, stored_session, write,
};

async fn stored_flow(store: &Store) -> model::PendingFlow {
    let github = stored_integration(store, 1).await;
    let session = stored_session(store, 3, github.environment).await;
    let flow = flow(4, &session, github.id);
    write(store, async |tx| flows::create(tx, &flow).await).await;
    flow
}

#[tokio::test]
async fn a_flow_is_taken_once() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        let taken = flows::consume(&store, &stored.state_hash, at(599)).await.expect("a write");
        assert_same(&taken.as_ref(), &Some(&stored));
        assert!(taken.is_some_and(|taken| taken.sealed == stored.sealed));
        assert!(flows::consume(&store, &stored.state_hash, at(599)).await.expect("a write").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_flow_that_is_only_looked_at_can_still_be_taken() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        let seen = flows::find(&store, &stored.state_hash, at(599)).await.expect("a read");
        assert_same(&seen.as_ref(), &Some(&stored));
        assert!(flows::find(&store, &stored.state_hash, at(600)).await.expect("a read").is_none());
        assert!(flows::consume(&store, &stored.state_hash, at(599)).await.expect("a write").is_some());
        assert!(flows::find(&store, &stored.state_hash, at(599)).await.expect("a read").is_none());
    })
    .await;
}

#[tokio::test]
async fn of_many_who_write_a_flow_anew_one_succeeds() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        let other = sealed("anew");
        let written = at_once(8, |_| {
            let (store, stored, other) = (store.clone(), stored.clone(), other.clone());
            async move { flows::reseal(&store, &stored, &other).await.expect("a write") }
        });
        assert_eq!(written.await.into_iter().filter(|written| *written).count(), 1);
        let seen = flows::find(&store, &stored.state_hash, at(1)).await.expect("a read");
        assert!(seen.is_some_and(|seen| seen.sealed == other));
    })
    .await;
}

#[tokio::test]
async fn a_flow_that_was_taken_is_not_written_anew() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        flows::consume(&store, &stored.state_hash, at(1)).await.expect("a write");
        assert!(!flows::reseal(&store, &stored, &sealed("anew")).await.expect("a write"));
    })
    .await;
}

#[tokio::test]
async fn of_two_takers_at_once_one_has_the_flow() {
    each_store(|store| async move {
        let state_hash = stored_flow(&store).await.state_hash;
        let taken = at_once(8, |_| {
            let store = store.clone();
            async move { flows::consume(&store, &state_hash, at(1)).await.expect("a write").is_some() }
        });
        assert_eq!(taken.await.into_iter().filter(|taken| *taken).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_expired_flow_is_not_taken() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        assert!(flows::consume(&store, &stored.state_hash, at(600)).await.expect("a write").is_none());
        assert!(flows::consume(&store, &[0; 32], at(1)).await.expect("a write").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_state_belongs_to_one_flow() {
    each_store(|store| async move {
        let mut second = stored_flow(&store).await;
        second.id = crate::fixtures::uuid(9);
        let error = refused(&store, async |tx| flows::create(tx, &second).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::FlowState)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_flow_cannot_join_two_environments() {
    each_store(|store| async move {
        let stored = stored_flow(&store).await;
        let elsewhere = stored_integration(&store, 11).await;
        let session = stored_session(&store, 13, elsewhere.environment).await;
        let mixed = flow(14, &session, stored.integration);
        let error = refused(&store, async |tx| flows::create(tx, &mixed).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::Reference)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_begins_very_many_flows_keeps_the_newest() {
    each_store(|store| async move {
        let first = stored_flow(&store).await;
        let bystander = stored_session(&store, 50, first.environment).await;
        let theirs = flow(51, &bystander, first.integration);
        write(&store, async |tx| flows::create(tx, &theirs).await).await;
        let session = model::ConnectSession { id: first.session, ..bystander };
        let later: Vec<_> = (1..=u64::from(MOST_OF_A_SESSION))
            .map(|n| model::PendingFlow {
                created_at: at(i64::try_from(n).expect("small")),
                ..flow(100 + n, &session, first.integration)
            })
            .collect();
        for flow in &later {
            write(&store, async |tx| flows::create(tx, flow).await).await;
        }
        let is_there = async |flow: &model::PendingFlow| {
            flows::find(&store, &flow.state_hash, at(1)).await.expect("a read").is_some()
        };
        assert!(!is_there(&first).await);
        for flow in later.iter().chain([&theirs]) {
            assert!(is_there(flow).await);
        }
    })
    .await;
}

#[tokio::test]
async fn only_flows_that_have_ended_are_purged() {
    each_store(|store| async move {
        stored_flow(&store).await;
        assert_eq!(write(&store, async |tx| flows::purge(tx, at(600)).await).await, 0);
        assert_eq!(write(&store, async |tx| flows::purge(tx, at(601)).await).await, 1);
    })
    .await;
}
