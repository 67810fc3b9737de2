//! What the machine needs beside Rust, and how it gets it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::Part;
use crate::process;
use crate::terminal::say;

/// Where Debian puts the browser; the browser tests use this one and download none.
const CHROMIUM: &str = "/usr/bin/chromium";
const OLDEST_NODE: u32 = 20;

/// Installs what is missing where that is possible, else says what to install.
pub(crate) fn prepare(parts: &[Part]) -> anyhow::Result<()> {
    let missing = missing(parts);
    if !missing.is_empty() {
        install(&missing)?;
    }
    let still: Vec<_> = self::missing(parts);
    if !still.is_empty() {
        bail!("still missing after the installation: {}", still.join(", "));
    }
    if parts.contains(&Part::E2e) {
        check_node()?;
    }
    Ok(())
}

/// The directory of PostgreSQL's programs: the newest that Debian installed, else that on the path.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| {
        Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
    });
    let newest = numbered.filter(|(_, programs)| programs.join("initdb").exists()).max();
    let on_path = || {
        process::output(Command::new("pg_config").arg("--bindir")).ok().map(|line| PathBuf::from(line.trim()))
    };
    newest
        .map(|(_, programs)| programs)
        .or_else(|| on_path().filter(|programs| programs.join("initdb").exists()))
}

/// Debian packages of what is missing.
fn missing(parts: &[Part]) -> Vec<&'static str> {
    let mut packages = Vec::new();
    if parts.contains(&Part::Rust) && postgres_programs().is_none() {
        packages.push("postgresql");
    }
    // The fuzzer itself is C++, and so is a part of the cryptography.
    if parts.contains(&Part::Fuzz) && !process::answers("c++", &[]) {
        packages.push("g++");
    }
    if parts.contains(&Part::E2e) {
        if !Path::new(CHROMIUM).exists() {
            packages.push("chromium");
        }
        // The test that swaps two rows edits the database file from outside.
        if !process::answers("python3", &[]) {
            packages.push("python3");
        }
        // Debian keeps what environments are made with in a package of its own.
        if !process::answers("python3", &["-c", "import ensurepip"]) {
            packages.push("python3-venv");
        }
        if !process::answers("npm", &[]) {
            packages.extend(["nodejs", "npm"]);
        }
    }
    packages
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let names = packages.join(" ");
    let apt = |arguments: &[&str]| {
        let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root() {
            command.args(["-n", "apt-get"]);
        }
        process::run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    if !process::answers("apt-get", &[]) || !(is_root() || process::answers("sudo", &["-n"])) {
        bail!("please install {names} (Debian's names), then run this again");
    }
    say(&format!("installing {names}"));
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn check_node() -> anyhow::Result<()> {
    let version = process::output(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node {OLDEST_NODE} or newer is needed, this is {}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Whether we are the superuser.
pub(crate) fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
