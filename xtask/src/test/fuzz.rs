//! The fuzz targets under `fuzz/`: each runs a minute, starting from our own files, three at a time.
//!
//! They are built with the toolchain of the repository and without a sanitizer: our code is safe Rust, so what is
//! looked for are broken promises and not broken memory. What is found is written to `fuzz/artifacts/`.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, bail};

use crate::process;
use crate::terminal::say;
use crate::workspace::cargo;

/// The targets, those that take longest to read their seeds first.
const TARGETS: [&str; 5] = ["catalog", "token_response", "template", "oauth1_signature", "callback"];

/// What a run may take: it is meant for every change. Longer runs are made by hand. The seed is always the same, so that
/// two runs on one commit try the same inputs in the same order and what fails here can be seen again elsewhere.
const LIMITS: [&str; 4] = ["-seed=1", "-max_total_time=60", "-timeout=10", "-rss_limit_mb=2048"];

const AT_A_TIME: usize = 3;

/// Builds and runs all of them; every target is run, also after one failed.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let directory = root.join("fuzz");
    if !process::answers("cargo", &["fuzz"]) {
        say("installing cargo-fuzz");
        process::run(cargo(root).args(["install", "--locked", "cargo-fuzz"]))?;
    }
    process::run(cargo(&directory).args(["fuzz", "build", "--sanitizer", "none"]))?;
    let waiting = Mutex::new(TARGETS.iter());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(target) = next(&waiting) {
                    if let Err(error) = fuzz(&directory, target) {
                        locked(&failed).push(format!("{target}: {error:#}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

fn next<'a>(waiting: &Mutex<std::slice::Iter<'a, &'static str>>) -> Option<&'a &'static str> {
    locked(waiting).next()
}

/// A thread that fails leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs one target. Its output is long, so it is shown only when something was found.
fn fuzz(directory: &Path, target: &str) -> anyhow::Result<()> {
    let corpus = format!("corpus/{target}");
    std::fs::create_dir_all(directory.join(&corpus)).context("the corpus needs a directory")?;
    let dictionary = format!("-dict=dictionaries/{target}.dict");
    let mut command = cargo(directory);
    command.args(["fuzz", "run", "--sanitizer", "none", target, &corpus, &seeds(target), "--"]);
    command.args(LIMITS).arg(dictionary).stdin(Stdio::null());
    let output = command.output().context("cannot run cargo fuzz")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        say(&format!("{target}: {}", conclusion(&said)));
        return Ok(());
    }
    bail!("{}", last_lines(&said, 60))
}

/// The catalog itself seeds the target that reads catalog files.
fn seeds(target: &str) -> String {
    if target == "catalog" { "../catalog".to_owned() } else { format!("seeds/{target}") }
}

/// What the fuzzer says at its end, such as `Done 180490 runs in 61 second(s)`.
fn conclusion(said: &str) -> &str {
    said.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("done")
}

fn last_lines(said: &str, most: usize) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(most)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::root;

    #[test]
    fn every_target_is_run_with_seeds_and_a_dictionary() {
        let directory = root().expect("the repository").join("fuzz");
        let written = std::fs::read_dir(directory.join("targets")).expect("there are targets");
        let mut names: Vec<String> =
            written.filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned)).collect();
        names.sort();
        let mut known = TARGETS.to_vec();
        known.sort_unstable();
        assert_eq!(names, known);
        for target in TARGETS {
            let mut seeds = std::fs::read_dir(directory.join(seeds(target))).expect(target);
            assert!(seeds.next().is_some(), "{target} has no seeds");
            assert!(
                directory.join(format!("dictionaries/{target}.dict")).exists(),
                "{target} has no dictionary"
            );
        }
    }

    #[test]
    fn the_end_of_the_output_is_shown() {
        assert_eq!(conclusion("#2 INITED\nDone 7 runs in 61 second(s)\n"), "Done 7 runs in 61 second(s)");
        assert_eq!(last_lines("a\nb\nc", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }
}
