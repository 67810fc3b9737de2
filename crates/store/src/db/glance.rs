//! One look at a database that changes nothing: no file is made, no migration runs.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ConnectOptions as _, Connection as _, FromRow, PgConnection, SqliteConnection};

use super::{Row, postgres, read, sqlite};
use crate::error::{Cause, OpenError};
use crate::location::Location;

/// A connection for one look.
pub(crate) enum Glance {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Glance {
    /// Connects; `None` when there is no database file yet.
    pub(crate) async fn at(location: &Location) -> Result<Option<Self>, OpenError> {
        let unreachable = |error: sqlx::Error| OpenError::Unreachable(Cause::new(error));
        match location {
            Location::Sqlite { path } if !path.exists() => Ok(None),
            Location::Sqlite { path } => {
                let connection = sqlite::reading(path).connect().await;
                connection.map(|connection| Some(Self::Sqlite(connection))).map_err(unreachable)
            }
            Location::Postgres { url, .. } => {
                let connection = postgres::options(url)?.connect().await.map_err(unreachable)?;
                Ok(Some(Self::Postgres(connection)))
            }
        }
    }

    /// Runs one statement and disconnects. A table that is missing has no rows: the database is new.
    pub(crate) async fn rows<R>(self, sql: &'static str) -> Result<Vec<R::Noun>, OpenError>
    where
        R: Row + Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let (rows, closed) = match self {
            Self::Sqlite(mut connection) => {
                (sqlx::query_as::<_, R>(sql).fetch_all(&mut connection).await, connection.close().await)
            }
            Self::Postgres(mut connection) => {
                (sqlx::query_as::<_, R>(sql).fetch_all(&mut connection).await, connection.close().await)
            }
        };
        closed.map_err(|error| OpenError::Unreachable(Cause::new(error)))?;
        match rows {
            Err(error) if is_missing_table(&error) => Ok(Vec::new()),
            rows => read::<R>(rows).map_err(|error| OpenError::Unreachable(Cause::new(error))),
        }
    }
}

/// Whether a statement failed because its table is not there: the database is new.
fn is_missing_table(error: &sqlx::Error) -> bool {
    /// `undefined_table` of PostgreSQL.
    const UNDEFINED_TABLE: &str = "42P01";
    error.as_database_error().is_some_and(|error| {
        error.code().is_some_and(|code| code == UNDEFINED_TABLE)
            || error.message().starts_with("no such table")
    })
}
