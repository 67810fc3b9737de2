//! Connections: how they are added, found, replaced and deleted.
//!
//! A credential is only ever replaced by compare-and-swap on `version`, because a refresh token that was used must not
//! come back. Refreshing is in [`refresh`], lists are in [`list`].

mod list;
mod lookups;
mod refresh;
mod row;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use model::{
    Connection, ConnectionId, ConnectionKey, EndUser, EnvironmentId, IntegrationId, IntegrationKey, Tags,
};
use serde_json::{Map, Value};

use crate::columns::{counter, json, ms, opt_plain, plain};
use crate::db::{On, Store, Tx};
use crate::error::Error;
use crate::last_used::LastUsed;
use crate::memory::{Name, Touched};

pub use list::{ListFilter, Listed, list};
pub use lookups::{LookedUp, claim_lookup, store_looked_up};
pub use refresh::{
    Refreshed, record_refresh_failure, release_refresh_lease, set_refresh_lease, store_refreshed,
};
pub use row::Found;

use row::{ConnectionRow, FoundRow, IdRow, KeyRow, search_text};

/// What can change without touching the credential.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The person on whose behalf the connection was made.
    pub end_user: Option<EndUser>,
    /// Tags.
    pub tags: Tags,
    /// Where webhooks about this connection go instead of the environment's URLs.
    pub webhook_url_override: Option<String>,
}

macro_rules! select {
    ($more:literal, $rest:literal) => {
        concat!(
            "select c.id, c.number, c.environment_id, c.integration_id, c.key, c.end_user, c.tags, c.metadata,
                c.config, c.webhook_url_override, c.credential, c.kind, c.version, c.obtained_at, c.expires_at,
                c.refreshable, c.refresh_failures, c.refresh_retry_at, c.refresh_needs_reauth, c.refresh_error_code,
                c.refresh_error_log_id, c.account, c.lookup_failures, c.lookup_retry_at, c.lookup_error,
                c.last_fetched_at, c.created_at, c.updated_at, c.missing_scopes",
            $more,
            " from ",
            $rest
        )
    };
}

/// The hot path: one look-up in a unique index on each of the two tables.
pub(crate) const FIND: &str = select!(
    ", i.provider",
    "integrations i join connections c on c.integration_id = i.id
    where i.environment_id = $1 and i.unique_key = $2 and c.key = $3"
);

/// Adds a connection.
pub async fn insert(tx: &mut Tx, connection: &Connection) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into connections (id, number, environment_id, integration_id, key, end_user, end_user_id,
            end_user_organization_id, search_text, tags, metadata, config, webhook_url_override, credential, kind,
            version, obtained_at, expires_at, refreshable, refresh_failures, refresh_retry_at, refresh_needs_reauth,
            refresh_error_code, refresh_error_log_id, account, last_fetched_at, created_at, updated_at,
            lookup_failures, lookup_retry_at, lookup_error, missing_scopes)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)",
        connection.id.0,
        connection.number,
        connection.environment.0,
        connection.integration.0,
        connection.key.as_str(),
        connection.end_user.as_ref().map(json),
        opt_plain(end_user_id(connection.end_user.as_ref())),
        opt_plain(organization_id(connection.end_user.as_ref())),
        search_text(connection.key.as_str(), connection.end_user.as_ref()),
        json(connection.tags.as_map()),
        connection.metadata.as_ref().map(json),
        json(&connection.config),
        opt_plain(connection.webhook_url_override.as_deref()),
        connection.credential.as_bytes(),
        connection.kind.wire(),
        counter(connection.version),
        ms(connection.obtained_at),
        connection.expires_at.map(ms),
        connection.refreshable,
        i64::from(connection.refresh.failures),
        connection.refresh.retry_at.map(ms),
        connection.refresh.needs_reauth,
        opt_plain(connection.refresh.error_code.as_deref()),
        opt_plain(connection.refresh.error_log_id.as_deref()),
        opt_plain(connection.account.as_deref()),
        connection.last_fetched_at.map(ms),
        ms(connection.created_at),
        ms(connection.updated_at),
        i64::from(connection.lookups.failures),
        connection.lookups.retry_at.map(ms),
        opt_plain(connection.lookups.error.as_deref()),
        json(&connection.missing_scopes),
    )?;
    write_tags(tx, connection.environment, connection.id, &connection.tags).await
}

/// The connection of a key in the integration of a key, with the slug of the provider.
pub async fn find(
    store: &Store,
    environment: EnvironmentId,
    integration: &IntegrationKey,
    key: &ConnectionKey,
) -> Result<Option<Found>, Error> {
    // Boxed, because futures are moved, this one is large, and with a memory most reads never come to it.
    let read = || Box::pin(read_found(store, environment, integration, key));
    let Some(memory) = &store.memory else { return read().await };
    let name = Name { environment, integration: integration.clone(), key: key.clone() };
    let asked = match memory.find(&name) {
        Ok(found) => return Ok(Some(found)),
        Err(moment) => moment,
    };
    let mut found = read().await?;
    if let Some(found) = &mut found {
        found.kept = Some(Arc::default());
        memory.keep(name, found, asked);
    }
    Ok(found)
}

async fn read_found(
    store: &Store,
    environment: EnvironmentId,
    integration: &IntegrationKey,
    key: &ConnectionKey,
) -> Result<Option<Found>, Error> {
    let mut reader = store.reader().await?;
    Ok(rows!(reader.on(), FoundRow, FIND, environment.0, integration.as_str(), key.as_str())?.pop())
}

/// The connection of an identifier.
pub async fn find_by_id(
    store: &Store,
    environment: EnvironmentId,
    id: ConnectionId,
) -> Result<Option<Connection>, Error> {
    let sql = select!("", "connections c where c.environment_id = $1 and c.id = $2");
    Ok(rows!(store.reader().await?.on(), ConnectionRow, sql, environment.0, id.0)?.pop())
}

/// The connection of a key in an integration, to be changed: nobody else changes it until the transaction ends.
pub async fn find_to_change(
    tx: &mut Tx,
    environment: EnvironmentId,
    integration: IntegrationId,
    key: &ConnectionKey,
) -> Result<Option<Connection>, Error> {
    // SQLite has one writer and nothing to lock. A row that is not there cannot be locked: inserting it may conflict.
    let sql = match tx.on() {
        On::Sqlite(_) => IN_INTEGRATION,
        On::Postgres(..) => LOCKED_IN_INTEGRATION,
    };
    Ok(rows!(tx.on(), ConnectionRow, sql, environment.0, integration.0, key.as_str())?.pop())
}

const IN_INTEGRATION: &str =
    select!("", "connections c where c.environment_id = $1 and c.integration_id = $2 and c.key = $3");
const LOCKED_IN_INTEGRATION: &str = select!(
    "",
    "connections c where c.environment_id = $1 and c.integration_id = $2 and c.key = $3 for no key update"
);

/// [`find_to_change`] for several keys. `None` when one of them is unknown.
pub async fn find_all_to_change(
    tx: &mut Tx,
    environment: EnvironmentId,
    integration: IntegrationId,
    keys: &[ConnectionKey],
) -> Result<Option<Vec<Connection>>, Error> {
    let sql = "select id from connections where environment_id = $1 and integration_id = $2 and key = $3";
    let mut named = BTreeMap::new();
    for key in keys {
        let found = rows!(tx.on(), IdRow, sql, environment.0, integration.0, key.as_str())?.pop();
        let Some(id) = found else { return Ok(None) };
        named.insert(id, key);
    }
    let mut connections = Vec::with_capacity(named.len());
    // Two writers that lock rows in the same order wait for each other; in different orders they would deadlock. Uses are
    // written in the order of the identifiers too.
    for key in named.into_values() {
        let Some(found) = find_to_change(tx, environment, integration, key).await? else { return Ok(None) };
        connections.push(found);
    }
    Ok(Some(connections))
}

/// Writes everything that an authorization or an import may change, the credential with it, if the row still has the
/// expected version, and ends any refresh lease. False when it has another version, or does not exist.
///
/// Number, integration, key, `created_at` and `last_fetched_at` stay what they are.
pub async fn replace(
    tx: &mut Tx,
    environment: EnvironmentId,
    connection: &Connection,
    expected_version: u64,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(connection.id));
    let touched = execute!(
        tx.on(),
        "update connections set end_user = $4, end_user_id = $5, end_user_organization_id = $6, search_text = $7,
            tags = $8, metadata = $9, config = $10, webhook_url_override = $11, credential = $12, kind = $13,
            version = $14, obtained_at = $15, expires_at = $16, refreshable = $17, refresh_failures = $18,
            refresh_retry_at = $19, refresh_needs_reauth = $20, refresh_error_code = $21, refresh_error_log_id = $22,
            account = $23, updated_at = $24, lookup_failures = $25, lookup_retry_at = $26, lookup_error = $27,
            missing_scopes = $28, refresh_lease_owner = null, refresh_lease_until = null
        where environment_id = $1 and id = $2 and version = $3",
        environment.0,
        connection.id.0,
        counter(expected_version),
        connection.end_user.as_ref().map(json),
        opt_plain(end_user_id(connection.end_user.as_ref())),
        opt_plain(organization_id(connection.end_user.as_ref())),
        search_text(connection.key.as_str(), connection.end_user.as_ref()),
        json(connection.tags.as_map()),
        connection.metadata.as_ref().map(json),
        json(&connection.config),
        opt_plain(connection.webhook_url_override.as_deref()),
        connection.credential.as_bytes(),
        connection.kind.wire(),
        counter(connection.version),
        ms(connection.obtained_at),
        connection.expires_at.map(ms),
        connection.refreshable,
        i64::from(connection.refresh.failures),
        connection.refresh.retry_at.map(ms),
        connection.refresh.needs_reauth,
        opt_plain(connection.refresh.error_code.as_deref()),
        opt_plain(connection.refresh.error_log_id.as_deref()),
        opt_plain(connection.account.as_deref()),
        ms(connection.updated_at),
        i64::from(connection.lookups.failures),
        connection.lookups.retry_at.map(ms),
        opt_plain(connection.lookups.error.as_deref()),
        json(&connection.missing_scopes),
    )?;
    if touched == 1 {
        write_tags(tx, connection.environment, connection.id, &connection.tags).await?;
    }
    Ok(touched == 1)
}

/// Changes whom and what a connection is for. False when there is none.
pub async fn update_profile(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    profile: &Profile,
    now: Timestamp,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let sql = "select key from connections where environment_id = $1 and id = $2";
    let Some(key) = rows!(tx.on(), KeyRow, sql, environment.0, id.0)?.pop() else { return Ok(false) };
    let end_user = profile.end_user.as_ref();
    let touched = execute!(
        tx.on(),
        "update connections set end_user = $3, end_user_id = $4, end_user_organization_id = $5, search_text = $6,
            tags = $7, webhook_url_override = $8, updated_at = $9
        where environment_id = $1 and id = $2",
        environment.0,
        id.0,
        end_user.map(json),
        opt_plain(end_user_id(end_user)),
        opt_plain(organization_id(end_user)),
        search_text(&key, end_user),
        json(profile.tags.as_map()),
        opt_plain(profile.webhook_url_override.as_deref()),
        ms(now),
    )?;
    if touched == 1 {
        write_tags(tx, environment, id, &profile.tags).await?;
    }
    Ok(touched == 1)
}

/// Replaces the app's own data. False when there is no such connection.
pub async fn set_metadata(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    metadata: &Map<String, Value>,
) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let sql = "update connections set metadata = $3 where environment_id = $1 and id = $2";
    Ok(execute!(tx.on(), sql, environment.0, id.0, json(metadata))? == 1)
}

/// Deletes a connection for good. False when there is none.
pub async fn delete(tx: &mut Tx, environment: EnvironmentId, id: ConnectionId) -> Result<bool, Error> {
    tx.touches(Touched::Connection(id));
    let sql = "delete from connections where environment_id = $1 and id = $2";
    Ok(execute!(tx.on(), sql, environment.0, id.0)? == 1)
}

/// Notes when credentials were handed out; an earlier time never replaces a later one.
pub async fn touch(tx: &mut Tx, fetched: &[(ConnectionId, Timestamp)]) -> Result<(), Error> {
    for (id, at) in fetched {
        tx.touches(Touched::Fetched(*id, *at));
    }
    LAST_FETCHED.write(tx, fetched.iter().map(|(id, at)| (id.0, *at))).await
}

static LAST_FETCHED: LazyLock<LastUsed> = LazyLock::new(|| LastUsed::new("connections", "last_fetched_at"));

/// Keeps the tags as rows too, because only rows can be found by value.
async fn write_tags(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: ConnectionId,
    tags: &Tags,
) -> Result<(), Error> {
    execute!(tx.on(), "delete from connection_tags where connection_id = $1", id.0)?;
    for (key, value) in tags.as_map() {
        let sql =
            "insert into connection_tags (environment_id, connection_id, key, value) values ($1, $2, $3, $4)";
        execute!(tx.on(), sql, environment.0, id.0, plain(key), plain(value))?;
    }
    Ok(())
}

fn end_user_id(end_user: Option<&EndUser>) -> Option<&str> {
    end_user.map(|user| user.id.as_str())
}

fn organization_id(end_user: Option<&EndUser>) -> Option<&str> {
    end_user?.organization.as_ref().map(|organization| organization.id.as_str())
}

#[cfg(test)]
pub(crate) mod statements {
    //! The statements whose plans are tested.
    pub(crate) use super::list::{BY_KEY, BY_TAG, NEWEST};
}
