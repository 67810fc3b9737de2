//! Events on their way to webhooks: written in the transaction that caused them, delivered in order, claimed by one
//! worker at a time.
//!
//! Order is kept among the messages of one stream to one URL. An identifier cannot carry it: two messages of the same
//! millisecond have identifiers in random order, and the clocks of two nodes differ. So each message gets the next
//! `sequence` of its stream. Two transactions could take the same number only if they wrote to one stream at once;
//! whoever enqueues about a connection has changed its row before, in the same transaction, and so holds its lock.
//! For equal numbers the identifier decides.
//!
//! A claim moves `due_at` to the end of the lease, so a message whose worker dies is due again by itself.

use jiff::Timestamp;
use model::{EnvironmentId, OutboxId, OutboxMessage};
use uuid::Uuid;

use crate::columns::{Columns, ms, plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;

/// Selects the first message that heads its stream, by when it is due.
macro_rules! first_head {
    ($columns:literal, $due:literal) => {
        concat!(
            "select ",
            $columns,
            " from outbox o where o.given_up_at is null",
            $due,
            " and not exists (
                select 1 from outbox e where e.given_up_at is null and e.stream = o.stream and e.url = o.url
                    and (e.sequence < o.sequence or (e.sequence = o.sequence and e.id < o.id)))
            order by o.due_at, o.id limit 1"
        )
    };
}

pub(crate) const CLAIMABLE: &str = first_head!("o.due_at", " and o.due_at <= $1");
pub(crate) const NEXT_DUE: &str = first_head!("o.due_at", "");
pub(crate) const CLAIM: &str = concat!(
    "update outbox set attempts = attempts + 1, due_at = $2 where id = (",
    first_head!("o.id", " and o.due_at <= $1"),
    ") and given_up_at is null and due_at <= $1
    returning id, environment_id, stream, url, body, attempts, due_at, created_at"
);

/// Adds a message at the end of its stream.
pub async fn enqueue(tx: &mut Tx, message: &OutboxMessage) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into outbox (id, environment_id, stream, sequence, url, body, attempts, due_at, created_at)
        values ($1, $2, $3, (select coalesce(max(o.sequence), 0) + 1 from outbox o
            where o.stream = $3 and o.url = $4 and o.given_up_at is null), $4, $5, $6, $7, $8)",
        message.id.0,
        message.environment.0,
        message.stream,
        plain(&message.url),
        plain(&message.body),
        i64::from(message.attempts),
        ms(message.due_at),
        ms(message.created_at),
    )?;
    Ok(())
}

/// Takes the message that is due longest, among those that head their stream. Until `leased_until` nobody else gets
/// it. `attempts` counts this attempt already.
pub async fn claim(
    store: &Store,
    now: Timestamp,
    leased_until: Timestamp,
) -> Result<Option<OutboxMessage>, Error> {
    // An idle worker only reads. A claim that comes back empty lost its message to another worker, so it looks again;
    // each round that is lost is a message that someone else has got on with.
    while !rows!(store.reader().await?.on(), DueRow, CLAIMABLE, ms(now))?.is_empty() {
        let mut tx = store.begin().await?;
        let claimed = rows!(tx.on(), MessageRow, CLAIM, ms(now), ms(leased_until))?.pop();
        tx.commit().await?;
        if claimed.is_some() {
            return Ok(claimed);
        }
    }
    Ok(None)
}

/// Makes the messages of a stream that nobody has tried yet due now, when they were held back.
pub async fn release(tx: &mut Tx, stream: Uuid, now: Timestamp) -> Result<u64, Error> {
    let sql = "update outbox set due_at = $2
        where stream = $1 and attempts = 0 and due_at > $2 and given_up_at is null";
    execute!(tx.on(), sql, stream, ms(now))
}

/// Deletes a message that was delivered. False when it is gone.
pub async fn delivered(tx: &mut Tx, id: OutboxId) -> Result<bool, Error> {
    Ok(execute!(tx.on(), "delete from outbox where id = $1", id.0)? == 1)
}

/// Puts a message off after a failed attempt. False when it is gone or given up.
pub async fn postpone(tx: &mut Tx, id: OutboxId, due_at: Timestamp, last_error: &str) -> Result<bool, Error> {
    let sql = "update outbox set due_at = $2, last_error = $3 where id = $1 and given_up_at is null";
    Ok(execute!(tx.on(), sql, id.0, ms(due_at), plain(last_error))? == 1)
}

/// Gives a message up: it is kept, but never sent again, and no longer blocks its stream. False when it is gone or
/// given up already.
pub async fn give_up(tx: &mut Tx, id: OutboxId, now: Timestamp, last_error: &str) -> Result<bool, Error> {
    let sql = "update outbox set given_up_at = $2, last_error = $3 where id = $1 and given_up_at is null";
    Ok(execute!(tx.on(), sql, id.0, ms(now), plain(last_error))? == 1)
}

/// Deletes the messages that were given up before a time. Answers how many.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    execute!(tx.on(), "delete from outbox where given_up_at < $1", ms(before))
}

/// When [`claim`] will find something next: the earliest due time, or end of a lease, of a message that heads its
/// stream.
pub async fn next_due(store: &Store) -> Result<Option<Timestamp>, Error> {
    Ok(rows!(store.reader().await?.on(), DueRow, NEXT_DUE)?.pop())
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: Uuid,
    environment_id: Uuid,
    stream: Uuid,
    url: String,
    body: String,
    attempts: i64,
    due_at: i64,
    created_at: i64,
}

impl Row for MessageRow {
    const TABLE: &'static str = "outbox";
    type Noun = OutboxMessage;

    fn read(self, columns: Columns) -> Result<OutboxMessage, Error> {
        Ok(OutboxMessage {
            id: OutboxId(self.id),
            environment: EnvironmentId(self.environment_id),
            stream: self.stream,
            url: self.url,
            body: self.body,
            attempts: columns.count("attempts", self.attempts)?,
            due_at: columns.time("due_at", self.due_at)?,
            created_at: columns.time("created_at", self.created_at)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct DueRow {
    due_at: i64,
}

impl Row for DueRow {
    const TABLE: &'static str = "outbox";
    type Noun = Timestamp;

    fn read(self, columns: Columns) -> Result<Timestamp, Error> {
        columns.time("due_at", self.due_at)
    }
}
