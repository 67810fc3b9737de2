//! Crates stand in a line: each may use what is below it, never what is above or beside.

use super::Problem;
use crate::workspace::{Dependency, Kind, Package};

/// From the bottom up. Crates of one step stand beside each other.
const LINE: [&[&str]; 8] = [
    &["vault", "egress"],
    &["catalog"],
    &["protocol"],
    &["model"],
    &["store"],
    &["engine"],
    &["web"],
    &["claviger"],
];

/// Crates beside the line.
const BESIDE: [&str; 5] = ["sandbox", "simulator", "testkit", "bench", "xtask"];

/// Every dependency between our crates that the line does not allow.
pub(crate) fn check(packages: &[Package]) -> Vec<Problem> {
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut problems = Vec::new();
    for package in packages {
        let place = format!("{}/Cargo.toml", package.directory);
        if step(&package.name).is_none() && !BESIDE.contains(&package.name.as_str()) {
            let what = "the crate stands in no layer: give it one in xtask/src/tidy/layers.rs and in ARCHITECTURE.md";
            problems.push(Problem::at(&place, what));
            continue;
        }
        for dependency in package.dependencies.iter().filter(|dependency| ours(&dependency.name)) {
            if !is_allowed(&package.name, dependency) {
                let what = format!(
                    "`{}` may not use `{}`, which is not below it: move the code, or pass in what is needed",
                    package.name, dependency.name
                );
                problems.push(Problem::at(&place, what));
            }
        }
    }
    problems
}

fn is_allowed(user: &str, dependency: &Dependency) -> bool {
    match (user, dependency.name.as_str(), dependency.kind) {
        // Tests may use what exists for tests, and `claviger dev` runs the simulated provider, as does the kit of tests.
        // The simulator judges requests by the definitions alone; its tests drive whole engines.
        (_, "testkit" | "sandbox", Kind::Dev)
        | ("claviger" | "testkit", "sandbox", Kind::Normal)
        | ("simulator", "catalog", _) => true,
        ("simulator", below, Kind::Dev) => step(below).is_some_and(|below| Some(below) <= step("engine")),
        // What tests share sets up whole engines.
        ("testkit", below, _) => step(below).is_some_and(|below| Some(below) <= step("engine")),
        (user, below, _) => matches!((step(user), step(below)), (Some(user), Some(below)) if below < user),
    }
}

fn step(name: &str) -> Option<usize> {
    LINE.iter().position(|names| names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, uses: &[(&str, Kind)]) -> Package {
        let dependencies =
            uses.iter().map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind });
        Package {
            name: name.to_owned(),
            directory: format!("crates/{name}"),
            dependencies: dependencies.collect(),
        }
    }

    fn problems_of(user: &str, other: &str, kind: Kind) -> usize {
        check(&[package(user, &[(other, kind)]), package(other, &[])]).len()
    }

    #[test]
    fn a_crate_may_use_what_is_below() {
        for (user, used) in
            [("claviger", "vault"), ("web", "engine"), ("store", "model"), ("catalog", "vault")]
        {
            assert_eq!(problems_of(user, used, Kind::Normal), 0, "{user} uses {used}");
        }
    }

    #[test]
    fn a_crate_may_not_use_what_is_above_or_beside() {
        let cases = [("vault", "egress"), ("catalog", "protocol"), ("store", "engine"), ("engine", "web")];
        for (user, used) in cases {
            assert_eq!(problems_of(user, used, Kind::Normal), 1, "{user} uses {used}");
            assert_eq!(problems_of(user, used, Kind::Dev), 1, "tests of {user} use {used}");
        }
    }

    #[test]
    fn what_is_for_tests_is_used_by_tests_alone() {
        assert_eq!(problems_of("store", "testkit", Kind::Dev), 0);
        assert_eq!(problems_of("store", "testkit", Kind::Normal), 1);
        assert_eq!(problems_of("engine", "sandbox", Kind::Normal), 1);
        assert_eq!(problems_of("claviger", "sandbox", Kind::Normal), 0);
    }

    #[test]
    fn crates_beside_the_line_use_none_of_it() {
        assert_eq!(problems_of("sandbox", "vault", Kind::Normal), 1);
        assert_eq!(problems_of("bench", "engine", Kind::Normal), 1);
        assert_eq!(problems_of("testkit", "store", Kind::Normal), 0);
        assert_eq!(problems_of("testkit", "web", Kind::Normal), 1);
        assert_eq!(problems_of("simulator", "catalog", Kind::Normal), 0);
        assert_eq!(problems_of("simulator", "protocol", Kind::Normal), 1);
        assert_eq!(problems_of("simulator", "engine", Kind::Dev), 0);
        assert_eq!(problems_of("simulator", "web", Kind::Dev), 1);
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        let problems = check(&[package("attic", &[])]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place, "crates/attic/Cargo.toml");
    }

    #[test]
    fn crates_of_others_are_not_its_business() {
        assert!(check(&[package("vault", &[("serde", Kind::Normal)])]).is_empty());
    }
}
