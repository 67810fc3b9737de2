//! What look-ups after connecting write, and which connections are due for them.

use jiff::Timestamp;
use model::connection::LookupHealth;
use model::{ConnectionId, EnvironmentId};
use serde_json::{Map, Value};
use vault::Sealed;

use super::row::DueRow;
use crate::columns::{counter, json, ms, opt_plain};
use crate::db::{Store, Tx};
use crate::error::Error;
use crate::memory::Touched;

/// A connection after its look-ups.
#[derive(Debug, Clone)]
pub struct LookedUp {
    /// The credential and the secret fields, sealed for `version`.
    pub credential: Sealed,
    /// The version they are sealed for: the expected one, counted up.
    pub version: u64,
    /// When the access token ends, where known.
    pub expires_at: Option<Timestamp>,
    /// All connection fields that are not secret.
    pub config: Map<String, Value>,
    /// Name of the connected account.
    pub account: Option<String>,
    /// How the look-ups fare.
    pub lookups: LookupHealth,
    /// When the row changed.
    pub updated_at: Timestamp,
}

/// Stores what was looked up if the row still has the expected version. False when it has another version, or does not
/// exist.
pub async fn store_looked_up(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    expected_version: u64,
    found: &LookedUp,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let touched = execute!(
        tx.on(),
        "update connections set credential = $4, version = $5, config = $6, account = $7, lookup_failures = $8,
            lookup_retry_at = $9, lookup_error = $10, updated_at = $11, expires_at = $12
        where environment_id = $1 and id = $2 and version = $3",
        environment.0,
        id.0,
        counter(expected_version),
        found.credential.as_bytes(),
        counter(found.version),
        json(&found.config),
        opt_plain(found.account.as_deref()),
        i64::from(found.lookups.failures),
        found.lookups.retry_at.map(ms),
        opt_plain(found.lookups.error.as_deref()),
        ms(found.updated_at),
        found.expires_at.map(ms),
    )?;
    Ok(touched == 1)
}

/// Takes the connection whose look-ups are due longest, and puts them off until `leased_until`, so that no other node
/// takes it and a node that dies does not keep it.
pub async fn claim_lookup(
    store: &Store,
    now: Timestamp,
    leased_until: Timestamp,
) -> Result<Option<(EnvironmentId, ConnectionId)>, Error> {
    let due = "select environment_id, id from connections where lookup_retry_at <= $1
        order by lookup_retry_at, id limit 1";
    // Mostly nothing is due, and then no transaction is needed to know it.
    if rows!(store.reader().await?.on(), DueRow, due, ms(now))?.is_empty() {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    let sql = "update connections set lookup_retry_at = $2 where id = (
            select id from connections where lookup_retry_at <= $1 order by lookup_retry_at, id limit 1)
            and lookup_retry_at <= $1
        returning environment_id, id";
    let claimed = rows!(tx.on(), DueRow, sql, ms(now), ms(leased_until))?.pop();
    if let Some((_, id)) = claimed {
        tx.touches(Touched::Connection(id));
    }
    tx.commit().await?;
    Ok(claimed)
}
