//! SQLite: one file, one writer, several readers.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::migrations::{self, Schema};
use super::{Db, On};
use crate::error::{Cause, OpenError};

/// How long a statement waits for another process that writes, and a caller for a free connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn open(path: &Path, schema: Schema, durable: bool, readers: u32) -> Result<Db, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let path = std::path::absolute(path).map_err(io)?;
    create(&path).await.map_err(io)?;
    let unusable = |error: sqlx::Error| not_opened(&path, error);
    let pool = || {
        // Connections to a file do not go stale, so they are neither tested nor replaced.
        let pool = SqlitePoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false);
        pool.idle_timeout(None).max_lifetime(None)
    };
    let writer = pool().max_connections(1).connect_with(writing(&path, durable)).await.map_err(unusable)?;
    let mut connection = writer.acquire().await.map_err(unusable)?;
    migrations::run(schema, On::Sqlite(&mut connection)).await?;
    drop(connection);
    let readers = pool().max_connections(readers).connect_with(reading(&path)).await.map_err(unusable)?;
    Ok(Db::Sqlite { writer, readers })
}

fn writing(path: &Path, durable: bool) -> SqliteConnectOptions {
    let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    shared(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        // Deleted credentials are overwritten, not only unlinked.
        .pragma("secure_delete", "on")
        // After a burst the log is cut back to this size instead of staying as long as it ever was.
        .pragma("journal_size_limit", "67108864")
}

pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    shared(path).read_only(true).pragma("mmap_size", "268435456").pragma("cache_size", "-16384")
}

fn shared(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

/// Makes the file before SQLite does, because SQLite would make it readable for everybody. Its log files take over the
/// mode of the file.
async fn create(path: &Path) -> std::io::Result<()> {
    let mut directory = tokio::fs::DirBuilder::new();
    directory.recursive(true);
    let mut file = tokio::fs::OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        directory.create(parent).await?;
    }
    file.open(path).await.map(drop)
}

fn not_opened(path: &Path, error: sqlx::Error) -> OpenError {
    /// `SQLITE_NOTADB`.
    const NOT_A_DATABASE: &str = "26";
    let code = error.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
    if code.as_deref() == Some(NOT_A_DATABASE) {
        return OpenError::NotADatabase { path: path.to_owned() };
    }
    OpenError::Unreachable(Cause::new(error))
}
