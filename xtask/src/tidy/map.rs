//! The map is true: files and crates named in ARCHITECTURE.md exist, every crate is named, and links lead somewhere.

use std::path::{Component, Path, PathBuf};

use super::Problem;
use crate::workspace::{Workspace, has_extension};

const MAP: &str = "ARCHITECTURE.md";

/// Checks the map, and the links of every page.
pub(crate) fn check(workspace: &Workspace) -> Vec<Problem> {
    let exists = |path: &str| workspace.root.join(path).exists();
    let mut problems = Vec::new();
    match workspace.text(MAP) {
        None => problems
            .push(Problem::at(MAP, "is missing: write the bird's-eye view, the code map and the invariants")),
        Some(text) => {
            problems.extend(names(&text, &workspace.files, exists));
            let unnamed = workspace
                .packages
                .iter()
                .filter(|package| !quoted(&text).any(|name| speaks_of(name, &package.name)));
            problems.extend(
                unnamed
                    .map(|package| Problem::at(MAP, format!("does not name the crate `{}`", package.name))),
            );
        }
    }
    for page in workspace.below("", &["md"]) {
        problems.extend(workspace.text(page).map(|text| links(page, &text, exists)).unwrap_or_default());
    }
    problems
}

/// Whether a quoted name is the crate or a path into it.
fn speaks_of(quoted: &str, package: &str) -> bool {
    quoted.split('/').any(|part| part == package)
}

fn names(text: &str, files: &[String], exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let lost = |name: &&str| looks_like_a_path(name) && !is_found(name, files, &exists);
    quoted(text)
        .filter(lost)
        .map(|name| Problem::at(MAP, format!("names `{name}`, which does not exist")))
        .collect()
}

/// What stands between single backticks, outside of code blocks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.lines().flat_map(|line| line.split('`').skip(1).step_by(2)))
}

fn looks_like_a_path(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
    let file = ["rs", "toml", "md", "sql", "html", "js", "css"]
        .iter()
        .any(|extension| has_extension(name, extension));
    plain && !name.starts_with('/') && !name.starts_with("application/") && (file || name.contains('/'))
}

/// Paths count from the root, from `crates/`, or from a crate's `src/`; a bare file name may be anywhere.
fn is_found(name: &str, files: &[String], exists: impl Fn(&str) -> bool) -> bool {
    let name = name.trim_end_matches('/');
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let bare = rest.is_empty()
        && files.iter().any(|path| Path::new(path).file_name().is_some_and(|file| file == name));
    bare || [name.to_owned(), format!("crates/{name}"), format!("crates/{first}/src/{rest}")]
        .iter()
        .any(|path| exists(path))
}

fn links(page: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let prose = text.split("```").step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    let mut problems = Vec::new();
    for target in targets {
        let path = target.split(['#', ' ']).next().unwrap_or_default();
        if path.is_empty() || path.contains(':') || path.contains('`') {
            continue;
        }
        let beside = Path::new(page).parent().unwrap_or(Path::new("")).join(path);
        if !exists(&flat(&beside)) {
            problems.push(Problem::at(page, format!("links to {path}, which does not exist")));
        }
    }
    problems
}

fn flat(path: &Path) -> String {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = flat.pop(),
            Component::Normal(name) => flat.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    flat.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(text: &str) -> usize {
        let files = ["crates/engine/src/refresh.rs".to_owned()];
        names(text, &files, |path| matches!(path, "crates/engine/src/refresh.rs" | "crates/engine" | "docs"))
            .len()
    }

    #[test]
    fn names_of_files_that_exist_are_fine() {
        for text in
            ["`engine/src/refresh.rs`", "`crates/engine`", "`engine/refresh.rs`", "`refresh.rs`", "`docs/`"]
        {
            assert_eq!(lost(text), 0, "{text}");
        }
    }

    #[test]
    fn names_of_files_that_are_gone_are_found() {
        for text in ["`engine/src/renew.rs`", "see `renew.rs` and more", "`crates/attic`"] {
            assert_eq!(lost(text), 1, "{text}");
        }
    }

    #[test]
    fn code_and_addresses_are_no_paths() {
        for text in
            ["`/connections/{id}`", "`connections::delete`", "```\n`a/b.rs`\n```", "`<slug>.toml`", "`x-y`"]
        {
            assert_eq!(lost(text), 0, "{text}");
        }
    }

    #[test]
    fn a_link_to_nowhere_is_found() {
        let exists = |path: &str| path == "docs/catalog.md";
        assert!(
            links(
                "docs/decisions/0001-a.md",
                "[x](../catalog.md#part) [y](https://a.example) [z](#here)",
                exists
            )
            .is_empty()
        );
        assert_eq!(links("README.md", "[x](docs/gone.md)", exists).len(), 1);
    }
}
