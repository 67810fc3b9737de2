//! The product as a process: how soon it answers and how much memory it holds.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;

use super::http::Connection;
use crate::clock::Stopwatch;
use crate::process::Running;

const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    running: Running,
    pub(crate) authority: String,
    /// From the start of the process to the first answer of `/health`.
    pub(crate) became_ready_in: Duration,
}

impl Server {
    /// Starts on a free port and waits until it answers.
    pub(crate) fn start(product: &Path, directory: &Path) -> anyhow::Result<Self> {
        let watch = Stopwatch::start();
        let mut command = Command::new(product);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir"]).arg(directory);
        let mut running = Running::start(command.stdout(Stdio::piped()), "TERM")?;
        let line = first_line(&mut running)?;
        let authority = line.rsplit("//").next().context("the server told no address")?.to_owned();
        while Connection::open(&authority).and_then(|mut connection| connection.get("/health", "")).is_err() {
            anyhow::ensure!(watch.elapsed() < PATIENCE, "the server does not answer");
            sleep(Duration::from_millis(1));
        }
        Ok(Self { running, authority, became_ready_in: watch.elapsed() })
    }

    /// What the kernel counts as resident, in KiB.
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.running.child.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
        resident(&status).context("the kernel tells no VmRSS")
    }
}

/// The first line a program says on stdout. What it says later fills the pipe at most; these programs say nothing more.
pub(crate) fn first_line(running: &mut Running) -> anyhow::Result<String> {
    let stdout = running.child.stdout.as_mut().context("stdout is not piped")?;
    let mut line = String::new();
    anyhow::ensure!(BufReader::new(stdout).read_line(&mut line)? > 0, "the program ended without a word");
    Ok(line.trim().to_owned())
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t   21504 kB\nThreads:\t4\n"), Some(21_504));
        assert_eq!(resident("Name:\tx\n"), None);
    }
}
