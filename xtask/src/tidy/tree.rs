//! What is really built: banned crates, two versions of one crate, licences, sources, and what the pure crates pull in.
//!
//! `cargo tree` is asked and not `cargo metadata`, because only the former leaves out optional dependencies that no
//! feature turns on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use super::permits::Permits;
use super::{Problem, licences};
use crate::process;
use crate::workspace::{Package, Workspace, cargo};

/// Crates without async, socket, clock and chance.
const PURE: [&str; 4] = ["vault", "catalog", "protocol", "model"];

/// Crates that bring one of these in.
const IMPURE: [&str; 17] = [
    "async-io",
    "async-std",
    "chrono",
    "fastrand",
    "futures-executor",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "rand_core",
    "reqwest",
    "smol",
    "socket2",
    "sqlx",
    "time",
    "tokio",
    "tokio-util",
];

/// A crate as it is built.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    version: String,
    licence: String,
    /// What cargo shows behind the version: nothing for a crate of the registry.
    origin: String,
}

/// Checks the built crates against `deny.toml`.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Problem>> {
    let text = workspace.text("deny.toml").context("deny.toml is missing")?;
    let permits = Permits::parse(&text)?;
    let mut arguments = vec!["--workspace", "--edges", "normal,build,dev"];
    for target in &permits.targets {
        arguments.extend(["--target", target]);
    }
    let built = built(workspace, &arguments)?;
    let mut problems = bans(&permits, &built, &workspace.packages);
    problems.extend(versions(&permits, &built));
    problems.extend(terms(&permits, &built));
    for name in PURE {
        problems.extend(purity(name, &self::built(workspace, &["--package", name, "--edges", "normal"])?));
    }
    Ok(problems)
}

fn built(workspace: &Workspace, arguments: &[&str]) -> anyhow::Result<BTreeSet<Built>> {
    let mut command = cargo(&workspace.root);
    command
        .args(["tree", "--locked", "--quiet", "--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"])
        .args(arguments);
    Ok(process::output(&mut command)?.lines().filter_map(read).collect())
}

/// A line as `name v1.2.3 (proc-macro)|licence`.
fn read(line: &str) -> Option<Built> {
    // Cargo marks what it has shown before.
    let (package, licence) = line.trim_end().trim_end_matches("(*)").split_once('|')?;
    let mut words = package.splitn(3, ' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let origin = words.next().unwrap_or_default().replace("(proc-macro)", "");
    Some(Built { name, version, licence: licence.trim().to_owned(), origin: origin.trim().to_owned() })
}

fn bans(permits: &Permits, built: &BTreeSet<Built>, packages: &[Package]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for ban in &permits.bans {
        if ban.wrappers.is_empty() && built.iter().any(|one| one.name == ban.name) {
            let what = format!(
                "`{0}` is banned ({1}): `cargo tree -i {0}` shows who brings it in",
                ban.name, ban.reason
            );
            problems.push(Problem::at("Cargo.lock", what));
        }
        if ban.wrappers.is_empty() {
            continue;
        }
        let users =
            packages.iter().filter(|package| package.dependencies.iter().any(|used| used.name == ban.name));
        for user in users.filter(|user| !ban.wrappers.contains(&user.name)) {
            let what = format!("`{}` may not name `{}`: {}", user.name, ban.name, ban.reason);
            problems.push(Problem::at(format!("{}/Cargo.toml", user.directory), what));
        }
    }
    problems
}

fn versions(permits: &Permits, built: &BTreeSet<Built>) -> Vec<Problem> {
    let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in built {
        by_name.entry(&one.name).or_default().insert(&one.version);
    }
    let mut problems = Vec::new();
    for (name, versions) in &by_name {
        let left =
            versions.iter().filter(|version| !permits.skipped.iter().any(|skip| covers(skip, name, version)));
        if left.count() > 1 {
            let all = versions.iter().copied().collect::<Vec<_>>().join(" and ");
            let what = format!("`{name}` is there twice ({all}): align them, or add a skip with its reason");
            problems.push(Problem::at("deny.toml", what));
        }
    }
    for skip in &permits.skipped {
        let needed = by_name.iter().any(|(name, versions)| {
            versions.len() > 1 && versions.iter().any(|version| covers(skip, name, version))
        });
        if !needed {
            problems.push(Problem::at(
                "deny.toml",
                format!("the skip of `{skip}` is no longer needed: remove it"),
            ));
        }
    }
    problems
}

/// Whether a skip such as `syn@2` means this version.
fn covers(skip: &str, name: &str, version: &str) -> bool {
    let Some((skipped, prefix)) = skip.split_once('@') else { return skip == name };
    skipped == name
        && (version == prefix || version.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
}

fn terms(permits: &Permits, built: &BTreeSet<Built>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for one in built {
        if !licences::is_met(&one.licence, &permits.licences) {
            let what = format!("`{}` has the licence «{}», which is not allowed", one.name, one.licence);
            problems.push(Problem::at("deny.toml", what));
        }
        if one.origin.contains("://") {
            let what = format!("`{}` comes from {}: use a released version", one.name, one.origin);
            problems.push(Problem::at("Cargo.toml", what));
        }
    }
    problems
}

fn purity(name: &str, built: &BTreeSet<Built>) -> Vec<Problem> {
    let impure = built.iter().filter(|one| IMPURE.contains(&one.name.as_str()));
    let problem = |one: &Built| {
        let what = format!(
            "`{}` comes in, but this crate has no async, socket, clock or chance: pass it in",
            one.name
        );
        Problem::at(format!("crates/{name}/Cargo.toml"), what)
    };
    impure.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Kind};

    const DENY: &str = r#"
        [graph]
        targets = ["t"]
        [bans]
        deny = [{ crate = "ring", reason = "one is enough" }, { crate = "sqlx", wrappers = ["store"], reason = "SQL" }]
        skip = [{ crate = "syn@2", reason = "old" }]
        [licenses]
        allow = ["MIT"]
    "#;

    fn permits() -> Permits {
        Permits::parse(DENY).expect("a good file")
    }

    fn lines(text: &[&str]) -> BTreeSet<Built> {
        text.iter().map(|line| read(line).expect("a good line")).collect()
    }

    #[test]
    fn a_banned_crate_is_found() {
        let problems = bans(&permits(), &lines(&["ring v0.17.1|MIT"]), &[]);
        assert!(problems[0].what.contains("`ring` is banned (one is enough)"), "{problems:?}");
    }

    #[test]
    fn a_crate_is_named_by_its_wrappers_alone() {
        let user = |name: &str| Package {
            name: name.to_owned(),
            directory: format!("crates/{name}"),
            dependencies: vec![Dependency { name: "sqlx".to_owned(), kind: Kind::Dev }],
        };
        let problems = bans(&permits(), &BTreeSet::new(), &[user("store"), user("engine")]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place, "crates/engine/Cargo.toml");
    }

    #[test]
    fn two_versions_need_a_skip() {
        let built = lines(&["syn v2.0.1|MIT", "syn v3.0.1|MIT", "base64 v0.1.0|MIT", "base64 v0.2.0|MIT"]);
        let problems = versions(&permits(), &built);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].what.starts_with("`base64` is there twice (0.1.0 and 0.2.0)"), "{problems:?}");
    }

    #[test]
    fn a_skip_that_is_not_needed_is_named() {
        let problems = versions(&permits(), &lines(&["syn v3.0.1|MIT"]));
        assert!(problems[0].what.contains("`syn@2` is no longer needed"), "{problems:?}");
    }

    #[test]
    fn a_skip_means_whole_parts_of_a_version() {
        assert!(covers("syn@2", "syn", "2.0.1") && covers("sha2@0.10", "sha2", "0.10.9"));
        assert!(!covers("syn@2", "syn", "20.0.1") && !covers("syn@2", "syn-mid", "2.0.1"));
    }

    #[test]
    fn foreign_licences_and_sources_are_found() {
        let built = lines(&[
            "a v1.0.0|GPL-3.0",
            "b v1.0.0 (https://git.example/b#1)|MIT",
            "c v1.0.0 (proc-macro)|MIT",
        ]);
        let problems = terms(&permits(), &built);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn a_pure_crate_with_a_runtime_is_found() {
        let problems = purity("vault", &lines(&["serde v1.0.0|MIT", "tokio v1.54.0|MIT"]));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place, "crates/vault/Cargo.toml");
    }

    #[test]
    fn every_skip_and_ban_needs_a_reason() {
        assert!(Permits::parse(&DENY.replace(r#", reason = "old""#, "")).is_err());
        assert!(Permits::parse(&DENY.replace(r#", reason = "SQL""#, "")).is_err());
    }
}
