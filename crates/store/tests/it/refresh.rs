use model::Connection;
use model::connection::{LookupHealth, RefreshHealth};
use protocol::CredentialKind;
use store::connections::{self, Refreshed};
use store::{Store, Tx};
use testkit::databases::each_store;

use crate::fixtures::{
    assert_same, at, at_once, connection, health, object, sealed, stored_connection, stored_integration,
    uuid, write,
};

fn refreshed() -> Refreshed {
    Refreshed {
        credential: sealed("fresh credential"),
        version: 2,
        kind: CredentialKind::ClientCredentials,
        obtained_at: at(100),
        expires_at: None,
        refreshable: false,
        config: Some(object("instance_url", "https://eu1.example")),
        lookups: None,
        updated_at: at(101),
    }
}

async fn by_id(store: &Store, connection: &Connection) -> Connection {
    let found = connections::find_by_id(store, connection.environment, connection.id).await.expect("a read");
    found.expect("a connection")
}

async fn lease(store: &Store, connection: &Connection, owner: u64, now: i64) -> bool {
    let Connection { environment, id, version, .. } = *connection;
    connections::set_refresh_lease(store, environment, id, version, uuid(owner), at(now + 30), at(now))
        .await
        .expect("a write")
}

#[tokio::test]
async fn a_refreshed_credential_replaces_the_old_one_and_ends_the_failures() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let fresh = refreshed();
        let (environment, id) = (stored.environment, stored.id);
        assert!(
            write(&store, async |tx| connections::store_refreshed(tx, environment, id, 1, &fresh).await)
                .await
        );
        let found = by_id(&store, &stored).await;
        assert_eq!(found.credential, fresh.credential);
        let expected = Connection {
            credential: fresh.credential,
            version: 2,
            kind: fresh.kind,
            obtained_at: fresh.obtained_at,
            expires_at: None,
            refreshable: false,
            config: object("instance_url", "https://eu1.example"),
            refresh: RefreshHealth::default(),
            updated_at: fresh.updated_at,
            ..stored
        };
        assert_same(&found, &expected);
    })
    .await;
}

#[tokio::test]
async fn connection_fields_stay_when_a_refresh_brings_none() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let fresh = Refreshed { config: None, ..refreshed() };
        let (environment, id) = (stored.environment, stored.id);
        assert!(
            write(&store, async |tx| connections::store_refreshed(tx, environment, id, 1, &fresh).await)
                .await
        );
        assert_eq!(by_id(&store, &stored).await.config, stored.config);
    })
    .await;
}

#[tokio::test]
async fn what_a_refresh_leaves_to_be_looked_up_is_due_and_other_look_ups_stay() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let open = LookupHealth { failures: 3, retry_at: Some(at(90)), error: Some("no answer".to_owned()) };
        let stored = Connection { lookups: open.clone(), ..connection(5, &github) };
        write(&store, async |tx| connections::insert(tx, &stored).await).await;
        let (environment, id) = (stored.environment, stored.id);
        let refresh = async |version, lookups| {
            let fresh = Refreshed { version: version + 1, lookups, ..refreshed() };
            write(&store, async |tx| connections::store_refreshed(tx, environment, id, version, &fresh).await)
                .await
        };
        assert!(refresh(1, None).await);
        assert_eq!(by_id(&store, &stored).await.lookups, open);
        let failed = LookupHealth::default().failed(at(100), "no end".to_owned());
        assert!(refresh(2, Some(failed.clone())).await);
        assert_eq!(by_id(&store, &stored).await.lookups, failed);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_of_an_outdated_version_changes_nothing() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let elsewhere = stored_integration(&store, 11).await.environment;
        let stored = stored_connection(&store, 5, &github).await;
        let (environment, id, fresh, health) =
            (stored.environment, stored.id, refreshed(), RefreshHealth::default());
        let stale = async |tx: &mut Tx| {
            Ok([
                connections::store_refreshed(tx, environment, id, 2, &fresh).await?,
                connections::store_refreshed(tx, elsewhere, id, 1, &fresh).await?,
                connections::record_refresh_failure(tx, environment, id, 2, &health, at(9)).await?,
                connections::record_refresh_failure(tx, elsewhere, id, 1, &health, at(9)).await?,
            ])
        };
        assert_eq!(write(&store, stale).await, [false; 4]);
        assert_same(&by_id(&store, &stored).await, &stored);
    })
    .await;
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_is_stored() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let won = at_once(8, |_| {
            let (store, environment, id) = (store.clone(), stored.environment, stored.id);
            async move {
                let fresh = refreshed();
                write(&store, async |tx| connections::store_refreshed(tx, environment, id, 1, &fresh).await)
                    .await
            }
        });
        assert_eq!(won.await.into_iter().filter(|won| *won).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_recorded_without_touching_the_credential() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let fine = Connection { refresh: RefreshHealth::default(), ..connection(5, &github) };
        write(&store, async |tx| connections::insert(tx, &fine).await).await;
        let recorded = write(&store, async |tx| {
            connections::record_refresh_failure(tx, fine.environment, fine.id, 1, &health(), at(9)).await
        })
        .await;
        assert!(recorded);
        let found = by_id(&store, &fine).await;
        assert_eq!(found.credential, fine.credential);
        assert_same(&found, &Connection { refresh: health(), updated_at: at(9), ..fine });
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_held_until_it_is_given_back_or_lapses() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        assert!(lease(&store, &stored, 1, 0).await);
        assert!(!lease(&store, &stored, 2, 29).await);
        // Nobody gives back what another holds.
        for (owner, free) in [(2, false), (1, true)] {
            connections::release_refresh_lease(&store, stored.environment, stored.id, uuid(owner))
                .await
                .expect("a write");
            assert_eq!(lease(&store, &stored, 3, 10).await, free);
        }
        assert!(!lease(&store, &stored, 4, 39).await);
        assert!(lease(&store, &stored, 4, 40).await);
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_not_given_for_an_outdated_version_or_in_another_environment() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let elsewhere = stored_integration(&store, 11).await.environment;
        let stored = stored_connection(&store, 5, &github).await;
        assert!(!lease(&store, &Connection { version: 2, ..stored.clone() }, 1, 0).await);
        assert!(!lease(&store, &Connection { environment: elsewhere, ..stored.clone() }, 1, 0).await);
        assert!(lease(&store, &stored, 1, 0).await);
    })
    .await;
}

#[tokio::test]
async fn of_many_that_want_a_lease_at_once_one_has_it() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let held = at_once(8, |owner| {
            let (store, stored) = (store.clone(), stored.clone());
            async move { lease(&store, &stored, owner, 0).await }
        });
        assert_eq!(held.await.into_iter().filter(|held| *held).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stored_refresh_ends_the_lease() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        assert!(lease(&store, &stored, 1, 0).await);
        let (environment, id) = (stored.environment, stored.id);
        write(&store, async |tx| connections::store_refreshed(tx, environment, id, 1, &refreshed()).await)
            .await;
        assert!(lease(&store, &Connection { version: 2, ..stored }, 2, 1).await);
    })
    .await;
}
