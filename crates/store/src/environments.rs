//! Environments: the walls between sets of data.

use model::{Environment, EnvironmentId, EnvironmentName};
use uuid::Uuid;

use crate::columns::{Columns, ms, opt_plain};
use crate::db::{Row, Store, Tx};
use crate::error::Error;

/// Adds an environment.
pub async fn create(tx: &mut Tx, environment: &Environment) -> Result<(), Error> {
    execute!(
        tx.on(),
        "insert into environments (id, name, app_name, created_at) values ($1, $2, $3, $4)",
        environment.id.0,
        environment.name.as_str(),
        opt_plain(environment.app_name.as_deref()),
        ms(environment.created_at),
    )?;
    Ok(())
}

/// The environment of a name.
pub async fn find_by_name(store: &Store, name: &EnvironmentName) -> Result<Option<Environment>, Error> {
    let sql = "select id, name, app_name, created_at from environments where name = $1";
    Ok(rows!(store.reader().await?.on(), EnvironmentRow, sql, name.as_str())?.pop())
}

/// The environment of an identifier.
pub async fn find(store: &Store, id: EnvironmentId) -> Result<Option<Environment>, Error> {
    let sql = "select id, name, app_name, created_at from environments where id = $1";
    Ok(rows!(store.reader().await?.on(), EnvironmentRow, sql, id.0)?.pop())
}

/// All environments, oldest first.
pub async fn list(store: &Store) -> Result<Vec<Environment>, Error> {
    let sql = "select id, name, app_name, created_at from environments order by created_at, id";
    rows!(store.reader().await?.on(), EnvironmentRow, sql)
}

/// Sets what end users are told they connect to. False when there is no such environment.
pub async fn set_app_name(tx: &mut Tx, id: EnvironmentId, app_name: Option<&str>) -> Result<bool, Error> {
    let sql = "update environments set app_name = $2 where id = $1";
    Ok(execute!(tx.on(), sql, id.0, opt_plain(app_name))? == 1)
}

#[derive(sqlx::FromRow)]
struct EnvironmentRow {
    id: Uuid,
    name: String,
    app_name: Option<String>,
    created_at: i64,
}

impl Row for EnvironmentRow {
    const TABLE: &'static str = "environments";
    type Noun = Environment;

    fn read(self, columns: Columns) -> Result<Environment, Error> {
        Ok(Environment {
            id: EnvironmentId(self.id),
            name: EnvironmentName::stored(self.name),
            app_name: self.app_name,
            created_at: columns.time("created_at", self.created_at)?,
        })
    }
}
