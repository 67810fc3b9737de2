//! PostgreSQL, and servers that speak its protocol.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use vault::Secret;

use super::migrations::{self, Schema};
use super::{Db, On};
use crate::error::{Cause, OpenError};

/// How a pool of connections is set up.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) size: u32,
    pub(crate) behind_pooler: bool,
    /// Whether a commit waits until it is on disk.
    pub(crate) durable: bool,
}

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection that rested longer than this is asked whether it still lives before it is used: a restarted server
/// or a firewall may have cut it. Asking each time would double the round trips of the hot path.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

pub(crate) async fn open(url: &Secret<String>, schema: Schema, settings: Settings) -> Result<Db, OpenError> {
    let options = options(url)?;
    migrate(&options, schema).await?;
    let pool = PgPoolOptions::new()
        .max_connections(settings.size)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, rested| {
            Box::pin(async move {
                if rested.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(limited(options, settings));
    Ok(Db::Postgres { pool, behind_pooler: settings.behind_pooler })
}

pub(super) fn options(url: &Secret<String>) -> Result<PgConnectOptions, OpenError> {
    // The driver's message is not passed on: it may quote a part of the URL.
    let options = PgConnectOptions::from_str(url.expose()).map_err(|_| OpenError::Url)?;
    Ok(options.application_name("claviger").disable_statement_logging())
}

fn limited(options: PgConnectOptions, settings: Settings) -> PgConnectOptions {
    if settings.behind_pooler {
        return options.statement_cache_capacity(0);
    }
    let options = options.options([("statement_timeout", "10s"), ("lock_timeout", "5s")]);
    if settings.durable { options } else { options.options([("synchronous_commit", "off")]) }
}

/// Migrates on a connection of its own, which has no time limit for statements: a migration of a large table may take
/// its time. It also gives the first error a cause, where a pool would only say that it waited in vain.
async fn migrate(options: &PgConnectOptions, schema: Schema) -> Result<(), OpenError> {
    let unreachable = |cause| OpenError::Unreachable(cause);
    let mut connection = tokio::time::timeout(PATIENCE, options.connect())
        .await
        .map_err(|_| unreachable(Cause::new("no answer within 10 seconds")))?
        .map_err(|error| unreachable(Cause::new(error)))?;
    migrations::run(schema, On::Postgres(&mut connection, false)).await?;
    connection.close().await.map_err(|error| unreachable(Cause::new(error)))
}
