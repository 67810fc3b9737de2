//! One statement for a group of entries.

use std::sync::LazyLock;

use model::AuditEntry;

use crate::columns::{ms, opt_plain, plain};
use crate::db::On;
use crate::db::batch::Batch;
use crate::error::Error;

/// Inserts at most [`crate::db::batch::LARGEST`] entries with one statement.
pub(super) async fn insert(on: On<'_>, entries: &[AuditEntry]) -> Result<(), Error> {
    execute_batch!(
        on,
        INSERT,
        entries,
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

static INSERT: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(
        "insert into audit_entries (id, environment_id, at, actor, action, subject, detail)
        select column1, column2, column3, column4, column5, column6, column7 from",
        7,
        "where column1 is not null on conflict do nothing",
    )
});
