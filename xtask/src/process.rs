//! Running other programs: to the end, for their output, or beside us until they are no longer needed.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::clock::Stopwatch;

const PATIENCE: Duration = Duration::from_secs(15);

/// Runs a program to its end, with its output shown.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", name(command)))?;
    if status.success() { Ok(()) } else { bail!("{} ended with {status}", line(command)) }
}

/// Runs a program to its end and answers what it wrote on stdout.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output =
        command.stderr(Stdio::piped()).output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        bail!(
            "{} ended with {}: {}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} wrote something that is no text", name(command)))
}

/// Whether a program answers `--version`.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A program that runs beside us and is asked to stop when it goes out of scope.
pub(crate) struct Running {
    pub(crate) child: Child,
    signal: &'static str,
}

impl Running {
    /// Starts a program. `signal` is what makes it stop softly, for example `TERM`.
    pub(crate) fn start(command: &mut Command, signal: &'static str) -> anyhow::Result<Self> {
        let child = command.spawn().with_context(|| format!("cannot run {}", name(command)))?;
        Ok(Self { child, signal })
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only this one process is meant, by its id; it is ours and not waited for yet, so the id is still its own.
        let _ =
            Command::new("kill").args([&format!("-{}", self.signal), &self.child.id().to_string()]).status();
        let watch = Stopwatch::start();
        while !self.has_ended() && watch.elapsed() < PATIENCE {
            sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_arguments() {
        let error = run(Command::new("false").arg("--certainly")).expect_err("it fails");
        assert!(error.to_string().starts_with("false --certainly ended with"), "{error}");
    }

    #[test]
    fn what_a_failed_program_said_is_in_the_error() {
        let error =
            output(Command::new("sh").args(["-c", "echo because >&2; exit 3"])).expect_err("it fails");
        assert!(error.to_string().contains("because"), "{error}");
    }

    #[test]
    fn a_program_that_is_missing_does_not_answer() {
        assert!(!answers("no-such-program-anywhere", &[]));
    }
}
