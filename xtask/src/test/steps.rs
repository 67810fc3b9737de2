//! Steps with their times.

use std::time::Duration;

use anyhow::bail;

use crate::clock::Stopwatch;
use crate::terminal::{complain, say};

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Runs a step and says how it went; answers whether it passed.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> anyhow::Result<()>) -> bool {
        say(&format!("\n== {name}"));
        let watch = Stopwatch::start();
        let outcome = work();
        let step = Step { name, took: watch.elapsed(), passed: outcome.is_ok() };
        if let Err(error) = outcome {
            complain(&format!("{error:#}"));
        }
        say(&step.line());
        let passed = step.passed;
        self.0.push(step);
        passed
    }

    /// Says all steps again, because what went wrong may have scrolled away.
    pub(crate) fn conclude(self) -> anyhow::Result<()> {
        say("");
        for step in &self.0 {
            say(&step.line());
        }
        let failed: Vec<_> = self.0.iter().filter(|step| !step.passed).map(|step| step.name).collect();
        if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
    }
}

impl Step {
    fn line(&self) -> String {
        let word = if self.passed { "passed" } else { "FAILED" };
        format!("{word}  {:>5} s  {}", self.took.as_secs(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_whole_and_is_named() {
        let mut steps = Steps::default();
        assert!(steps.run("first", || Ok(())));
        assert!(!steps.run("second", || bail!("because")));
        assert!(steps.run("third", || Ok(())));
        assert_eq!(steps.conclude().expect_err("one failed").to_string(), "failed: second");
    }
}
