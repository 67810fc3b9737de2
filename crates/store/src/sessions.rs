//! Connect sessions. The token is how the environment is found, so looking one up takes none.

use jiff::Timestamp;
use model::token::TokenHash;
use model::{ConnectSession, ConnectionId, EnvironmentId, SessionId, Tags};
use uuid::Uuid;
use vault::Sealed;

use crate::columns::{Columns, json, ms, opt_plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, environment_id, token_hash, end_user, organization, tags, allowed_integrations, defaults,
                overrides, webhook_url_override, reconnects, created_at, expires_at
            from sessions where ",
            $rest
        )
    };
}

/// Adds a session.
pub async fn create(tx: &mut Tx, session: &ConnectSession) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into sessions (id, environment_id, token_hash, end_user, organization, tags, allowed_integrations,
            defaults, overrides, webhook_url_override, reconnects, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        session.id.0,
        session.environment.0,
        &session.token_hash[..],
        session.end_user.as_ref().map(json),
        session.organization.as_ref().map(json),
        json(session.tags.as_map()),
        json(&session.allowed_integrations),
        session.defaults.as_bytes(),
        json(&session.overrides),
        opt_plain(session.webhook_url_override.as_deref()),
        session.reconnects.map(|id| id.0),
        ms(session.created_at),
        ms(session.expires_at),
    )?;
    Ok(())
}

/// The session of a token, expired or not.
pub async fn find_by_token(store: &Store, token_hash: &TokenHash) -> Result<Option<ConnectSession>, Error> {
    let sql = select!("token_hash = $1");
    Ok(rows!(store.reader().await?.on(), SessionRow, sql, &token_hash[..])?.pop())
}

/// The session of an identifier, expired or not.
pub async fn find(store: &Store, id: SessionId) -> Result<Option<ConnectSession>, Error> {
    let sql = select!("id = $1");
    Ok(rows!(store.reader().await?.on(), SessionRow, sql, id.0)?.pop())
}

/// Replaces the sealed defaults of a session if they are still the `old` ones. False when somebody was quicker.
pub async fn replace_defaults(
    tx: &mut Tx,
    environment: EnvironmentId,
    id: SessionId,
    old: &Sealed,
    new: &Sealed,
) -> Result<bool, Error> {
    let sql = "update sessions set defaults = $4 where environment_id = $1 and id = $2 and defaults = $3";
    Ok(execute!(tx.on(), sql, environment.0, id.0, old.as_bytes(), new.as_bytes())? == 1)
}

/// Deletes a session with its flows. False when there is none.
pub async fn delete(tx: &mut Tx, environment: EnvironmentId, id: SessionId) -> Result<bool, Error> {
    let sql = "delete from sessions where environment_id = $1 and id = $2";
    Ok(execute!(tx.on(), sql, environment.0, id.0)? == 1)
}

/// Deletes the sessions that ended before a time, with their flows. Answers how many.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    execute!(tx.on(), "delete from sessions where expires_at < $1", ms(before))
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: Uuid,
    environment_id: Uuid,
    token_hash: Vec<u8>,
    end_user: Option<String>,
    organization: Option<String>,
    tags: String,
    allowed_integrations: String,
    defaults: Vec<u8>,
    overrides: String,
    webhook_url_override: Option<String>,
    reconnects: Option<Uuid>,
    created_at: i64,
    expires_at: i64,
}

impl Row for SessionRow {
    const TABLE: &'static str = "sessions";
    type Noun = ConnectSession;

    fn read(self, columns: Columns) -> Result<ConnectSession, Error> {
        Ok(ConnectSession {
            id: SessionId(self.id),
            environment: EnvironmentId(self.environment_id),
            token_hash: columns.hash("token_hash", &self.token_hash)?,
            end_user: columns.opt_json("end_user", self.end_user.as_deref())?,
            organization: columns.opt_json("organization", self.organization.as_deref())?,
            tags: Tags::stored(columns.json("tags", &self.tags)?),
            allowed_integrations: columns.json("allowed_integrations", &self.allowed_integrations)?,
            defaults: columns.sealed("defaults", self.defaults)?,
            overrides: columns.json("overrides", &self.overrides)?,
            webhook_url_override: self.webhook_url_override,
            reconnects: self.reconnects.map(ConnectionId),
            created_at: columns.time("created_at", self.created_at)?,
            expires_at: columns.time("expires_at", self.expires_at)?,
        })
    }
}
