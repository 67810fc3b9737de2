//! The one list of entries that cannot be played.

use catalog::Catalog;
use libtest_mimic::Failed;

const LIST: &str = include_str!("left_out.txt");

/// Slugs with their reasons; a line is `slug: reason`, and `#` begins a comment.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(':').map_or((line, ""), |(slug, reason)| (slug, reason.trim())))
}

/// Why an entry is left out, if it is.
pub(crate) fn reason(slug: &str) -> Option<&'static str> {
    lines().find(|(left_out, _)| *left_out == slug).map(|(_, reason)| reason)
}

/// How many entries are left out.
pub(crate) fn count() -> usize {
    lines().count()
}

/// Every line names an entry and a reason.
pub(crate) fn check() -> Result<(), Failed> {
    let catalog = Catalog::embedded();
    for (slug, reason) in lines() {
        if catalog.get(slug).is_none() || reason.len() < 10 {
            return Err(format!("«{slug}» is no entry, or has no reason").into());
        }
    }
    Ok(())
}
