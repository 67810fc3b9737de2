//! Doors for tests: databases that come and go, and raw statements that damage what is stored.
//!
//! Not part of a normal build.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqlSafeStr as _, SqlStr};
use vault::Secret;

use super::postgres;
use crate::error::{Cause, Error};
use crate::location::Location;

/// Makes a database on the PostgreSQL server at `url`.
pub async fn create_database(url: &Secret<String>, name: &str) -> Result<(), Error> {
    on_server(url, format!("create database \"{name}\"")).await
}

/// Drops a database from the PostgreSQL server at `url`, whoever is still connected to it.
pub async fn drop_database(url: &Secret<String>, name: &str) -> Result<(), Error> {
    on_server(url, format!("drop database if exists \"{name}\" with (force)")).await
}

/// Runs any statement past every rule of this crate, and answers how many rows it touched.
pub async fn execute(location: &Location, sql: &str) -> Result<u64, Error> {
    match location {
        Location::Sqlite { path } => {
            let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
            let mut connection = options.connect().await?;
            let done = sqlx::query(raw(sql)).execute(&mut connection).await?;
            connection.close().await?;
            Ok(done.rows_affected())
        }
        Location::Postgres { url, .. } => {
            let mut connection = connect(url).await?;
            let done = sqlx::query(raw(sql)).execute(&mut connection).await?;
            connection.close().await?;
            Ok(done.rows_affected())
        }
    }
}

async fn on_server(url: &Secret<String>, sql: String) -> Result<(), Error> {
    let mut connection = connect(url).await?;
    sqlx::query(raw(&sql)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn connect(url: &Secret<String>) -> Result<sqlx::PgConnection, Error> {
    let options = postgres::options(url).map_err(|error| Error::Unavailable(Cause::new(error)))?;
    Ok(options.connect().await?)
}

fn raw(sql: &str) -> SqlStr {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests damage what is stored; this module is no part of a build"
    )]
    AssertSqlSafe(sql).into_sql_str()
}
