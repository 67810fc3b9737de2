//! Fresh databases for tests: a SQLite file and, where a server is named, a PostgreSQL database.

use std::env;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use store::{Location, Store, admin};
use url::Url;
use vault::Secret;

const SERVER: &str = "CLAVIGER_TEST_POSTGRES";
const REQUIRE: &str = "CLAVIGER_TEST_REQUIRE_POSTGRES";

/// A store with its place.
pub(crate) struct Opened {
    pub(crate) location: Location,
    pub(crate) store: Store,
}

impl Opened {
    pub(crate) async fn at(location: Location) -> Self {
        let store = Store::open(&location).await.expect("the database opens");
        Self { location, store }
    }

    /// The same, for the only server of the store.
    pub(crate) fn remembering(self) -> Self {
        Self { store: self.store.remembering(), ..self }
    }
}

/// Where the audit trail of a store is.
pub(crate) fn audit_location(location: &Location) -> Location {
    match location {
        Location::Sqlite { path } => Location::Sqlite { path: path.with_file_name("audit.db") },
        Location::Postgres { .. } => location.clone(),
    }
}

/// Runs a test on an open, empty store of each kind, one after the other.
///
/// # Panics
///
/// When the test does, or when a database cannot be made.
pub async fn each_store<F, Fut>(test: F)
where
    F: Fn(Store) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    each_location(|location| async move {
        let store = Store::open(&location).await.expect("a fresh database opens");
        test(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// Runs a test on a place for a database of each kind, one after the other. Nothing is there yet.
///
/// # Panics
///
/// When the test does, or when a database cannot be made.
pub async fn each_location<F, Fut>(test: F)
where
    F: Fn(Location) -> Fut,
    Fut: Future<Output = ()>,
{
    let directory = tempfile::tempdir().expect("the directory for temporary files is writable");
    test(Location::Sqlite { path: directory.path().join("claviger.db") }).await;
    on_postgres(test).await;
}

/// Runs a test on a fresh PostgreSQL database only, where a server is named.
///
/// # Panics
///
/// When the test does, or when a database cannot be made.
pub async fn on_postgres<F, Fut>(test: F)
where
    F: Fn(Location) -> Fut,
    Fut: Future<Output = ()>,
{
    let Some(server) = server() else { return };
    let name = fresh_name();
    admin::create_database(&server, &name).await.expect("the user of the server may create databases");
    let location = Location::Postgres { url: database_url(&server, &name), behind_pooler: false };
    // A failed test leaves nothing behind either.
    let outcome = AssertUnwindSafe(test(location)).catch_unwind().await;
    admin::drop_database(&server, &name).await.expect("the user of the server may drop its databases");
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

fn server() -> Option<Secret<String>> {
    let url = env::var(SERVER).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert!(env::var(REQUIRE).as_deref() != Ok("1"), "{REQUIRE} is 1, but {SERVER} is not set");
        // Written past the macros, whose output the test runner holds back.
        writeln!(std::io::stderr(), "SKIPPED on PostgreSQL: {SERVER} is not set").expect("stderr is open");
    }
    url.map(Secret::new)
}

fn fresh_name() -> String {
    let mut random = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "the name only has to be free; no test sees it")]
    aws_lc_rs::rand::fill(&mut random).expect("the system has chance to give");
    format!("clv_{}", hex::encode(random))
}

fn database_url(server: &Secret<String>, name: &str) -> Secret<String> {
    let mut url = Url::parse(server.expose()).expect("the server is named by a URL");
    url.set_path(name);
    Secret::new(url.into())
}
