//! One sealed value that is opened at start, so that a wrong master key is noticed before anything is served.

use uuid::Uuid;
use vault::Sealed;

use crate::columns::Columns;
use crate::db::glance::Glance;
use crate::db::{Row, Store, Tx};
use crate::error::{Error, OpenError};
use crate::location::Location;

/// The canary and the identifier it is bound to.
pub async fn find(store: &Store) -> Result<Option<(Uuid, Sealed)>, Error> {
    Ok(rows!(store.reader().await?.on(), CanaryRow, "select id, sealed from canary where slot = 1")?.pop())
}

/// The canary of a database that is not open yet. Changes nothing there; `None` when the database is new.
pub async fn glance(location: &Location) -> Result<Option<(Uuid, Sealed)>, OpenError> {
    let Some(glance) = Glance::at(location).await? else { return Ok(None) };
    Ok(glance.rows::<CanaryRow>("select id, sealed from canary where slot = 1").await?.pop())
}

/// Sets the canary. There is one: a second one is a conflict.
pub async fn create(tx: &mut Tx, id: Uuid, sealed: &Sealed) -> Result<(), Error> {
    let sql = "insert into canary (slot, id, sealed) values (1, $1, $2)";
    execute!(tx.on(), sql, id, sealed.as_bytes())?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct CanaryRow {
    id: Uuid,
    sealed: Vec<u8>,
}

impl Row for CanaryRow {
    const TABLE: &'static str = "canary";
    type Noun = (Uuid, Sealed);

    fn read(self, columns: Columns) -> Result<Self::Noun, Error> {
        Ok((self.id, columns.sealed("sealed", self.sealed)?))
    }
}
