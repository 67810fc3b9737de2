use store::{Error, Location, Store, admin, connections, integrations};
use testkit::databases::each_location;
use vault::{Context, OpenError};

use crate::fixtures::{connection, ring, stored_integration, write};

fn place(connection: &model::Connection) -> Context<'static> {
    Context {
        table: "connections",
        column: "credential",
        environment: connection.environment.bytes(),
        row: connection.id.bytes(),
        version: connection.version,
    }
}

async fn two_connections(store: &Store) -> [model::Connection; 2] {
    let github = stored_integration(store, 1).await;
    let connections = [5, 6].map(|n| {
        let mut connection = connection(n, &github);
        connection.credential = ring().seal(&place(&connection), b"swordfish", [9; 24]);
        connection
    });
    for connection in &connections {
        write(store, async |tx| connections::insert(tx, connection).await).await;
    }
    connections
}

async fn damage(location: &Location, sql: &str) {
    assert!(admin::execute(location, sql).await.expect("a raw statement") > 0);
}

#[tokio::test]
async fn swapped_credentials_do_not_open() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        let stored = two_connections(&store).await;
        for connection in &stored {
            let found =
                connections::find_by_id(&store, connection.environment, connection.id).await.expect("a read");
            let opened = ring().open(&place(connection), &found.expect("a connection").credential);
            assert!(opened.is_ok_and(|opened| opened.matches(b"swordfish")));
        }
        // From a copy: SQLite would read the first row's new value for the second.
        let copy = "create table copy as select number, credential from connections";
        admin::execute(&location, copy).await.expect("a raw statement");
        let swap = "update connections set credential =
            (select o.credential from copy o where o.number = 11 - connections.number)";
        damage(&location, swap).await;
        for connection in &stored {
            let found =
                connections::find_by_id(&store, connection.environment, connection.id).await.expect("a read");
            let opened = ring().open(&place(connection), &found.expect("a connection").credential);
            assert_eq!(opened.err(), Some(OpenError::Integrity));
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_older_version_of_a_row_does_not_open_its_credential() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        let [stored, _] = two_connections(&store).await;
        damage(&location, "update connections set version = 2").await;
        let found = connections::find_by_id(&store, stored.environment, stored.id).await.expect("a read");
        let found = found.expect("a connection");
        assert_eq!(ring().open(&place(&found), &found.credential).err(), Some(OpenError::Integrity));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn damaged_columns_are_reported_by_name_and_without_their_value() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        let [stored, _] = two_connections(&store).await;
        let undamaged = [
            ("credential", "credential"),
            ("tags", "'{}'"),
            ("kind", "'OAUTH2'"),
            ("version", "1"),
            ("created_at", "0"),
            ("end_user", "null"),
        ];
        let damaged = [
            "tags",
            "'{\"swordfish\":1}'",
            "kind",
            "'SWORDFISH'",
            "version",
            "-1",
            "end_user",
            "'swordfish'",
        ];
        for pair in damaged.chunks(2) {
            damage(&location, &format!("update connections set {} = {}", pair[0], pair[1])).await;
            let error =
                connections::find_by_id(&store, stored.environment, stored.id).await.expect_err("corrupt");
            let text = format!("{error} {error:?}");
            assert!(
                matches!(&error, Error::Corrupt { table: "connections", what } if what.starts_with(pair[0]))
            );
            assert!(!text.to_lowercase().contains("swordfish"), "{text}");
            let (column, value) =
                undamaged.iter().find(|(column, _)| *column == pair[0]).expect("listed above");
            damage(&location, &format!("update connections set {column} = {value}")).await;
        }
        connections::find_by_id(&store, stored.environment, stored.id).await.expect("mended");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn plain_text_in_place_of_a_sealed_value_is_corrupt() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        let github = stored_integration(&store, 1).await;
        let plain = match location {
            Location::Sqlite { .. } => "x'7b7d'",
            Location::Postgres { .. } => r"'\x7b7d'::bytea",
        };
        damage(&location, &format!("update integrations set secrets = {plain}")).await;
        let error = integrations::find(&store, github.environment, &github.key).await.expect_err("corrupt");
        assert!(matches!(error, Error::Corrupt { table: "integrations", .. }), "{error}");
        store.close().await;
    })
    .await;
}
