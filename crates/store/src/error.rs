//! What can go wrong, named by what a caller can do about it.

use std::fmt;
use std::path::PathBuf;

/// A read or a write that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the schema forbids the write. The transaction is lost.
    #[error("{0}")]
    Conflict(Constraint),
    /// A stored value cannot be what this crate wrote: the database was damaged or tampered with.
    #[error("a stored value in table {table} cannot be read: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column, and what is wrong with it; never the value.
        what: String,
    },
    /// The database did not answer, or not in time. Trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
}

/// The rule a write broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    /// An environment of this name exists.
    #[error("an environment of this name exists")]
    EnvironmentName,
    /// A live API key of this name exists in the environment.
    #[error("an API key of this name exists")]
    ApiKeyName,
    /// An API key with this public part exists.
    #[error("an API key with this public part exists")]
    ApiKeyPublicId,
    /// An integration of this key exists in the environment.
    #[error("an integration of this key exists")]
    IntegrationKey,
    /// A connection of this key exists in the integration.
    #[error("a connection of this key exists")]
    ConnectionKey,
    /// A connection of this number exists.
    #[error("a connection of this number exists")]
    ConnectionNumber,
    /// A session with this token exists.
    #[error("a session with this token exists")]
    SessionToken,
    /// A flow with this state exists.
    #[error("a flow with this state exists")]
    FlowState,
    /// The environment has webhook settings.
    #[error("the environment has webhook settings")]
    WebhookSettings,
    /// There is a canary.
    #[error("there is a canary")]
    Canary,
    /// A row with this identifier exists.
    #[error("a row with this identifier exists")]
    RowId,
    /// A row that this one refers to does not exist in the environment (any more).
    #[error("a row that this one refers to does not exist")]
    Reference,
}

/// A database that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL has a form that cannot be read. It is not repeated, because it may hold a password.
    #[error("the database URL cannot be read; it has the form postgres://user:password@host:port/database")]
    Url,
    /// The file or its directory cannot be made or opened.
    #[error("cannot open the database file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else than a SQLite database.
    #[error("{} is not a SQLite database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be reached, or it refuses us.
    #[error("the database cannot be reached")]
    Unreachable(#[source] Cause),
    /// A later release has been here. Nothing was changed.
    #[error("the database has schema version {found}, this release knows up to {known}; use a newer release")]
    Newer {
        /// The version in the database.
        found: i64,
        /// The latest version known here.
        known: i64,
    },
    /// The database says that a migration ran which is not the one of this release. Nothing was changed.
    #[error("migration {version} in the database differs from the one of this release")]
    Altered {
        /// Its version.
        version: i64,
    },
    /// A migration failed and was rolled back.
    #[error("the schema of the database cannot be brought up to date")]
    Migration(#[source] Cause),
}

/// What the driver said. Shows the message only: details may quote rows.
pub struct Cause(Box<dyn std::error::Error + Send + Sync>);

impl Cause {
    pub(crate) fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({})", self.0)
    }
}

impl std::error::Error for Cause {}

impl Error {
    /// The meaning of a driver's error in a statement about `table`.
    pub(crate) fn about(table: &'static str, error: sqlx::Error) -> Self {
        if let sqlx::Error::ColumnDecode { index, .. } = &error {
            return Self::Corrupt { table, what: format!("{index}: the wrong type") };
        }
        Self::from(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(broken) if broken.is_unique_violation() => {
                Self::Conflict(unique(broken.constraint(), broken.message()))
            }
            Some(broken) if broken.is_foreign_key_violation() => Self::Conflict(Constraint::Reference),
            Some(_) | None => Self::Unavailable(Cause::new(error)),
        }
    }
}

/// The unique rules: their names, which PostgreSQL reports, and their columns, which SQLite reports.
const UNIQUE: [(&str, &str, Constraint); 10] = [
    ("environments_name", "environments.name", Constraint::EnvironmentName),
    ("api_keys_live_name", "api_keys.environment_id, api_keys.name", Constraint::ApiKeyName),
    ("api_keys_public_id", "api_keys.public_id", Constraint::ApiKeyPublicId),
    (
        "integrations_unique_key",
        "integrations.environment_id, integrations.unique_key",
        Constraint::IntegrationKey,
    ),
    ("connections_key", "connections.integration_id, connections.key", Constraint::ConnectionKey),
    ("connections_number", "connections.number", Constraint::ConnectionNumber),
    ("sessions_token_hash", "sessions.token_hash", Constraint::SessionToken),
    ("flows_state_hash", "flows.state_hash", Constraint::FlowState),
    ("webhooks_pkey", "webhooks.environment_id", Constraint::WebhookSettings),
    ("canary_pkey", "canary.slot", Constraint::Canary),
];

fn unique(name: Option<&str>, message: &str) -> Constraint {
    let columns = message.rsplit_once(": ").map(|(_, columns)| columns);
    UNIQUE
        .iter()
        .find(|(known, ..)| Some(*known) == name)
        .or_else(|| UNIQUE.iter().find(|(_, known, _)| name.is_none() && Some(*known) == columns))
        .map_or(Constraint::RowId, |(.., constraint)| *constraint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_rule_is_known_by_its_name_and_by_its_columns() {
        for (name, columns, constraint) in UNIQUE {
            assert_eq!(unique(Some(name), "duplicate key value"), constraint);
            assert_eq!(unique(None, &format!("UNIQUE constraint failed: {columns}")), constraint);
        }
        assert_eq!(unique(Some("flows_pkey"), "duplicate key value"), Constraint::RowId);
        assert_eq!(unique(None, "UNIQUE constraint failed: flows.id"), Constraint::RowId);
    }

    #[test]
    fn the_debug_form_of_a_cause_is_its_message() {
        assert_eq!(format!("{:?}", Cause::new("no route to host")), "Cause(no route to host)");
    }
}
