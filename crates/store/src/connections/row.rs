//! Rows of connections, and what is computed from a connection to find it again.

use std::sync::{Arc, OnceLock};

use model::connection::{LookupHealth, RefreshHealth};
use model::{Connection, ConnectionId, ConnectionKey, EndUser, EnvironmentId, IntegrationId, Tags};
use protocol::CredentialKind;
use uuid::Uuid;
use vault::Veiled;

use crate::columns::{Columns, plain};
use crate::db::Row;
use crate::error::Error;

/// A connection with what its integration adds. All parts are shared with the memory of connections, so that a clone
/// copies nothing.
#[derive(Debug, Clone)]
pub struct Found {
    /// The connection.
    pub connection: Arc<Connection>,
    /// Slug of the integration's provider.
    pub provider: Arc<str>,
    /// Where a reader may keep what it made of exactly this state of the connection; it is forgotten with it. Only there
    /// when the connection is remembered.
    pub kept: Option<Arc<OnceLock<Veiled>>>,
}

#[derive(sqlx::FromRow)]
pub(super) struct ConnectionRow {
    id: Uuid,
    number: i64,
    environment_id: Uuid,
    integration_id: Uuid,
    key: String,
    end_user: Option<String>,
    tags: String,
    metadata: Option<String>,
    config: String,
    webhook_url_override: Option<String>,
    credential: Vec<u8>,
    kind: String,
    version: i64,
    obtained_at: i64,
    expires_at: Option<i64>,
    refreshable: bool,
    refresh_failures: i64,
    refresh_retry_at: Option<i64>,
    refresh_needs_reauth: bool,
    refresh_error_code: Option<String>,
    refresh_error_log_id: Option<String>,
    account: Option<String>,
    lookup_failures: i64,
    lookup_retry_at: Option<i64>,
    lookup_error: Option<String>,
    last_fetched_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    missing_scopes: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct FoundRow {
    #[sqlx(flatten)]
    connection: ConnectionRow,
    provider: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct DueRow {
    environment_id: Uuid,
    id: Uuid,
}

#[derive(sqlx::FromRow)]
pub(super) struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
pub(super) struct KeyRow {
    key: String,
}

/// The text that a search looks through: key, name and e-mail address in lower case, on lines of their own so that
/// nothing is found across two of them.
pub(super) fn search_text(key: &str, end_user: Option<&EndUser>) -> String {
    let name = end_user.and_then(|user| user.display_name.as_deref()).unwrap_or_default();
    let email = end_user.and_then(|user| user.email.as_deref()).unwrap_or_default();
    plain(&format!("{key}\n{name}\n{email}")).to_lowercase()
}

impl Row for ConnectionRow {
    const TABLE: &'static str = "connections";
    type Noun = Connection;

    fn read(self, columns: Columns) -> Result<Connection, Error> {
        Ok(Connection {
            id: ConnectionId(self.id),
            number: self.number,
            environment: EnvironmentId(self.environment_id),
            integration: IntegrationId(self.integration_id),
            key: ConnectionKey::stored(self.key),
            end_user: columns.opt_json("end_user", self.end_user.as_deref())?,
            tags: Tags::stored(columns.json("tags", &self.tags)?),
            metadata: columns.opt_json("metadata", self.metadata.as_deref())?,
            config: columns.json("config", &self.config)?,
            webhook_url_override: self.webhook_url_override,
            credential: columns.sealed("credential", self.credential)?,
            kind: kind(columns, &self.kind)?,
            version: columns.count("version", self.version)?,
            obtained_at: columns.time("obtained_at", self.obtained_at)?,
            expires_at: columns.opt_time("expires_at", self.expires_at)?,
            refreshable: self.refreshable,
            refresh: RefreshHealth {
                failures: columns.count("refresh_failures", self.refresh_failures)?,
                retry_at: columns.opt_time("refresh_retry_at", self.refresh_retry_at)?,
                needs_reauth: self.refresh_needs_reauth,
                error_code: self.refresh_error_code,
                error_log_id: self.refresh_error_log_id,
            },
            missing_scopes: columns.json("missing_scopes", &self.missing_scopes)?,
            account: self.account,
            lookups: LookupHealth {
                failures: columns.count("lookup_failures", self.lookup_failures)?,
                retry_at: columns.opt_time("lookup_retry_at", self.lookup_retry_at)?,
                error: self.lookup_error,
            },
            last_fetched_at: columns.opt_time("last_fetched_at", self.last_fetched_at)?,
            created_at: columns.time("created_at", self.created_at)?,
            updated_at: columns.time("updated_at", self.updated_at)?,
        })
    }
}

fn kind(columns: Columns, text: &str) -> Result<CredentialKind, Error> {
    const KINDS: [CredentialKind; 13] = [
        CredentialKind::OAuth2,
        CredentialKind::ClientCredentials,
        CredentialKind::OAuth1,
        CredentialKind::OAuth1TokenBased,
        CredentialKind::TwoStep,
        CredentialKind::Jwt,
        CredentialKind::Signature,
        CredentialKind::Session,
        CredentialKind::Aws,
        CredentialKind::App,
        CredentialKind::ApiKey,
        CredentialKind::Basic,
        CredentialKind::None,
    ];
    let known = KINDS.into_iter().find(|kind| kind.wire() == text);
    known.ok_or_else(|| columns.corrupt("kind", "not a kind of credential"))
}

impl Row for FoundRow {
    const TABLE: &'static str = ConnectionRow::TABLE;
    type Noun = Found;

    fn read(self, columns: Columns) -> Result<Found, Error> {
        Ok(Found {
            connection: Arc::new(self.connection.read(columns)?),
            provider: self.provider.into(),
            kept: None,
        })
    }
}

impl Row for DueRow {
    const TABLE: &'static str = ConnectionRow::TABLE;
    type Noun = (EnvironmentId, ConnectionId);

    fn read(self, _: Columns) -> Result<(EnvironmentId, ConnectionId), Error> {
        Ok((EnvironmentId(self.environment_id), ConnectionId(self.id)))
    }
}

impl Row for IdRow {
    const TABLE: &'static str = ConnectionRow::TABLE;
    type Noun = Uuid;

    fn read(self, _: Columns) -> Result<Uuid, Error> {
        Ok(self.id)
    }
}

impl Row for KeyRow {
    const TABLE: &'static str = ConnectionRow::TABLE;
    type Noun = String;

    fn read(self, _: Columns) -> Result<String, Error> {
        Ok(self.key)
    }
}
