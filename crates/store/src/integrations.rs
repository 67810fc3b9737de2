//! Integrations: providers as operators set them up.

use model::{EnvironmentId, Integration, IntegrationId, IntegrationKey};
use uuid::Uuid;

use crate::columns::{Columns, counter, json, ms, opt_plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;
use crate::memory::Touched;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment_id, unique_key, provider, display_name, forward_webhooks, client_id, scopes,
                config, custom, secrets, secret_names, version, created_at, updated_at
            from integrations where environment_id = $1",
            $rest
        )
    };
}

/// Adds an integration.
pub async fn create(tx: &mut Tx, integration: &Integration) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into integrations (id, environment_id, unique_key, provider, display_name, forward_webhooks,
            client_id, scopes, config, custom, secrets, secret_names, version, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        integration.id.0,
        integration.environment.0,
        integration.key.as_str(),
        integration.provider.as_str(),
        opt_plain(integration.display_name.as_deref()),
        integration.forward_webhooks,
        opt_plain(integration.client_id.as_deref()),
        json(&integration.scopes),
        json(&integration.config),
        json(&integration.custom),
        integration.secrets.as_bytes(),
        json(&integration.secret_names),
        counter(integration.version),
        ms(integration.created_at),
        ms(integration.updated_at),
    )?;
    Ok(())
}

/// The integration of a key.
pub async fn find(
    store: &Store,
    environment: EnvironmentId,
    key: &IntegrationKey,
) -> Result<Option<Integration>, Error> {
    let sql = select!(" and unique_key = $2");
    Ok(rows!(store.reader().await?.on(), IntegrationRow, sql, environment.0, key.as_str())?.pop())
}

/// The integration of an identifier.
pub async fn find_by_id(
    store: &Store,
    environment: EnvironmentId,
    id: IntegrationId,
) -> Result<Option<Integration>, Error> {
    let sql = select!(" and id = $2");
    Ok(rows!(store.reader().await?.on(), IntegrationRow, sql, environment.0, id.0)?.pop())
}

/// All integrations by provider, then oldest first.
pub async fn list(store: &Store, environment: EnvironmentId) -> Result<Vec<Integration>, Error> {
    let sql = select!(" order by created_at, id");
    let mut all = rows!(store.reader().await?.on(), IntegrationRow, sql, environment.0)?;
    // Databases sort text by their own rules, so this is not left to them.
    all.sort_by(|left, right| left.provider.cmp(&right.provider));
    Ok(all)
}

/// Writes the whole row if it still has the expected version. False when it has another one, or does not exist.
pub async fn update(
    tx: &mut Tx,
    environment: EnvironmentId,
    integration: &Integration,
    expected_version: u64,
) -> Result<bool, Error> {
    tx.touches(Touched::Everything);
    let touched = execute!(
        tx.on(),
        "update integrations set unique_key = $4, provider = $5, display_name = $6, forward_webhooks = $7,
            client_id = $8, scopes = $9, config = $10, custom = $11, secrets = $12, secret_names = $13, version = $14,
            updated_at = $15
        where environment_id = $1 and id = $2 and version = $3",
        environment.0,
        integration.id.0,
        counter(expected_version),
        integration.key.as_str(),
        integration.provider.as_str(),
        opt_plain(integration.display_name.as_deref()),
        integration.forward_webhooks,
        opt_plain(integration.client_id.as_deref()),
        json(&integration.scopes),
        json(&integration.config),
        json(&integration.custom),
        integration.secrets.as_bytes(),
        json(&integration.secret_names),
        counter(integration.version),
        ms(integration.updated_at),
    )?;
    Ok(touched == 1)
}

/// Deletes an integration with its connections and flows. False when there is none.
pub async fn delete(tx: &mut Tx, environment: EnvironmentId, id: IntegrationId) -> Result<bool, Error> {
    tx.touches(Touched::Everything);
    let sql = "delete from integrations where environment_id = $1 and id = $2";
    Ok(execute!(tx.on(), sql, environment.0, id.0)? == 1)
}

/// How many connections go through an integration.
pub async fn connection_count(
    store: &Store,
    environment: EnvironmentId,
    id: IntegrationId,
) -> Result<u64, Error> {
    let sql = "select count(*) as count from connections where environment_id = $1 and integration_id = $2";
    let counts = rows!(store.reader().await?.on(), CountRow, sql, environment.0, id.0)?;
    Ok(counts.into_iter().sum())
}

#[derive(sqlx::FromRow)]
struct IntegrationRow {
    id: Uuid,
    environment_id: Uuid,
    unique_key: String,
    provider: String,
    display_name: Option<String>,
    forward_webhooks: bool,
    client_id: Option<String>,
    scopes: String,
    config: String,
    custom: String,
    secrets: Vec<u8>,
    secret_names: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl Row for IntegrationRow {
    const TABLE: &'static str = "integrations";
    type Noun = Integration;

    fn read(self, columns: Columns) -> Result<Integration, Error> {
        Ok(Integration {
            id: IntegrationId(self.id),
            environment: EnvironmentId(self.environment_id),
            key: IntegrationKey::stored(self.unique_key),
            provider: self.provider,
            display_name: self.display_name,
            forward_webhooks: self.forward_webhooks,
            client_id: self.client_id,
            scopes: columns.json("scopes", &self.scopes)?,
            config: columns.json("config", &self.config)?,
            custom: columns.json("custom", &self.custom)?,
            secrets: columns.sealed("secrets", self.secrets)?,
            secret_names: columns.json("secret_names", &self.secret_names)?,
            version: columns.count("version", self.version)?,
            created_at: columns.time("created_at", self.created_at)?,
            updated_at: columns.time("updated_at", self.updated_at)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct CountRow {
    count: i64,
}

impl Row for CountRow {
    const TABLE: &'static str = "connections";
    type Noun = u64;

    fn read(self, columns: Columns) -> Result<u64, Error> {
        columns.count("count", self.count)
    }
}
