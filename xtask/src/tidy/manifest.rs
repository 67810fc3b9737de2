//! The root manifest says what each dependency is for, lists none that nobody uses, and every crate says what it is.

use super::Problem;
use crate::workspace::{Package, Workspace};

/// Checks the root manifest and the front page of each crate.
pub(crate) fn check(workspace: &Workspace) -> Vec<Problem> {
    let mut problems =
        workspace.text("Cargo.toml").map_or_else(Vec::new, |text| dependencies(&text, &workspace.packages));
    for package in &workspace.packages {
        let readme = format!("{}/README.md", package.directory);
        if !workspace.files.contains(&readme) {
            let what = "is missing: say what the crate does and what it never does";
            problems.push(Problem::at(readme, what));
        }
    }
    problems
}

fn dependencies(manifest: &str, packages: &[Package]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut inside = false;
    let mut above = "";
    for (number, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') && !line.starts_with("[[") {
            inside = line == "[workspace.dependencies]";
        }
        let name = line.split_once('=').map(|(name, _)| name.trim().split('.').next().unwrap_or_default());
        let own = line.contains("path = ");
        if let Some(name) = name.filter(|name| inside && is_key(name) && !own) {
            let place = format!("Cargo.toml:{}", number + 1);
            if !above.starts_with('#') || above.starts_with("# ---") {
                let what = format!("say in a comment above what `{name}` is for");
                problems.push(Problem::at(&place, what));
            }
            if !packages.iter().any(|package| package.dependencies.iter().any(|used| used.name == name)) {
                problems.push(Problem::at(place, format!("no crate uses `{name}`: remove it")));
            }
        }
        above = line;
    }
    problems
}

fn is_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Dependency, Kind};

    const MANIFEST: &str = r#"
[workspace.dependencies]
vault = { path = "crates/vault" }
# --- data ---
serde = "1"
# Bytes as text.
base64 = { version = "0.23", features = [
    "std",
] }

[profile.dev]
debug = 1
"#;

    fn problems(used: &[&str]) -> Vec<String> {
        let dependencies =
            used.iter().map(|name| Dependency { name: (*name).to_owned(), kind: Kind::Normal }).collect();
        let package = Package { name: "x".to_owned(), directory: "crates/x".to_owned(), dependencies };
        super::dependencies(MANIFEST, &[package]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_heading_is_no_reason() {
        assert_eq!(
            problems(&["serde", "base64"]),
            ["Cargo.toml:5: say in a comment above what `serde` is for"]
        );
    }

    #[test]
    fn a_dependency_that_nobody_uses_is_found() {
        assert_eq!(
            problems(&["serde"]).last().map(String::as_str),
            Some("Cargo.toml:7: no crate uses `base64`: remove it")
        );
    }
}
