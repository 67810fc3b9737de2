//! Webhook settings, one row an environment.

use model::{EnvironmentId, WebhookSettings};
use uuid::Uuid;

use crate::columns::{Columns, counter, opt_plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;

/// Adds the settings of an environment.
pub async fn create(tx: &mut Tx, settings: &WebhookSettings) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into webhooks (environment_id, primary_url, secondary_url, on_auth_creation, on_auth_refresh_error,
            signing_key, version)
        values ($1, $2, $3, $4, $5, $6, $7)",
        settings.environment.0,
        opt_plain(settings.primary_url.as_deref()),
        opt_plain(settings.secondary_url.as_deref()),
        settings.on_auth_creation,
        settings.on_auth_refresh_error,
        settings.signing_key.as_bytes(),
        counter(settings.version),
    )?;
    Ok(())
}

/// The settings of an environment.
pub async fn find(store: &Store, environment: EnvironmentId) -> Result<Option<WebhookSettings>, Error> {
    let sql = "select environment_id, primary_url, secondary_url, on_auth_creation, on_auth_refresh_error, signing_key,
            version
        from webhooks where environment_id = $1";
    Ok(rows!(store.reader().await?.on(), SettingsRow, sql, environment.0)?.pop())
}

/// Writes the settings if they still have the expected version. False when they have another one, or do not exist.
pub async fn update(tx: &mut Tx, settings: &WebhookSettings, expected_version: u64) -> Result<bool, Error> {
    let touched = execute!(
        tx.on(),
        "update webhooks set primary_url = $3, secondary_url = $4, on_auth_creation = $5, on_auth_refresh_error = $6,
            signing_key = $7, version = $8
        where environment_id = $1 and version = $2",
        settings.environment.0,
        counter(expected_version),
        opt_plain(settings.primary_url.as_deref()),
        opt_plain(settings.secondary_url.as_deref()),
        settings.on_auth_creation,
        settings.on_auth_refresh_error,
        settings.signing_key.as_bytes(),
        counter(settings.version),
    )?;
    Ok(touched == 1)
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    environment_id: Uuid,
    primary_url: Option<String>,
    secondary_url: Option<String>,
    on_auth_creation: bool,
    on_auth_refresh_error: bool,
    signing_key: Vec<u8>,
    version: i64,
}

impl Row for SettingsRow {
    const TABLE: &'static str = "webhooks";
    type Noun = WebhookSettings;

    fn read(self, columns: Columns) -> Result<WebhookSettings, Error> {
        Ok(WebhookSettings {
            environment: EnvironmentId(self.environment_id),
            primary_url: self.primary_url,
            secondary_url: self.secondary_url,
            on_auth_creation: self.on_auth_creation,
            on_auth_refresh_error: self.on_auth_refresh_error,
            signing_key: columns.sealed("signing_key", self.signing_key)?,
            version: columns.count("version", self.version)?,
        })
    }
}
