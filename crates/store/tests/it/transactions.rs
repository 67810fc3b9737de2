use store::environments;
use testkit::databases::each_store;

use crate::fixtures::{environment, write};

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    each_store(|store| async move {
        let mut tx = store.begin().await.expect("a transaction begins");
        environments::create(&mut tx, &environment(1)).await.expect("a write");
        drop(tx);
        assert!(environments::list(&store).await.expect("a read").is_empty());
        write(&store, async |tx| environments::create(tx, &environment(1)).await).await;
    })
    .await;
}

#[tokio::test]
async fn readers_do_not_see_what_is_not_committed() {
    each_store(|store| async move {
        let mut tx = store.begin().await.expect("a transaction begins");
        environments::create(&mut tx, &environment(1)).await.expect("a write");
        assert!(environments::list(&store).await.expect("a read").is_empty());
        tx.commit().await.expect("a commit");
        assert_eq!(environments::list(&store).await.expect("a read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_open_store_answers_and_a_closed_one_is_not_available() {
    each_store(|store| async move {
        store.ping().await.expect("an answer");
        store.close().await;
        assert!(matches!(store.ping().await, Err(store::Error::Unavailable(_))));
    })
    .await;
}
