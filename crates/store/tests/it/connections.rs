use model::connection::RefreshHealth;
use model::{Connection, ConnectionKey, IntegrationKey};
use protocol::CredentialKind;
use store::connections::{self, ListFilter, Profile};
use store::{Constraint, Error, Store};
use testkit::databases::each_store;

use crate::fixtures::{
    assert_same, at, connection, object, refused, sealed, stored_connection, stored_integration, tags, uuid,
    write,
};

async fn by_id(store: &Store, connection: &Connection) -> Option<Connection> {
    connections::find_by_id(store, connection.environment, connection.id).await.expect("a read")
}

#[tokio::test]
async fn a_connection_is_found_with_its_provider() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let found = connections::find(&store, github.environment, &github.key, &stored.key)
            .await
            .expect("a read")
            .expect("a connection");
        assert_eq!(found.provider, "github".into());
        assert_same(&*found.connection, &stored);
        assert_eq!(found.connection.credential, stored.credential);
        assert_same(&by_id(&store, &stored).await, &Some(stored.clone()));
        let inside = write(&store, async |tx| {
            connections::find_to_change(tx, github.environment, github.id, &stored.key).await
        })
        .await;
        assert_same(&inside, &Some(stored));
    })
    .await;
}

#[tokio::test]
async fn a_connection_with_nothing_optional_is_read_back() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let bare = Connection {
            end_user: None,
            tags: tags(&[]),
            metadata: None,
            webhook_url_override: None,
            kind: CredentialKind::None,
            expires_at: None,
            refreshable: false,
            refresh: RefreshHealth::default(),
            missing_scopes: Vec::new(),
            account: None,
            last_fetched_at: None,
            ..connection(5, &github)
        };
        write(&store, async |tx| connections::insert(tx, &bare).await).await;
        assert_same(&by_id(&store, &bare).await, &Some(bare));
    })
    .await;
}

#[tokio::test]
async fn another_key_of_connection_or_integration_finds_nothing() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let other_key = ConnectionKey::parse("CONNECTION-5").expect("a good key");
        let other_integration = IntegrationKey::parse("other").expect("a good key");
        for (integration, key) in [(&github.key, &other_key), (&other_integration, &stored.key)] {
            let found =
                connections::find(&store, github.environment, integration, key).await.expect("a read");
            assert!(found.is_none());
        }
    })
    .await;
}

#[tokio::test]
async fn another_environment_sees_and_changes_nothing() {
    each_store(|store| async move {
        let ours = stored_integration(&store, 1).await;
        let theirs = stored_integration(&store, 11).await.environment;
        let stored = stored_connection(&store, 5, &ours).await;
        let id = stored.id;
        let profile = Profile { end_user: None, tags: tags(&[]), webhook_url_override: None };
        assert!(connections::find(&store, theirs, &ours.key, &stored.key).await.expect("a read").is_none());
        assert!(connections::find_by_id(&store, theirs, id).await.expect("a read").is_none());
        let mut tx = store.begin().await.expect("a transaction begins");
        let found = connections::find_to_change(&mut tx, theirs, ours.id, &stored.key).await.expect("a read");
        assert!(found.is_none());
        let changed = [
            connections::replace(&mut tx, theirs, &stored, 1).await.expect("a write"),
            connections::update_profile(&mut tx, theirs, id, &profile, at(9)).await.expect("a write"),
            connections::set_metadata(&mut tx, theirs, id, &object("a", "b")).await.expect("a write"),
            connections::delete(&mut tx, theirs, id).await.expect("a write"),
        ];
        assert_eq!(changed, [false; 4]);
        tx.commit().await.expect("a commit");
        assert_same(&by_id(&store, &stored).await, &Some(stored));
    })
    .await;
}

#[tokio::test]
async fn a_connection_cannot_join_two_environments() {
    each_store(|store| async move {
        let ours = stored_integration(&store, 1).await;
        let theirs = stored_integration(&store, 11).await;
        let mixed = Connection { environment: theirs.environment, ..connection(5, &ours) };
        let error = refused(&store, async |tx| connections::insert(tx, &mixed).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::Reference)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn key_and_number_are_unique() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let same_key = Connection { key: stored.key.clone(), ..connection(6, &github) };
        let error = refused(&store, async |tx| connections::insert(tx, &same_key).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::ConnectionKey)), "{error}");
        let same_number = Connection { number: stored.number, ..connection(7, &github) };
        let error = refused(&store, async |tx| connections::insert(tx, &same_number).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::ConnectionNumber)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_replaced_connection_keeps_only_what_names_it() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let replacement = Connection {
            end_user: None,
            tags: tags(&[("plan", "iron")]),
            metadata: None,
            config: object("subdomain", "other"),
            webhook_url_override: None,
            credential: sealed("other credential"),
            kind: CredentialKind::ApiKey,
            version: 2,
            obtained_at: at(50),
            expires_at: None,
            refreshable: false,
            refresh: RefreshHealth::default(),
            missing_scopes: vec!["files.read".to_owned(), "offline_access".to_owned()],
            account: None,
            updated_at: at(51),
            // These stay.
            number: 77,
            key: ConnectionKey::parse("other").expect("a good key"),
            last_fetched_at: None,
            created_at: at(52),
            ..stored.clone()
        };
        let environment = github.environment;
        assert!(write(&store, async |tx| connections::replace(tx, environment, &replacement, 1).await).await);
        let found = by_id(&store, &stored).await.expect("a connection");
        assert_eq!(found.credential, replacement.credential);
        let expected = Connection {
            number: stored.number,
            key: stored.key,
            last_fetched_at: stored.last_fetched_at,
            created_at: stored.created_at,
            ..replacement
        };
        assert_same(&found, &expected);
        assert!(!write(&store, async |tx| connections::replace(tx, environment, &expected, 1).await).await);
    })
    .await;
}

#[tokio::test]
async fn a_changed_profile_is_found_by_its_new_tags_only() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let profile = Profile {
            end_user: None,
            tags: tags(&[("plan", "iron")]),
            webhook_url_override: Some("https://hooks.example/2".to_owned()),
        };
        let environment = github.environment;
        let updated = write(&store, async |tx| {
            connections::update_profile(tx, environment, stored.id, &profile, at(9)).await
        })
        .await;
        assert!(updated);
        let expected = Connection {
            end_user: None,
            tags: profile.tags,
            webhook_url_override: profile.webhook_url_override,
            updated_at: at(9),
            ..stored
        };
        assert_same(&by_id(&store, &expected).await, &Some(expected));
        for (value, matches) in [("gold", 0), ("iron", 1)] {
            let filter =
                ListFilter { tags: [("plan".to_owned(), value.to_owned())].into(), ..ListFilter::default() };
            let listed = connections::list(&store, environment, &filter, 10, 0).await.expect("a read");
            assert_eq!(listed.len(), matches, "{value}");
        }
    })
    .await;
}

#[tokio::test]
async fn metadata_is_replaced_and_keeps_its_order() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let mut metadata = object("z", "é \0");
        metadata.insert("a".to_owned(), serde_json::json!({ "nested": [1, null, true] }));
        let environment = github.environment;
        assert!(
            write(&store, async |tx| connections::set_metadata(tx, environment, stored.id, &metadata).await)
                .await
        );
        let found = by_id(&store, &stored).await.expect("a connection").metadata.expect("metadata");
        assert_eq!(found, metadata);
        assert!(found.keys().eq(["z", "a"]));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_connection_is_gone_with_its_tags() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let environment = github.environment;
        assert!(write(&store, async |tx| connections::delete(tx, environment, stored.id).await).await);
        assert!(by_id(&store, &stored).await.is_none());
        assert!(!write(&store, async |tx| connections::delete(tx, environment, stored.id).await).await);
        // The key and the tags are free again.
        write(&store, async |tx| connections::insert(tx, &stored).await).await;
    })
    .await;
}

#[tokio::test]
async fn an_earlier_fetch_does_not_replace_a_later_one() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let unknown = (model::ConnectionId(uuid(99)), at(80));
        for fetched in [vec![(stored.id, at(20)), unknown, (stored.id, at(10))], vec![(stored.id, at(15))]] {
            write(&store, async |tx| connections::touch(tx, &fetched).await).await;
            let found = by_id(&store, &stored).await.expect("a connection");
            assert_eq!(found.last_fetched_at, Some(at(20)));
        }
    })
    .await;
}
