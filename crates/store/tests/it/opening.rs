use std::path::Path;

use store::{AuditLog, Location, OpenError, Store, admin, connections, environments};
use testkit::databases::{each_location, on_postgres};
use vault::Secret;

use crate::fixtures::{at_once, environment, stored_connection, stored_integration, write};

async fn refusal(location: &Location) -> OpenError {
    Store::open(location).await.err().expect("it does not open")
}

fn sqlite(path: &Path) -> Location {
    Location::Sqlite { path: path.to_owned() }
}

fn postgres(url: &str) -> Location {
    Location::Postgres { url: Secret::new(url.to_owned()), behind_pooler: false }
}

#[tokio::test]
async fn a_database_is_found_again_as_it_was_left() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        write(&store, async |tx| environments::create(tx, &environment(1)).await).await;
        store.close().await;
        let store = Store::open(&location).await.expect("the same database");
        assert_eq!(environments::list(&store).await.expect("a read"), [environment(1)]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_open_a_fresh_database_at_once() {
    each_location(|location| async move {
        let nodes = at_once(4, |_| {
            let location = location.clone();
            async move {
                let store = Store::open(&location).await?;
                AuditLog::open(&location, true).await?.close().await;
                Ok::<_, OpenError>(store)
            }
        });
        for node in nodes.await {
            let store = node.expect("every node opens");
            assert!(environments::list(&store).await.expect("a read").is_empty());
            store.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_schema_of_a_later_release_is_refused_and_left_alone() {
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database");
        write(&store, async |tx| environments::create(tx, &environment(1)).await).await;
        store.close().await;
        let later = "insert into schema_versions (version, description, installed_on, success, checksum, execution_time)
            select 999, description, installed_on, success, checksum, execution_time from schema_versions
            where version = 1";
        admin::execute(&location, later).await.expect("a raw statement");

        let error = refusal(&location).await;
        assert!(matches!(error, OpenError::Newer { found: 999, known: 3 }), "{error}");
        assert!(error.to_string().contains("use a newer release"));

        admin::execute(&location, "delete from schema_versions where version = 999").await.expect("a raw statement");
        let store = Store::open(&location).await.expect("nothing was changed");
        assert_eq!(environments::list(&store).await.expect("a read"), [environment(1)]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_was_altered_is_refused() {
    each_location(|location| async move {
        Store::open(&location).await.expect("a fresh database").close().await;
        let alter = match location {
            Location::Sqlite { .. } => "update schema_versions set checksum = x'00'",
            Location::Postgres { .. } => r"update schema_versions set checksum = '\x00'::bytea",
        };
        admin::execute(&location, alter).await.expect("a raw statement");
        let error = refusal(&location).await;
        assert!(matches!(error, OpenError::Altered { version: 1 }), "{error}");
    })
    .await;
}

#[tokio::test]
async fn behind_a_pooler_everything_runs_without_kept_statements() {
    on_postgres(|location| async move {
        let Location::Postgres { url, .. } = location else {
            unreachable!("a PostgreSQL database was asked for")
        };
        let store =
            Store::open(&Location::Postgres { url, behind_pooler: true }).await.expect("a fresh database");
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        for _ in 0..3 {
            let found = connections::find(&store, github.environment, &github.key, &stored.key)
                .await
                .expect("a read");
            assert!(found.is_some());
        }
        store.ping().await.expect("an answer");
        store.close().await;
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_directory_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("new").join("claviger.db");
    let store = Store::open(&sqlite(&path)).await.expect("a fresh database");
    write(&store, async |tx| environments::create(tx, &environment(1)).await).await;
    let mode = |path: &Path| std::fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().expect("a directory")), 0o700);
    for file in ["claviger.db", "claviger.db-wal", "claviger.db-shm"] {
        assert_eq!(mode(&path.with_file_name(file)), 0o600, "{file}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_path_that_cannot_be_a_file_is_named_in_the_error() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "some text").expect("a writable directory");
    let below_a_file = file.join("claviger.db");
    for path in [below_a_file.as_path(), directory.path()] {
        let error = refusal(&sqlite(path)).await;
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("notes.txt");
    let text = "not a database ".repeat(100);
    std::fs::write(&path, &text).expect("a writable directory");
    let error = refusal(&sqlite(&path)).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_not_repeated() {
    let error = refusal(&postgres("postgres://claviger:swordfish@[::1/db")).await;
    assert!(matches!(error, OpenError::Url), "{error}");
    assert!(!format!("{error} {error:?}").contains("swordfish"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unreachable_and_the_password_is_not_told() {
    // A port that was free a moment ago: nobody listens there.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
    let error = refusal(&postgres(&format!("postgres://claviger:swordfish@127.0.0.1:{port}/db"))).await;
    assert!(matches!(error, OpenError::Unreachable(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("swordfish"));
}
