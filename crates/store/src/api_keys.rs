//! API keys. They are how an environment is found, so looking one up takes none.

use std::sync::LazyLock;

use jiff::Timestamp;
use model::{ApiKey, ApiKeyId, EnvironmentId, EnvironmentName, Scopes};
use uuid::Uuid;

use crate::columns::{Columns, json, ms, plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;
use crate::last_used::LastUsed;

/// Adds a key.
pub async fn create(tx: &mut Tx, key: &ApiKey) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into api_keys (id, environment_id, public_id, hash, name, scopes, created_at, expires_at, revoked_at,
            last_used_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        key.id.0,
        key.environment.0,
        key.public_id.as_str(),
        &key.hash[..],
        plain(&key.name),
        json(key.scopes.names()),
        ms(key.created_at),
        key.expires_at.map(ms),
        key.revoked_at.map(ms),
        key.last_used_at.map(ms),
    )?;
    Ok(())
}

/// The key with this public part, live or not.
pub async fn find_by_public_id(store: &Store, public_id: &str) -> Result<Option<ApiKey>, Error> {
    let sql = "select id, environment_id, public_id, hash, name, scopes, created_at, expires_at, revoked_at,
            last_used_at
        from api_keys where public_id = $1";
    Ok(rows!(store.reader().await?.on(), KeyRow, sql, plain(public_id))?.pop())
}

/// The keys of all environments with the environment's name, oldest first.
pub async fn list(store: &Store) -> Result<Vec<(ApiKey, EnvironmentName)>, Error> {
    let sql =
        "select k.id, k.environment_id, k.public_id, k.hash, k.name, k.scopes, k.created_at, k.expires_at,
            k.revoked_at, k.last_used_at, e.name as environment_name
        from api_keys k join environments e on e.id = k.environment_id
        order by k.created_at, k.id";
    rows!(store.reader().await?.on(), NamedKeyRow, sql)
}

/// Revokes a key. False when there is no such key, or it is revoked already.
pub async fn revoke(tx: &mut Tx, id: ApiKeyId, now: Timestamp) -> Result<bool, Error> {
    let sql = "update api_keys set revoked_at = $2 where id = $1 and revoked_at is null";
    Ok(execute!(tx.on(), sql, id.0, ms(now))? == 1)
}

/// Notes when keys were used; an earlier time never replaces a later one.
pub async fn touch(tx: &mut Tx, used: &[(ApiKeyId, Timestamp)]) -> Result<(), Error> {
    LAST_USED.write(tx, used.iter().map(|(id, at)| (id.0, *at))).await
}

static LAST_USED: LazyLock<LastUsed> = LazyLock::new(|| LastUsed::new("api_keys", "last_used_at"));

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    environment_id: Uuid,
    public_id: String,
    hash: Vec<u8>,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct NamedKeyRow {
    #[sqlx(flatten)]
    key: KeyRow,
    environment_name: String,
}

impl Row for KeyRow {
    const TABLE: &'static str = "api_keys";
    type Noun = ApiKey;

    fn read(self, columns: Columns) -> Result<ApiKey, Error> {
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            environment: EnvironmentId(self.environment_id),
            public_id: self.public_id,
            hash: columns.hash("hash", &self.hash)?,
            name: self.name,
            scopes: Scopes::stored(columns.json("scopes", &self.scopes)?),
            created_at: columns.time("created_at", self.created_at)?,
            expires_at: columns.opt_time("expires_at", self.expires_at)?,
            revoked_at: columns.opt_time("revoked_at", self.revoked_at)?,
            last_used_at: columns.opt_time("last_used_at", self.last_used_at)?,
        })
    }
}

impl Row for NamedKeyRow {
    const TABLE: &'static str = "api_keys";
    type Noun = (ApiKey, EnvironmentName);

    fn read(self, columns: Columns) -> Result<Self::Noun, Error> {
        Ok((self.key.read(columns)?, EnvironmentName::stored(self.environment_name)))
    }
}
