//! Where the database is.

use std::path::PathBuf;

use vault::Secret;

/// A database to open. It may hold a password, so it has no `Debug`.
#[derive(Clone)]
pub enum Location {
    /// A file on a local disk, made on first use (mode 0600, its directory 0700).
    Sqlite {
        /// The path of the file.
        path: PathBuf,
    },
    /// A server that speaks PostgreSQL's protocol.
    Postgres {
        /// `postgres://user:password@host:port/database`, with parameters such as `sslmode`.
        url: Secret<String>,
        /// Keep to what a connection pooler in transaction mode can do. Costs two round trips a read.
        behind_pooler: bool,
    },
}
