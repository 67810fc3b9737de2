//! Authorization flows on their way. A flow is used once: whoever takes it first has it.

use jiff::Timestamp;
use model::flow::MOST_OF_A_SESSION;
use model::token::TokenHash;
use model::{EnvironmentId, IntegrationId, PendingFlow, SessionId};
use uuid::Uuid;
use vault::Sealed;

use crate::columns::{Columns, ms};
use crate::db::{Row, Store, Tx};
use crate::error::Error;

/// Adds a flow. Of a session that has begun very many, the oldest are forgotten.
pub async fn create(tx: &mut Tx, flow: &PendingFlow) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into flows (id, state_hash, environment_id, integration_id, session_id, browser_hash, sealed,
            created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        flow.id,
        &flow.state_hash[..],
        flow.environment.0,
        flow.integration.0,
        flow.session.0,
        &flow.browser_hash[..],
        flow.sealed.as_bytes(),
        ms(flow.created_at),
        ms(flow.expires_at),
    )?;
    execute!(
        tx.on(),
        "delete from flows where id in (
            select id from (
                select id, row_number() over (order by created_at desc, id desc) as place
                from flows where environment_id = $1 and session_id = $2
            ) as begun where place > $3)",
        flow.environment.0,
        flow.session.0,
        i64::from(MOST_OF_A_SESSION),
    )?;
    Ok(())
}

/// Takes the flow of a state. `None` when there is none, it has expired, or somebody has taken it before.
///
/// It is taken for good when this returns, whatever becomes of the request: a state must never be accepted twice
/// (RFC 9700 §4.7.1).
pub async fn consume(
    store: &Store,
    state_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<PendingFlow>, Error> {
    let mut tx = store.begin().await?;
    let sql = "update flows set consumed_at = $2
        where state_hash = $1 and consumed_at is null and expires_at > $2
        returning id, state_hash, environment_id, integration_id, session_id, browser_hash, sealed, created_at,
            expires_at";
    let flow = rows!(tx.on(), FlowRow, sql, &state_hash[..], ms(now))?.pop();
    tx.commit().await?;
    Ok(flow)
}

/// The flow of a state that can still be taken; it is left where it is.
pub async fn find(
    store: &Store,
    state_hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<PendingFlow>, Error> {
    let sql =
        "select id, state_hash, environment_id, integration_id, session_id, browser_hash, sealed, created_at,
            expires_at
        from flows where state_hash = $1 and consumed_at is null and expires_at > $2";
    Ok(rows!(store.reader().await?.on(), FlowRow, sql, &state_hash[..], ms(now))?.pop())
}

/// Writes the sealed part of a flow anew, in a transaction of its own, if it still is what it was and nobody has taken
/// the flow. Of several who try at once one succeeds.
pub async fn reseal(store: &Store, flow: &PendingFlow, sealed: &Sealed) -> Result<bool, Error> {
    let mut tx = store.begin().await?;
    let sql = "update flows set sealed = $4
        where environment_id = $1 and id = $2 and sealed = $3 and consumed_at is null";
    let touched =
        execute!(tx.on(), sql, flow.environment.0, flow.id, flow.sealed.as_bytes(), sealed.as_bytes())?;
    tx.commit().await?;
    Ok(touched == 1)
}

/// Deletes the flows that ended before a time. Answers how many.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    execute!(tx.on(), "delete from flows where expires_at < $1", ms(before))
}

#[derive(sqlx::FromRow)]
struct FlowRow {
    id: Uuid,
    state_hash: Vec<u8>,
    environment_id: Uuid,
    integration_id: Uuid,
    session_id: Uuid,
    browser_hash: Vec<u8>,
    sealed: Vec<u8>,
    created_at: i64,
    expires_at: i64,
}

impl Row for FlowRow {
    const TABLE: &'static str = "flows";
    type Noun = PendingFlow;

    fn read(self, columns: Columns) -> Result<PendingFlow, Error> {
        Ok(PendingFlow {
            id: self.id,
            state_hash: columns.hash("state_hash", &self.state_hash)?,
            environment: EnvironmentId(self.environment_id),
            integration: IntegrationId(self.integration_id),
            session: SessionId(self.session_id),
            browser_hash: columns.hash("browser_hash", &self.browser_hash)?,
            sealed: columns.sealed("sealed", self.sealed)?,
            created_at: columns.time("created_at", self.created_at)?,
            expires_at: columns.time("expires_at", self.expires_at)?,
        })
    }
}
