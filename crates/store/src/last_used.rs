//! When rows were last used: many at a time, and never back in time.

use jiff::Timestamp;
use uuid::Uuid;

use crate::columns::ms;
use crate::db::batch::{Batch, LARGEST};
use crate::db::{On, Tx};
use crate::error::Error;

/// A column that holds when its row was last used.
pub(crate) struct LastUsed {
    lock: Batch,
    write: Batch,
}

impl LastUsed {
    pub(crate) fn new(table: &str, column: &str) -> Self {
        let lock = Batch::new(
            &format!("select id from {table} where id in (select column1 from"),
            1,
            ") order by id for no key update",
        );
        let write = Batch::new(
            &format!("update {table} set {column} = column2 from"),
            2,
            &format!("where {table}.id = column1 and ({column} is null or {column} < column2)"),
        );
        Self { lock, write }
    }

    /// Writes uses. Of a row that does not exist nothing is written.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        uses: impl IntoIterator<Item = (Uuid, Timestamp)>,
    ) -> Result<(), Error> {
        let mut uses: Vec<_> = uses.into_iter().collect();
        // Sorted, the latest use of a row stands last, and that one counts.
        uses.sort_unstable();
        uses.dedup_by(|later, kept| {
            let same_row = later.0 == kept.0;
            kept.1 = if same_row { later.1 } else { kept.1 };
            same_row
        });
        for uses in uses.chunks(LARGEST) {
            // Two nodes that lock rows in the same order wait for each other; in different orders they would deadlock.
            // SQLite has one writer and nothing to lock.
            if let on @ On::Postgres(..) = tx.on() {
                execute_batch!(on, self.lock, uses, |row| row.map(|(id, _)| *id))?;
            }
            execute_batch!(
                tx.on(),
                self.write,
                uses,
                |row| row.map(|(id, _)| *id),
                row.map(|(_, at)| ms(*at))
            )?;
        }
        Ok(())
    }
}
