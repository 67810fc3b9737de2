use model::Connection;
use model::connection::LookupHealth;
use store::connections::{self, LookedUp};
use testkit::databases::each_store;

use crate::fixtures::{at, connection, object, sealed, stored_integration, write};

fn due(number: u64, integration: &model::Integration, seconds: i64) -> Connection {
    Connection { lookups: LookupHealth::pending(at(seconds)), ..connection(number, integration) }
}

#[tokio::test]
async fn what_was_looked_up_replaces_fields_and_account_at_the_expected_version_only() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = due(5, &github, 10);
        write(&store, async |tx| connections::insert(tx, &stored).await).await;
        let (environment, id) = (stored.environment, stored.id);
        let found = LookedUp {
            credential: sealed("with a secret field"),
            version: 2,
            expires_at: Some(at(3600)),
            config: object("portal_id", "62515"),
            account: Some("Acme".to_owned()),
            lookups: LookupHealth {
                failures: 1,
                retry_at: Some(at(90)),
                error: Some("no answer".to_owned()),
            },
            updated_at: at(30),
        };
        let store_it = async |expected| {
            write(&store, async |tx| {
                connections::store_looked_up(tx, environment, id, expected, &found).await
            })
            .await
        };
        assert!(!store_it(7).await);
        assert!(store_it(1).await);
        assert!(!store_it(1).await, "the version has moved");
        let read =
            connections::find_by_id(&store, environment, id).await.expect("a read").expect("it is there");
        assert_eq!((read.version, read.account.as_deref()), (2, Some("Acme")));
        assert_eq!((read.config, read.lookups), (found.config, found.lookups));
        assert_eq!(read.expires_at, found.expires_at);
        assert_eq!(read.refresh, stored.refresh, "refreshing is another matter");
    })
    .await;
}

#[tokio::test]
async fn due_look_ups_are_claimed_once_and_the_longest_due_first() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let (early, late, never) = (due(5, &github, 10), due(6, &github, 20), connection(7, &github));
        for connection in [&late, &early, &never] {
            write(&store, async |tx| connections::insert(tx, connection).await).await;
        }
        let claim = async |now, until| {
            connections::claim_lookup(&store, at(now), at(until)).await.expect("a claim").map(|(_, id)| id)
        };
        assert_eq!(claim(9, 100).await, None);
        assert_eq!(claim(25, 100).await, Some(early.id));
        assert_eq!(claim(25, 100).await, Some(late.id));
        assert_eq!(claim(25, 100).await, None);
        assert_eq!(claim(100, 200).await, Some(early.id), "a node that died does not keep it");
    })
    .await;
}
