//! The audit trail: a store of its own, because the hot path appends to it and must not wait behind other writes.
//!
//! On SQLite it is the file `audit.db` beside the main one, with its own writer. On PostgreSQL it is a table of the
//! same database, reached through a small pool of its own.

use std::sync::LazyLock;

use model::{AuditEntry, AuditId, EnvironmentId};
use uuid::Uuid;

use crate::columns::{Columns, ms, opt_plain, plain};
use crate::db::{Db, On, Row, Schema, Sizes};
use crate::error::{Error, OpenError};
use crate::location::Location;

/// An open audit trail. Clones share their connections.
#[derive(Clone)]
pub struct AuditLog {
    db: Db,
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
        Ok(Self { db })
    }

    /// Appends entries, all of them or none.
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
        let before = before.map_or(Uuid::max(), |id| id.0);
        let sql = "select id, environment_id, at, actor, action, subject, detail from audit
            where environment_id = $1 and id < $2
            order by id desc limit $3";
        rows!(self.db.reader().await?.on(), EntryRow, sql, environment.0, before, i64::from(limit))
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Inserts at most [`LARGEST`] entries with one statement.
async fn insert(on: On<'_>, batch: &[AuditEntry]) -> Result<(), Error> {
    let fits = INSERTS.iter().find(|(size, _)| batch.len() <= *size);
    let (size, sql) = fits.expect("a batch has at most LARGEST entries, for which there is a statement");
    let places = (0..*size).map(|at| batch.get(at));
    execute_each!(
        on,
        *sql,
        places,
        |entry| entry.map(|entry| entry.id.0),
        entry.map(|entry| entry.environment.0),
        entry.map(|entry| ms(entry.at)),
        entry.map(|entry| plain(&entry.actor)),
        entry.map(|entry| plain(&entry.action)),
        entry.map(|entry| plain(&entry.subject)),
        entry.and_then(|entry| opt_plain(entry.detail.as_deref())),
    )?;
    Ok(())
}

/// Most entries of one statement. The SQLite driver looks up every placeholder by walking all of them, so that longer
/// statements cost more than they save.
const LARGEST: usize = 64;

/// Inserts for up to 1, 4, 16 and 64 entries. The sizes are few so that each is prepared once and then reused; places that
/// are left over are null and skipped, so that a group costs one statement whatever its size.
static INSERTS: LazyLock<[(usize, &'static str); 4]> =
    LazyLock::new(|| [1, 4, 16, LARGEST].map(|size| (size, insert_text(size))));

/// The text of an insert, made of nothing but the number of rows. It is kept for good, so leaking it costs nothing.
fn insert_text(rows: usize) -> &'static str {
    const COLUMNS: usize = 7;
    let rows: Vec<String> = (0..rows)
        .map(|row| {
            let places: Vec<String> =
                (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    let text = format!(
        "insert into audit (id, environment_id, at, actor, action, subject, detail)
        select column1, column2, column3, column4, column5, column6, column7
        from (values {}) as entries where column1 is not null",
        rows.join(", ")
    );
    text.leak()
}

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
    const TABLE: &'static str = "audit";
    type Noun = AuditEntry;

    fn read(self, columns: Columns) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditId(self.id),
            environment: EnvironmentId(self.environment_id),
            at: columns.time("at", self.at)?,
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            detail: self.detail,
        })
    }
}
