//! What is said on the terminal: results on stdout, one clear line on stderr when something is refused.

use std::io::Write as _;
use std::process::ExitCode;

use serde::Serialize;

/// A line on stdout. A closed pipe is no error of ours: whoever reads has seen enough.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One JSON line on stdout.
pub(crate) fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value)?);
    Ok(())
}

/// A mistake in usage: clap's own words, exit code 2 (0 for help and version).
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// A refusal: the chain of causes on one line, exit code 1.
pub(crate) fn refusal(error: &anyhow::Error) -> ExitCode {
    let causes: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    let _ = writeln!(std::io::stderr().lock(), "claviger: {}", causes.join(": "));
    ExitCode::FAILURE
}
