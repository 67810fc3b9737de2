//! The guides beside the provider files: each belongs to a provider and keeps the form of `docs/guides.md`.

mod form;
mod inline;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::source::Source;
use super::{Problem, Report};
use crate::guide::{Guides, Member};
use crate::provider::Provider;
use crate::set::embedded_text;

/// Longer files are no guides.
const LONGEST: usize = 16 * 1024;

/// Reads `guides/*.md` under a directory of provider files, and adds what is wrong with them.
pub(super) fn read(
    directory: &Path,
    sources: &BTreeMap<String, Source>,
    parsed: &[Provider],
    problems: &mut BTreeSet<Problem>,
) -> Guides {
    let directory = directory.join("guides");
    let mut own = BTreeMap::new();
    match paths(&directory) {
        Ok(paths) => {
            for path in paths {
                let slug = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let (text, found) =
                    look(&path, sources.contains_key(&slug) || embedded_text(&slug).is_some());
                problems.extend(found);
                own.extend(text.map(|text| (slug, text)));
            }
        }
        Err(error) => {
            let message = format!("cannot read the directory: {error}");
            problems.insert(Problem { file: directory, line: 1, message });
        }
    }
    let members: Vec<Member<'_>> = parsed
        .iter()
        .map(|provider| Member { provider, head: sources.get(&provider.slug).and_then(Source::extends) })
        .collect();
    Guides::laid_over(own, &members, embedded_provider)
}

/// The guides of a directory, in order; none when there is no directory.
fn paths(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn look(path: &Path, is_provider: bool) -> (Option<String>, Vec<Problem>) {
    let problem = |line, message| Problem { file: path.to_owned(), line, message };
    let text = match fs::read_to_string(path) {
        Ok(text) if text.len() <= LONGEST => text,
        Ok(_) => return (None, vec![problem(1, format!("the guide is longer than {LONGEST} bytes"))]),
        Err(error) => return (None, vec![problem(1, format!("cannot read the file: {error}"))]),
    };
    let mut found: Vec<Problem> =
        form::check(&text).into_iter().map(|(line, message)| problem(line, message)).collect();
    if !is_provider {
        let message = "there is no provider of this name; the name of a guide is the slug of a provider";
        found.push(problem(1, message.to_owned()));
    }
    (Some(text), found)
}

fn embedded_provider(slug: &str) -> Option<Provider> {
    serde_json::from_str(embedded_text(slug)?).ok()
}

impl Report {
    /// How many guides there are.
    pub fn guides(&self) -> usize {
        self.guides.written()
    }
}
