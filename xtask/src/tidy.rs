//! The house rules that no compiler checks. Each rule is a pure function over what was read; a problem names a place and
//! what to do.

mod decisions;
mod files;
mod layers;
mod licences;
mod manifest;
mod map;
mod migrations;
mod permits;
mod settings;
mod tree;

use std::fmt;

use anyhow::bail;

use crate::terminal::say;
use crate::workspace::Workspace;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// A path, with a line where that helps.
    pub(crate) place: String,
    /// What is wrong and what to do.
    pub(crate) what: String,
}

impl Problem {
    /// At a place.
    pub(crate) fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks all rules and says every problem.
pub(crate) fn run() -> anyhow::Result<()> {
    let workspace = Workspace::open()?;
    let mut problems = layers::check(&workspace.packages);
    problems.extend(tree::check(&workspace)?);
    problems.extend(manifest::check(&workspace));
    problems.extend(files::check(&workspace));
    problems.extend(map::check(&workspace));
    problems.extend(settings::check(&workspace));
    problems.extend(decisions::check(&workspace.files, |path| workspace.text(path)));
    problems.extend(migrations::check(&workspace));
    for problem in &problems {
        say(&problem.to_string());
    }
    match problems.len() {
        0 => Ok(()),
        1 => bail!("one house rule is broken"),
        many => bail!("house rules are broken in {many} places"),
    }
}
