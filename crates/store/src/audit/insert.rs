//! One statement for a group of entries.

use std::sync::LazyLock;

use model::AuditEntry;

use crate::columns::{ms, opt_plain, plain};
use crate::db::On;
use crate::error::Error;

/// Inserts at most [`LARGEST`] entries with one statement.
pub(super) async fn insert(on: On<'_>, batch: &[AuditEntry]) -> Result<(), Error> {
    let fits = INSERTS.iter().find(|insert| batch.len() <= insert.rows);
    let insert = fits.expect("a batch has at most LARGEST entries, for which there is a statement");
    let sql = match on {
        On::Sqlite(_) => insert.sqlite,
        On::Postgres(..) => insert.postgres,
    };
    let places = (0..insert.rows).map(|at| batch.get(at));
    execute_each!(
        on,
        sql,
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

/// Most entries of one statement.
pub(super) const LARGEST: usize = 64;

/// Inserts for up to 1, 4, 16 and 64 entries. The sizes are few so that each is prepared once and then reused; places that
/// are left over are null and skipped, so that a group costs one statement whatever its size.
static INSERTS: LazyLock<[Insert; 4]> = LazyLock::new(|| {
    [1, 4, 16, LARGEST].map(|rows| Insert {
        rows,
        // The SQLite driver looks up each numbered placeholder by walking all of them; nameless ones it only counts.
        sqlite: insert_text(rows, |_| "?".to_owned()),
        postgres: insert_text(rows, |number| format!("${number}")),
    })
});

/// An insert of up to so many rows, as each database wants its placeholders.
struct Insert {
    rows: usize,
    sqlite: &'static str,
    postgres: &'static str,
}

/// The text of an insert, made of nothing but the number of rows. It is kept for good, so leaking it costs nothing.
fn insert_text(rows: usize, placeholder: impl Fn(usize) -> String) -> &'static str {
    const COLUMNS: usize = 7;
    let rows: Vec<String> = (0..rows)
        .map(|row| {
            let places: Vec<String> =
                (1..=COLUMNS).map(|column| placeholder(row * COLUMNS + column)).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    let text = format!(
        "insert into audit (id, environment_id, at, actor, action, subject, detail)
        select column1, column2, column3, column4, column5, column6, column7
        from (values {}) as entries where column1 is not null
        on conflict do nothing",
        rows.join(", ")
    );
    text.leak()
}
