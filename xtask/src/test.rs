//! Everything that must hold before a change is merged, in the order of how soon it fails.

mod fuzz;
mod machine;
mod postgres;
mod steps;

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use postgres::Cluster;
use steps::Steps;

use crate::terminal::say;
use crate::workspace::{cargo, root};
use crate::{process, tidy};

/// A part that can be run by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// House rules.
    Tidy,
    /// The Rust workspace.
    Rust,
    /// What strangers write, invented.
    Fuzz,
    /// The release binary against foreign servers, faults and a browser.
    E2e,
}

/// Runs the parts. Every step is run, also after one failed, so that one run tells everything.
pub(crate) fn run(parts: &[Part]) -> anyhow::Result<()> {
    let root = root()?;
    let mut steps = Steps::default();
    if !steps.run("machine", || machine::prepare(parts)) {
        return steps.conclude();
    }
    if parts.contains(&Part::Tidy) {
        steps.run("house rules", tidy::run);
        steps.run("format", || process::run(cargo(&root).args(["fmt", "--all", "--check"])));
        if process::answers("cargo", &["deny"]) {
            let checks = ["deny", "check", "bans", "licenses", "sources"];
            steps.run("cargo deny", || process::run(cargo(&root).args(checks)));
        } else {
            say("cargo-deny is not installed; the house rules have checked deny.toml by themselves");
        }
    }
    if parts.contains(&Part::Rust) {
        rust(&mut steps, &root);
    }
    if parts.contains(&Part::E2e) {
        e2e(&mut steps, &root);
    }
    if parts.contains(&Part::Fuzz) {
        steps.run("fuzz targets", || fuzz::run(&root));
    }
    steps.conclude()
}

fn rust(steps: &mut Steps, root: &Path) {
    let all = ["--workspace", "--all-targets", "--locked"];
    steps.run("clippy", || {
        process::run(cargo(root).arg("clippy").args(all).args(["--", "--deny", "warnings"]))
    });
    steps.run("tests", || {
        let cluster = Cluster::start().context("PostgreSQL for the tests")?;
        let mut command = cargo(root);
        if process::answers("cargo", &["nextest"]) {
            command.args(["nextest", "run", "--no-fail-fast", "--status-level", "slow"]);
        } else {
            command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
        }
        command.args(["--workspace", "--locked"]);
        command.env("CLAVIGER_TEST_POSTGRES", cluster.url()).env("CLAVIGER_TEST_REQUIRE_POSTGRES", "1");
        process::run(&mut command)
    });
    steps.run("examples in the docs", || {
        process::run(cargo(root).args(["test", "--doc", "--workspace", "--locked"]))
    });
}

fn e2e(steps: &mut Steps, root: &Path) {
    let arguments = ["build", "--release", "--locked", "--package", "claviger"];
    let built = steps.run("release binary", || process::run(cargo(root).args(arguments)));
    let directory = root.join("e2e");
    let npm = |arguments: &[&str]| process::run(Command::new("npm").current_dir(&directory).args(arguments));
    let installed = steps.run("npm packages", || npm(&["ci", "--no-audit", "--no-fund"]));
    if installed {
        steps.run("types in scripts", || npm(&["run", "--silent", "types"]));
    }
    let servers = steps.run("PyPI packages", || python_packages(&directory));
    if !built || !installed || !servers {
        return;
    }
    let binary = root.join("target/release/claviger");
    steps.run("catalog", || {
        process::run(Command::new(&binary).args(["catalog", "lint"]).arg(root.join("catalog")))
    });
    steps.run("end to end", || {
        process::run(Command::new("npm").current_dir(&directory).arg("test").env("CLAVIGER_BINARY", &binary))
    });
}

/// Foreign servers from the Python Package Index live in an environment of their own. Pip leaves alone what is there
/// already.
fn python_packages(directory: &Path) -> anyhow::Result<()> {
    let environment = directory.join(".venv");
    let python = environment.join("bin/python");
    if !process::answers(&python.to_string_lossy(), &["-m", "pip"]) {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    }
    let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let wanted = ["--requirement", "requirements.txt"];
    process::run(Command::new(python).current_dir(directory).args(quietly).args(wanted))
}
