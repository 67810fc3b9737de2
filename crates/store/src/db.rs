//! The two drivers behind one face. Only this module and the ones below it name a driver.
//!
//! Statements go through [`rows!`], [`execute!`] and [`execute_batch!`], which bind the same values to the same text on
//! whichever driver there is. Reads run on a pooled connection with a prepared statement and no transaction; writes
//! run in a [`Tx`].

#[macro_use]
mod statements;

#[cfg(feature = "testing")]
pub mod admin;
pub(crate) mod batch;
pub(crate) mod glance;
mod migrations;
#[cfg(test)]
mod plans;
mod postgres;
mod sqlite;

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::columns::Columns;
use crate::error::{Error, OpenError};
use crate::location::Location;
use crate::memory::{Memory, Touched};

pub(crate) use migrations::Schema;

/// An open database. Clones share their connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) memory: Option<Arc<Memory>>,
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    open: Open,
    memory: Option<Arc<Memory>>,
    touched: Vec<Touched>,
}

impl Store {
    /// Opens the database, makes it where it is a file that does not exist, and brings its schema up to date. Several
    /// nodes may do this at once.
    pub async fn open(location: &Location) -> Result<Self, OpenError> {
        let db = Db::open(location, Schema::Main, Sizes { readers: 4, pool: 10 }, true).await?;
        Ok(Self { db, memory: None })
    }

    /// A store that remembers connections it read. The caller promises that no other process writes connections, for
    /// instance by holding a lock beside the file; clones share the memory.
    #[must_use]
    pub fn remembering(self) -> Self {
        Self { memory: Some(Arc::default()), ..self }
    }

    /// Begins a transaction that may write. On SQLite it waits for its turn, because there is one writer.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let tx = self.db.begin().await?;
        Ok(Tx { memory: self.memory.clone(), ..tx })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        execute!(self.db.reader().await?.on(), "select 1").map(|_| ())
    }

    /// Waits for running statements and closes every connection. SQLite folds its log into the file.
    pub async fn close(&self) {
        self.db.close().await;
    }

    pub(crate) async fn reader(&self) -> Result<Reader, Error> {
        self.db.reader().await
    }
}

impl Tx {
    /// Makes the writes durable.
    pub async fn commit(self) -> Result<(), Error> {
        let committed = match self.open {
            Open::Sqlite(tx) => tx.commit().await,
            Open::Postgres(tx, _) => tx.commit().await,
        };
        // Also after a failed commit, whose outcome may be unknown.
        if let Some(memory) = &self.memory {
            memory.forget(&self.touched);
        }
        Ok(committed?)
    }

    /// Notes what this transaction writes, for the memory of connections.
    pub(crate) fn touches(&mut self, touched: Touched) {
        if self.memory.is_some() {
            self.touched.push(touched);
        }
    }

    pub(crate) fn on(&mut self) -> On<'_> {
        match &mut self.open {
            Open::Sqlite(tx) => On::Sqlite(tx),
            Open::Postgres(tx, cached) => On::Postgres(tx, *cached),
        }
    }
}

/// The connections to a database.
#[derive(Clone)]
pub(crate) enum Db {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool, behind_pooler: bool },
}

enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>, bool),
}

/// A connection to read from.
pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    /// The driver prepares in one exchange and runs in the next. Behind a pooler only a transaction keeps both on the
    /// same server connection.
    Pooled(Transaction<'static, Postgres>),
}

/// A connection that a statement runs on; the flag says whether prepared statements are kept.
pub(crate) enum On<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection, bool),
}

/// How many connections are held at most.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// To read from SQLite, beside the one writer.
    pub(crate) readers: u32,
    /// To PostgreSQL.
    pub(crate) pool: u32,
}

impl Db {
    /// Opens a database. `durable` says whether a commit waits until it would survive the loss of power.
    pub(crate) async fn open(
        location: &Location,
        schema: Schema,
        sizes: Sizes,
        durable: bool,
    ) -> Result<Self, OpenError> {
        match location {
            Location::Sqlite { path } => sqlite::open(path, schema, durable, sizes.readers).await,
            Location::Postgres { url, behind_pooler } => {
                let settings =
                    postgres::Settings { size: sizes.pool, behind_pooler: *behind_pooler, durable };
                postgres::open(url, schema, settings).await
            }
        }
    }

    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        let open = match self {
            // A deferred transaction that reads first and then writes can fail without ever waiting, so the lock for
            // writing is taken at once.
            Self::Sqlite { writer, .. } => Open::Sqlite(writer.begin_with("begin immediate").await?),
            Self::Postgres { pool, behind_pooler } => Open::Postgres(pool.begin().await?, !behind_pooler),
        };
        Ok(Tx { open, memory: None, touched: Vec::new() })
    }

    pub(crate) async fn reader(&self) -> Result<Reader, Error> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Self::Postgres { pool, behind_pooler: false } => Reader::Postgres(pool.acquire().await?),
            Self::Postgres { pool, behind_pooler: true } => Reader::Pooled(pool.begin().await?),
        })
    }

    /// A connection for one writing statement that is a transaction by itself. None behind a pooler, where a statement
    /// needs a transaction around it.
    pub(crate) async fn lone_writer(&self) -> Result<Option<Reader>, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Some(Reader::Sqlite(writer.acquire().await?)),
            Self::Postgres { pool, behind_pooler: false } => Some(Reader::Postgres(pool.acquire().await?)),
            Self::Postgres { behind_pooler: true, .. } => None,
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

impl Reader {
    pub(crate) fn on(&mut self) -> On<'_> {
        match self {
            Self::Sqlite(connection) => On::Sqlite(connection),
            Self::Postgres(connection) => On::Postgres(connection, true),
            Self::Pooled(tx) => On::Postgres(tx, false),
        }
    }
}

/// A row that can be read back as a noun of the model.
pub(crate) trait Row: Sized {
    const TABLE: &'static str;
    type Noun;

    fn read(self, columns: Columns) -> Result<Self::Noun, Error>;
}

/// Reads what a statement answered.
pub(crate) fn read<R: Row>(rows: Result<Vec<R>, sqlx::Error>) -> Result<Vec<R::Noun>, Error> {
    let rows = rows.map_err(|error| Error::about(R::TABLE, error))?;
    rows.into_iter().map(|row| row.read(Columns(R::TABLE))).collect()
}
