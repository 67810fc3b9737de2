//! The audit trail: a store of its own, because the hot path appends to it and must not wait behind other writes.
//!
//! On SQLite it is the file `audit.db` beside the main one, with its own writer. On PostgreSQL its tables are in the same
//! database, reached through a small pool of its own. Entries are written to `audit_entries`; the table `audit` holds those
//! of earlier versions.

mod insert;
mod journal;

use std::path::PathBuf;
use std::sync::Arc;

use model::{AuditEntry, AuditId, EnvironmentId};
use uuid::Uuid;

use crate::columns::Columns;
use crate::db::batch::LARGEST;
use crate::db::{Db, Row, Schema, Sizes};
use crate::error::{Cause, Error, OpenError};
use crate::location::Location;
use insert::insert;
use journal::Journal;

/// An open audit trail. Clones share their connections.
#[derive(Clone)]
pub struct AuditLog {
    db: Db,
    /// Path of the database file, where there is one.
    file: Option<PathBuf>,
    journal: Option<Arc<Journal>>,
}

impl AuditLog {
    /// Opens the audit trail that belongs to a database. When it is `durable`, an append waits until the entries would
    /// survive the loss of power; else the last ones may be lost with it (but not with the process alone).
    pub async fn open(location: &Location, durable: bool) -> Result<Self, OpenError> {
        let beside = match location {
            Location::Sqlite { path } => Location::Sqlite { path: path.with_file_name("audit.db") },
            Location::Postgres { .. } => location.clone(),
        };
        let db = Db::open(&beside, Schema::Audit, Sizes { readers: 1, pool: 2 }, durable).await?;
        let file = match beside {
            Location::Sqlite { path } => Some(path),
            Location::Postgres { .. } => None,
        };
        Ok(Self { db, file, journal: None })
    }

    /// A trail whose entries go through a journal where it is a file, see [`AuditLog::note`]. What an earlier process
    /// left in the journal is folded first. The caller promises to be the only server of the store; clones share the
    /// journal.
    ///
    /// # Errors
    ///
    /// When what was left behind cannot be read or written; nothing of it is lost.
    pub async fn journaling(self) -> Result<Self, OpenError> {
        let Some(file) = self.file.clone() else { return Ok(self) };
        let unreadable = |source| OpenError::Io { path: file.clone(), source };
        let leftovers = journal::leftovers(&file).map_err(unreadable)?;
        let journal = Journal::beside(&file, &leftovers);
        for left in leftovers {
            let folded = self.append(&left.entries).await;
            folded.map_err(|error| OpenError::Unreachable(Cause::new(error)))?;
            journal::remove(&left.path).await;
        }
        Ok(Self { journal: Some(Arc::new(journal)), ..self })
    }

    /// Notes an entry in the journal, where there is one; it survives a crash of the process when this returns.
    /// Without a journal the entry comes back, to be appended together with others.
    pub async fn note(&self, entry: AuditEntry) -> Result<Option<AuditEntry>, Error> {
        let Some(journal) = &self.journal else { return Ok(Some(entry)) };
        if journal.is_full() {
            // Boxed, because futures are moved, this one is large, and nearly no read comes here.
            Box::pin(self.fold()).await?;
        }
        journal.gather(entry).written().await?;
        Ok(None)
    }

    /// Moves the entries of the journal to the table.
    pub async fn fold(&self) -> Result<(), Error> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let _turn = journal.folding.lock().await;
        let taken = journal.take();
        self.append(taken.entries()).await?;
        taken.remove().await;
        Ok(())
    }

    /// Waits until there is something to fold; without a journal for ever.
    pub async fn noted(&self) {
        match &self.journal {
            Some(journal) => journal.noted().await,
            None => std::future::pending().await,
        }
    }

    /// Appends entries, all of them or none. Those that are there already stay as they are, so that an append whose
    /// outcome is unknown can be repeated.
    pub async fn append(&self, entries: &[AuditEntry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        // One statement is a transaction by itself. Beginning and committing one would cost two more round trips to the
        // thread or server that runs it, on every read of a credential.
        if entries.len() <= LARGEST
            && let Some(mut writer) = self.db.lone_writer().await?
        {
            return insert(writer.on(), entries).await;
        }
        let mut tx = self.db.begin().await?;
        for batch in entries.chunks(LARGEST) {
            insert(tx.on(), batch).await?;
        }
        tx.commit().await
    }

    /// The entries of an environment, newest first, from the one before `before`.
    pub async fn list(
        &self,
        environment: EnvironmentId,
        limit: u32,
        before: Option<AuditId>,
    ) -> Result<Vec<AuditEntry>, Error> {
        self.fold().await?;
        let before = before.map_or(Uuid::max(), |id| id.0);
        rows!(self.db.reader().await?.on(), EntryRow, NEWEST, environment.0, before, i64::from(limit))
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// The newest entries, from both tables, each of which holds them in this order.
pub(crate) const NEWEST: &str =
    "select id, environment_id, at, actor, action, subject, detail from audit_entries
        where environment_id = $1 and id < $2
    union all select id, environment_id, at, actor, action, subject, detail from audit
        where environment_id = $1 and id < $2
    order by id desc limit $3";

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: Uuid,
    environment_id: Uuid,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: Option<String>,
}

impl Row for EntryRow {
    const TABLE: &'static str = "audit_entries";
    type Noun = AuditEntry;

    fn read(self, columns: Columns) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditId(self.id),
            environment: EnvironmentId(self.environment_id),
            at: columns.time("at", self.at)?,
            actor: self.actor,
            action: self.action.into(),
            subject: self.subject,
            detail: self.detail,
        })
    }
}
