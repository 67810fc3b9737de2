use store::{Constraint, Error, canary};
use testkit::databases::each_store;

use crate::fixtures::{refused, sealed, uuid, write};

#[tokio::test]
async fn there_is_one_canary() {
    each_store(|store| async move {
        assert_eq!(canary::find(&store).await.expect("a read"), None);
        write(&store, async |tx| canary::create(tx, uuid(1), &sealed("tweet")).await).await;
        assert_eq!(canary::find(&store).await.expect("a read"), Some((uuid(1), sealed("tweet"))));
        let error = refused(&store, async |tx| canary::create(tx, uuid(2), &sealed("tweet")).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::Canary)), "{error}");
    })
    .await;
}
