//! The catalog from outside: what ships, what the linter refuses, how overlays work, what URLs can never become.

mod guides;
mod hostile;
mod overlay;
mod planted;
mod shipped;

use std::fs;
use std::path::{Path, PathBuf};

use catalog::lint::{self, Problem};

/// The shipped files.
fn shipped_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog")
}

/// A directory with the given files, by slug.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for (slug, text) in files {
        fs::write(directory.path().join(format!("{slug}.toml")), text).expect("a file can be written");
    }
    directory
}

/// What the linter says about the given files.
fn problems(files: &[(&str, &str)]) -> Vec<Problem> {
    lint::directory(directory(files).path()).problems
}
