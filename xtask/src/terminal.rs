//! What is said: results and progress on stdout, complaints on stderr.

use std::io::Write as _;

/// A line on stdout. Whoever closed the pipe has seen enough.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line on stderr.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
