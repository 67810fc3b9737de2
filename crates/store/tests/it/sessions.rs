use store::{Constraint, Error, flows, sessions};
use testkit::databases::each_store;

use crate::fixtures::{assert_same, at, flow, refused, session, stored_integration, stored_session, write};

#[tokio::test]
async fn a_session_is_found_by_token_and_by_identifier() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let stored = stored_session(&store, 3, environment).await;
        let by_token = sessions::find_by_token(&store, &stored.token_hash).await.expect("a read");
        assert_same(&by_token.as_ref(), &Some(&stored));
        assert_same(&sessions::find(&store, stored.id).await.expect("a read"), &by_token);
        assert!(by_token.is_some_and(|found| found.defaults == stored.defaults));
        assert!(sessions::find_by_token(&store, &[0; 32]).await.expect("a read").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_token_belongs_to_one_session() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let stored = stored_session(&store, 3, environment).await;
        let mut second = session(4, environment);
        second.token_hash = stored.token_hash;
        let error = refused(&store, async |tx| sessions::create(tx, &second).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::SessionToken)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_deleted_in_its_environment_only_and_takes_its_flows_along() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let elsewhere = stored_integration(&store, 11).await.environment;
        let stored = stored_session(&store, 3, github.environment).await;
        let flow = flow(4, &stored, github.id);
        write(&store, async |tx| flows::create(tx, &flow).await).await;

        assert!(!write(&store, async |tx| sessions::delete(tx, elsewhere, stored.id).await).await);
        assert!(write(&store, async |tx| sessions::delete(tx, github.environment, stored.id).await).await);
        assert!(sessions::find(&store, stored.id).await.expect("a read").is_none());
        assert!(flows::consume(&store, &flow.state_hash, at(1)).await.expect("a write").is_none());
    })
    .await;
}

#[tokio::test]
async fn only_sessions_that_have_ended_are_purged() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let stored = stored_session(&store, 3, environment).await;
        assert_eq!(write(&store, async |tx| sessions::purge(tx, stored.expires_at).await).await, 0);
        assert_eq!(write(&store, async |tx| sessions::purge(tx, at(1801)).await).await, 1);
        assert!(sessions::find(&store, stored.id).await.expect("a read").is_none());
    })
    .await;
}
