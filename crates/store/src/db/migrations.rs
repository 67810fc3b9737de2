//! Brings a schema up to date. Migrations only go up, and each runs in one transaction.
//!
//! There is no lock around them, because poolers and distributed databases have none to give. When two nodes start at
//! once, one of them fails on what the other has just made, rolls back, and finds the work done when it looks again.

use std::time::Duration;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::On;
use crate::error::{Cause, OpenError};

/// The two schemas. Each counts its versions in a table of its own, so that both fit in one PostgreSQL database.
#[derive(Clone, Copy)]
pub(crate) enum Schema {
    Main,
    Audit,
}

const MAIN: [&str; 3] = [
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_lookups.sql"),
    include_str!("../../migrations/0003_missing_scopes.sql"),
];
const AUDIT: [&str; 2] = [
    include_str!("../../migrations/audit/0001_initial.sql"),
    include_str!("../../migrations/audit/0002_one_index.sql"),
];

const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn run(schema: Schema, mut on: On<'_>) -> Result<(), OpenError> {
    let migrator = schema.migrator();
    let mut attempt = 1;
    loop {
        // `run` is `run_direct` behind an `Acquire` bound, under which the compiler cannot see that this future may
        // move between threads.
        let outcome = match &mut on {
            On::Sqlite(connection) => migrator.run_direct(None, &mut **connection, false).await,
            On::Postgres(connection, _) => migrator.run_direct(None, &mut **connection, false).await,
        };
        match outcome {
            Ok(()) => return Ok(()),
            Err(error) if attempt < ATTEMPTS && lost_a_race(&error) => attempt += 1,
            Err(error) => return Err(failed(&migrator, error)),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Schema {
    fn migrator(self) -> Migrator {
        let (texts, table): (&[&'static str], _) = match self {
            Self::Main => (&MAIN, "schema_versions"),
            Self::Audit => (&AUDIT, "audit_schema_versions"),
        };
        let migrations = (1..).zip(texts).map(|(version, text)| {
            Migration::new(version, "".into(), MigrationType::Simple, text.into_sql_str(), false)
        });
        let mut migrator = Migrator::with_migrations(migrations.collect());
        migrator.set_locking(false);
        migrator.dangerous_set_table_name(table);
        migrator
    }
}

fn lost_a_race(error: &MigrateError) -> bool {
    // PostgreSQL: unique violation (in its own catalog), duplicate table, duplicate column, duplicate object,
    // serialization failure, deadlock, lock not available, internal error ("tuple concurrently updated"). SQLite: busy,
    // busy snapshot.
    const CODES: [&str; 10] =
        ["23505", "42P07", "42701", "42710", "40001", "40P01", "55P03", "XX000", "5", "517"];
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| CODES.contains(&&*code))
            || error.message().ends_with("already exists")
            || error.message().starts_with("duplicate column name")
    })
}

fn failed(migrator: &Migrator, error: MigrateError) -> OpenError {
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    if let MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) = error {
        return if version > known {
            OpenError::Newer { found: version, known }
        } else {
            OpenError::Altered { version }
        };
    }
    OpenError::Migration(Cause::new(error))
}
