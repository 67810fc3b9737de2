//! What is in the repository: packages, their dependencies, files. Read once, then judged by pure functions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use crate::process;

/// The repository.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
    /// Paths of all files that are, or would be, under version control, relative to the root.
    pub(crate) files: Vec<String>,
}

/// A crate of ours.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Relative to the root.
    pub(crate) directory: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a crate of ours names in its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The crate itself.
    Normal,
    /// Its tests.
    Dev,
    /// Its build script.
    Build,
}

impl Workspace {
    /// Reads it.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let root = root()?;
        let metadata = process::output(cargo(&root).args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--locked",
        ]))?;
        let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
        let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
        let packages = packages.iter().map(|package| read(package, &root)).collect::<Option<_>>();
        Ok(Self {
            packages: packages.context("cargo metadata has another form")?,
            files: files(&root)?,
            root,
        })
    }

    /// The text of a file; nothing when it is missing or no text.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// The files below a directory with one of these extensions.
    pub(crate) fn below<'a>(
        &'a self,
        directory: &'a str,
        extensions: &'a [&str],
    ) -> impl Iterator<Item = &'a str> {
        let inside = move |path: &&str| directory.is_empty() || Path::new(path).starts_with(directory);
        let fits = move |path: &&str| extensions.iter().any(|extension| has_extension(path, extension));
        self.files.iter().map(String::as_str).filter(inside).filter(fits)
    }
}

/// Whether a path ends so.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// The root of the repository, which is above this crate.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("xtask lies at the top of the file system")?.to_owned())
}

/// Cargo, at the root.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn read(package: &Value, root: &Path) -> Option<Package> {
    let manifest = Path::new(package["manifest_path"].as_str()?);
    let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
        let kind = match dependency["kind"].as_str() {
            None => Kind::Normal,
            Some("build") => Kind::Build,
            Some(_) => Kind::Dev,
        };
        Some(Dependency { name: dependency["name"].as_str()?.to_owned(), kind })
    });
    Some(Package {
        name: package["name"].as_str()?.to_owned(),
        directory: manifest.parent()?.strip_prefix(root).ok()?.to_str()?.to_owned(),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}

/// What git would track. Files that were deleted but are still known to git are left out.
fn files(root: &Path) -> anyhow::Result<Vec<String>> {
    let listed = process::output(Command::new("git").current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let there = |path: &&str| !path.is_empty() && root.join(path).is_file();
    Ok(listed.split('\0').filter(there).map(str::to_owned).collect())
}
