//! Connections as the app sees them: lists, changes, metadata, deletion.

use engine::{ConnectionPatch, Error, ListQuery, MetadataWrite, RevocationOutcome, Thing, right};
use futures_util::future::join_all;
use model::{ConnectionKey, EndUser, Organization, Tags};
use sandbox::{Endpoint, Fault};
use serde_json::{Map, Value, json};
use testkit::{World, each_world};

use crate::fixtures::{
    Established, api_key, connection_key, established, imported, new_connection, object, plain_keys, texts,
    traces,
};

fn person(id: &str, organization: Option<&str>) -> EndUser {
    EndUser {
        id: id.to_owned(),
        email: Some(format!("{id}@example.com")),
        display_name: None,
        tags: None,
        organization: organization.map(|id| Organization { id: id.to_owned(), display_name: None }),
    }
}

async fn found(world: &World, filter: ListQuery) -> Vec<String> {
    let by = world.may::<right::ListConnections>();
    let listed = world.engine.connections(&by, &filter, 100, 0).await.expect("a list");
    let mut keys: Vec<_> = listed.into_iter().map(|listed| listed.key.to_string()).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn lists_are_filtered_by_what_is_known_of_a_connection() {
    each_world(async |world| {
        let (keys, other) = (plain_keys(&world, "keys").await, plain_keys(&world, "other").await);
        for (integration, key, user, organization) in [
            (&keys, "a", "ada", Some("acme")),
            (&keys, "b", "bob", None),
            (&other, "c", "cleo", Some("acme")),
        ] {
            let mut new = new_connection(integration, key, api_key("k"));
            new.end_user = Some(person(user, organization));
            imported(&world, new).await;
        }
        let all = ListQuery::default;
        let some = |text: &str| Some(text.to_owned());
        let only = |key: &str| Some(vec![key.to_owned()]);
        let rows: [(ListQuery, &[&str]); 8] = [
            (all(), &["a", "b", "c"]),
            (ListQuery { connection_id: some("b"), ..all() }, &["b"]),
            (ListQuery { search: some("ADA@"), ..all() }, &["a"]),
            (ListQuery { end_user_id: some("cleo"), ..all() }, &["c"]),
            (ListQuery { end_user_organization_id: some("acme"), ..all() }, &["a", "c"]),
            (ListQuery { integration_keys: only("other"), ..all() }, &["c"]),
            (ListQuery { tags: texts(&[("end_user_id", "bob")]), ..all() }, &["b"]),
            (
                ListQuery { integration_keys: only("keys"), end_user_organization_id: some("acme"), ..all() },
                &["a"],
            ),
        ];
        for (filter, expected) in rows {
            assert_eq!(found(&world, filter.clone()).await, expected, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    each_world(async |world| {
        let connection = established(&world).await;
        let by = world.may::<right::UpdateConnection>();
        let before = connection.stored(&world).await;
        let change = ConnectionPatch {
            tags: Some(Tags::parse(texts(&[("team", "red")])).expect("good tags")),
            ..ConnectionPatch::default()
        };
        let patched =
            world.engine.update_connection(&by, &connection.integration, &connection.key, change).await;
        patched.expect("it is changed");
        let after = connection.stored(&world).await;
        assert_eq!(*after.tags.as_map(), texts(&[("team", "red")]));
        assert_eq!((&after.end_user, after.version), (&before.end_user, before.version));
        let change = ConnectionPatch { end_user: Some(person("eve", None)), ..ConnectionPatch::default() };
        let patched =
            world.engine.update_connection(&by, &connection.integration, &connection.key, change).await;
        patched.expect("it is changed");
        let after = connection.stored(&world).await;
        assert_eq!(after.tags.as_map()["end_user_id"], "eve");
        assert_eq!(traces(&world, "connection.updated").await, 2);
        connection.token(&world).await;
    })
    .await;
}

async fn write(world: &World, keys: &[&str], metadata: Value, how: MetadataWrite) -> Result<(), Error> {
    let keys: Vec<ConnectionKey> = keys.iter().map(|key| connection_key(key)).collect();
    let by = world.may::<right::UpdateConnection>();
    let integration = crate::fixtures::integration_key("keys");
    world.engine.write_metadata(&by, &integration, &keys, &object(metadata), how).await
}

async fn metadata(world: &World, key: &str) -> Option<Value> {
    let integration = crate::fixtures::integration_key("keys");
    let connection = Established { integration, key: connection_key(key) };
    connection.stored(world).await.metadata.map(Value::Object)
}

#[tokio::test]
async fn metadata_is_merged_key_by_key_or_replaced() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        imported(&world, new_connection(&integration, "a", api_key("k"))).await;
        write(&world, &["a"], json!({"x": 1, "y": 1}), MetadataWrite::Merge).await.expect("it is written");
        write(&world, &["a"], json!({"y": 2}), MetadataWrite::Merge).await.expect("it is written");
        assert_eq!(metadata(&world, "a").await, Some(json!({"x": 1, "y": 2})));
        write(&world, &["a"], json!({"z": 3}), MetadataWrite::Replace).await.expect("it is written");
        assert_eq!(metadata(&world, "a").await, Some(json!({"z": 3})));
    })
    .await;
}

#[tokio::test]
async fn of_many_merges_at_once_none_is_lost() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        for key in ["a", "b"] {
            imported(&world, new_connection(&integration, key, api_key("k"))).await;
        }
        let merges = (0..16).map(|n| {
            // Named in both orders: writers that lock in the order of naming would wait for each other.
            let keys = if n % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
            let (world, merge) = (&world, json!({ format!("key_{n}"): n }));
            async move { write(world, &keys, merge, MetadataWrite::Merge).await }
        });
        for written in join_all(merges).await {
            written.expect("it is written");
        }
        for key in ["a", "b"] {
            let written = metadata(&world, key).await.expect("metadata");
            assert_eq!(written.as_object().map(Map::len), Some(16), "{written}");
        }
    })
    .await;
}

#[tokio::test]
async fn changes_of_a_person_and_of_an_address_at_once_are_both_kept() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        imported(&world, new_connection(&integration, "a", api_key("k"))).await;
        let connection = Established { integration, key: connection_key("a") };
        for n in 0..8 {
            let (name, address) = (format!("eve-{n}"), format!("https://app.example/{n}"));
            let patches = [
                ConnectionPatch { end_user: Some(person(&name, None)), ..ConnectionPatch::default() },
                ConnectionPatch { webhook_url_override: Some(address.clone()), ..ConnectionPatch::default() },
            ];
            let by = world.may::<right::UpdateConnection>();
            let changes = patches.map(|patch| {
                world.engine.update_connection(&by, &connection.integration, &connection.key, patch)
            });
            for patched in join_all(changes).await {
                patched.expect("it is changed");
            }
            let after = connection.stored(&world).await;
            assert_eq!(after.end_user.as_ref().map(|user| &*user.id), Some(&*name));
            assert_eq!(after.webhook_url_override, Some(address));
        }
    })
    .await;
}

#[tokio::test]
async fn metadata_of_several_connections_is_written_to_all_or_none() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        for key in ["a", "b"] {
            imported(&world, new_connection(&integration, key, api_key("k"))).await;
        }
        let partly = write(&world, &["a", "nope", "b"], json!({"x": 1}), MetadataWrite::Replace).await;
        assert!(matches!(partly, Err(Error::NotFound(Thing::Connection))));
        assert_eq!((metadata(&world, "a").await, metadata(&world, "b").await), (None, None));
        write(&world, &["a", "b"], json!({"x": 1}), MetadataWrite::Replace).await.expect("it is written");
        assert_eq!(metadata(&world, "b").await, Some(json!({"x": 1})));
        assert_eq!(traces(&world, "connection.updated").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_connection_is_revoked_at_the_provider() {
    each_world(async |world| {
        let connection = established(&world).await;
        let token = connection.token(&world).await;
        assert_eq!(delete(&world, &connection).await.expect("it is deleted"), RevocationOutcome::Revoked);
        assert_eq!(world.sandbox.requests("/revoke").len(), 1);
        assert!(matches!(
            crate::fixtures::unread(connection.read(&world).await),
            Error::NotFound(Thing::Connection)
        ));
        assert!(matches!(delete(&world, &connection).await, Err(Error::NotFound(Thing::Connection))));
        let entries = crate::fixtures::audit(&world).await;
        let revoked =
            entries.iter().find(|entry| entry.action == "connection.grant_revocation").expect("an entry");
        assert_eq!(revoked.detail.as_deref(), Some("revoked"));
        assert!(
            entries.iter().all(|entry| entry.detail.as_deref().is_none_or(|detail| !detail.contains(&token)))
        );
    })
    .await;
}

async fn delete(world: &World, connection: &Established) -> Result<RevocationOutcome, Error> {
    let by = world.may::<right::DeleteConnection>();
    let deleted = world.engine.delete_connection(&by, &connection.integration, &connection.key).await;
    deleted.map(|deleted| deleted.revocation.outcome)
}

#[tokio::test]
async fn a_provider_that_does_not_revoke_keeps_nothing_alive_here() {
    each_world(async |world| {
        let rows = [
            (Fault::status(503), RevocationOutcome::Unreachable),
            (Fault::status(403), RevocationOutcome::Refused),
        ];
        let integration = world.integration("op").await;
        for (fault, outcome) in rows {
            let key = world.connect(&integration).await.connection;
            let connection = Established { integration: integration.clone(), key };
            world.sandbox.fail(Endpoint::Revoke, fault, Some(1));
            assert_eq!(delete(&world, &connection).await.expect("it is deleted"), outcome);
        }
        assert!(crate::fixtures::listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_key_has_no_grant_to_revoke() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let connection = imported(&world, new_connection(&integration, "a", api_key("k"))).await;
        assert_eq!(delete(&world, &connection).await.expect("it is deleted"), RevocationOutcome::Unsupported);
    })
    .await;
}

#[tokio::test]
async fn a_grant_is_revoked_even_when_the_trail_cannot_be_written() {
    each_world(async |world| {
        let connection = established(&world).await;
        let trail = crate::hand_out::trail(&world);
        store::admin::execute(&trail, "alter table audit_entries rename to audit_away")
            .await
            .expect("it is renamed");
        assert!(matches!(delete(&world, &connection).await, Err(Error::Unavailable)));
        assert_eq!(world.sandbox.requests("/revoke").len(), 1);
    })
    .await;
}
