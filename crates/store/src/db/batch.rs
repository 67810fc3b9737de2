//! Statements over several rows of values at once.
//!
//! A statement crosses to the thread or server that runs it and back. For small writes that costs more than the write,
//! so what gathers is written many rows a statement.

use super::On;

/// Most rows of one statement.
pub(crate) const LARGEST: usize = 256;

/// One statement in several sizes. The sizes are few so that each is prepared once and then reused; rows that are left
/// over are null, and the statement must skip them.
pub(crate) struct Batch([Size; 5]);

/// The statement for up to so many rows, as each database wants its placeholders.
struct Size {
    rows: usize,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Batch {
    /// A statement of constant text that reads its values from `(values …) as given`, whose columns are `column1` and
    /// so on: `before` and `after` stand around the values.
    pub(crate) fn new(before: &str, columns: usize, after: &str) -> Self {
        Self([1, 4, 16, 64, LARGEST].map(|rows| {
            let text = |placeholder: &dyn Fn(usize) -> String| -> &'static str {
                let values = values(rows, columns, placeholder);
                // It is kept for good, so leaking it costs nothing.
                format!("{before} (values {values}) as given {after}").leak()
            };
            // The SQLite driver looks up each numbered placeholder by walking all of them; nameless ones it only counts.
            Size { rows, sqlite: text(&|_| "?".to_owned()), postgres: text(&|number| format!("${number}")) }
        }))
    }

    /// The text for `rows` rows, at most [`LARGEST`], and how many rows it takes.
    pub(crate) fn fitting(&self, on: &On<'_>, rows: usize) -> (&'static str, usize) {
        let size = self.0.iter().find(|size| rows <= size.rows);
        let size = size.expect("a batch has at most LARGEST rows, for which there is a size");
        match on {
            On::Sqlite(_) => (size.sqlite, size.rows),
            On::Postgres(..) => (size.postgres, size.rows),
        }
    }
}

fn values(rows: usize, columns: usize, placeholder: &dyn Fn(usize) -> String) -> String {
    let row = |row: usize| {
        let places: Vec<_> = (1..=columns).map(|column| placeholder(row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
