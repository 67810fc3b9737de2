//! What refreshing writes: the lease that keeps two nodes from refreshing one token, the new credential, the failure.

use jiff::Timestamp;
use model::connection::{LookupHealth, RefreshHealth};
use model::{ConnectionId, EnvironmentId};
use protocol::CredentialKind;
use serde_json::{Map, Value};
use uuid::Uuid;
use vault::Sealed;

use crate::columns::{counter, json, ms, opt_plain};
use crate::db::{Store, Tx};
use crate::error::Error;
use crate::memory::Touched;

/// A credential after a refresh.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The credential, sealed for `version`.
    pub credential: Sealed,
    /// The version it is sealed for: the expected one, counted up.
    pub version: u64,
    /// The shape of the credential.
    pub kind: CredentialKind,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When it ends, where known.
    pub expires_at: Option<Timestamp>,
    /// Whether it can be refreshed again.
    pub refreshable: bool,
    /// New connection fields; the old ones stay when absent.
    pub config: Option<Map<String, Value>>,
    /// How look-ups fare; what is stored of them stays when absent.
    pub lookups: Option<LookupHealth>,
    /// When the row changed.
    pub updated_at: Timestamp,
}

/// Stores a refreshed credential if the row still has the expected version; the failures and the lease are over.
/// False when it has another version, or does not exist.
pub async fn store_refreshed(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    expected_version: u64,
    refreshed: &Refreshed,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let lookups = refreshed.lookups.as_ref();
    let touched = execute!(
        tx.on(),
        "update connections set credential = $4, version = $5, kind = $6, obtained_at = $7, expires_at = $8,
            refreshable = $9, config = coalesce($10, config), updated_at = $11,
            lookup_failures = coalesce($12, lookup_failures),
            lookup_retry_at = coalesce($13, lookup_retry_at), lookup_error = coalesce($14, lookup_error),
            refresh_failures = 0, refresh_retry_at = null, refresh_needs_reauth = false, refresh_error_code = null,
            refresh_error_log_id = null, refresh_lease_owner = null, refresh_lease_until = null
        where environment_id = $1 and id = $2 and version = $3",
        environment.0,
        id.0,
        counter(expected_version),
        refreshed.credential.as_bytes(),
        counter(refreshed.version),
        refreshed.kind.wire(),
        ms(refreshed.obtained_at),
        refreshed.expires_at.map(ms),
        refreshed.refreshable,
        refreshed.config.as_ref().map(json),
        ms(refreshed.updated_at),
        lookups.map(|lookups| i64::from(lookups.failures)),
        lookups.and_then(|lookups| lookups.retry_at).map(ms),
        opt_plain(lookups.and_then(|lookups| lookups.error.as_deref())),
    )?;
    Ok(touched == 1)
}

/// Notes how refreshing fares if the row still has the expected version, and leaves the credential and the lease as
/// they are. False when it has another version (somebody else succeeded), or does not exist.
pub async fn record_refresh_failure(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    expected_version: u64,
    health: &RefreshHealth,
    updated_at: Timestamp,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let touched = execute!(
        tx.on(),
        "update connections set refresh_failures = $4, refresh_retry_at = $5, refresh_needs_reauth = $6,
            refresh_error_code = $7, refresh_error_log_id = $8, updated_at = $9
        where environment_id = $1 and id = $2 and version = $3",
        environment.0,
        id.0,
        counter(expected_version),
        i64::from(health.failures),
        health.retry_at.map(ms),
        health.needs_reauth,
        opt_plain(health.error_code.as_deref()),
        opt_plain(health.error_log_id.as_deref()),
        ms(updated_at),
    )?;
    Ok(touched == 1)
}

/// Takes the lease on refreshing until `until`, in a transaction of its own. False when somebody holds it, or the row
/// does not have this version (any more).
pub async fn set_refresh_lease(
    store: &Store,
    environment: EnvironmentId,
    id: ConnectionId,
    version: u64,
    owner: Uuid,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut tx = store.begin().await?;
    let sql = "update connections set refresh_lease_owner = $4, refresh_lease_until = $5
        where environment_id = $1 and id = $2 and version = $3
            and (refresh_lease_until is null or refresh_lease_until <= $6)";
    let touched = execute!(tx.on(), sql, environment.0, id.0, counter(version), owner, ms(until), ms(now))?;
    tx.commit().await?;
    Ok(touched == 1)
}

/// Gives the lease back, in a transaction of its own. Nothing happens when somebody else holds it by now.
pub async fn release_refresh_lease(
    store: &Store,
    environment: EnvironmentId,
    id: ConnectionId,
    owner: Uuid,
) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    let sql = "update connections set refresh_lease_owner = null, refresh_lease_until = null
        where environment_id = $1 and id = $2 and refresh_lease_owner = $3";
    execute!(tx.on(), sql, environment.0, id.0, owner)?;
    tx.commit().await
}
