//! The linter: everything that can be wrong with provider files, each with file and line.
//!
//! It runs over the shipped files in the tests, over the operator's files when the server starts, and on demand. A
//! file that passes can be served: its URLs parse, its placeholders exist where they stand, and nothing that people
//! type can choose a server that the file did not mean.

mod answers;
mod calls;
mod guides;
mod hosts;
mod inputs;
mod lifetimes;
mod pattern;
mod placeholders;
mod scheme;
mod scopes;
mod sections;
mod shape;
mod sites;
mod source;
mod urls;
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::source::Source;
use crate::guide::Guides;
use crate::merge;
use crate::provider::Provider;
use crate::set::embedded_text;

/// What the linter found in a directory.
#[derive(Debug)]
pub struct Report {
    /// How many provider files there are.
    pub providers: usize,
    /// The mistakes, by file and line.
    pub problems: Vec<Problem>,
    /// The providers that could be read.
    pub(crate) parsed: Vec<Provider>,
    /// The guides beside them.
    pub(crate) guides: Guides,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file it stands in.
    pub file: PathBuf,
    /// The line it stands on, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}

/// Lints every `*.toml` file of a directory. Files may extend each other and the embedded providers.
pub fn directory(directory: &Path) -> Report {
    let mut problems = BTreeSet::new();
    let mut sources = BTreeMap::new();
    match source::paths(directory) {
        Ok(paths) => {
            for path in paths {
                match Source::read(&path) {
                    Ok(source) => drop(sources.insert(source.slug.clone(), source)),
                    Err(problem) => drop(problems.insert(problem)),
                }
            }
        }
        Err(error) => {
            let message = format!("cannot read the directory: {error}");
            problems.insert(Problem { file: directory.to_owned(), line: 1, message });
        }
    }
    let providers = sources.len() + problems.len();
    let parsed = check_all(&sources, &mut problems);
    let guides = guides::read(directory, &sources, &parsed, &mut problems);
    Report { providers, problems: problems.into_iter().collect(), parsed, guides }
}

/// Lints a text as if it were the only file of a directory.
pub fn text(path: &Path, text: &str) -> Report {
    let mut problems = BTreeSet::new();
    let mut sources = BTreeMap::new();
    match Source::parse(path, text) {
        Ok(source) => drop(sources.insert(source.slug.clone(), source)),
        Err(problem) => drop(problems.insert(problem)),
    }
    let parsed = check_all(&sources, &mut problems);
    Report { providers: 1, problems: problems.into_iter().collect(), parsed, guides: Guides::default() }
}

fn check_all(sources: &BTreeMap<String, Source>, problems: &mut BTreeSet<Problem>) -> Vec<Provider> {
    let mut parsed = Vec::new();
    for source in sources.values() {
        let mut findings = Findings::default();
        parsed.extend(check(source, sources, &mut findings));
        for finding in findings.0 {
            problems.insert(locate(finding, source, sources));
        }
    }
    parsed
}

/// A mistake before it is located.
struct Finding {
    /// Dotted path in the merged file; empty for the file as a whole.
    at: String,
    message: String,
}

/// The mistakes of one file.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { at: at.into(), message: message.into() });
    }
}

/// Reads one file with its family and applies every rule.
fn check(source: &Source, sources: &BTreeMap<String, Source>, findings: &mut Findings) -> Option<Provider> {
    if !is_slug(&source.slug) {
        findings.add("", format!("`{}` is not kebab case: a to z, 0 to 9 and single hyphens", source.slug));
    }
    if source.value.get("slug").is_some() {
        findings.add("slug", "the slug is the file name and is not written inside");
    }
    let head = |name: &str| -> Option<Value> {
        let sibling = sources.get(name).filter(|sibling| sibling.slug != source.slug);
        let embedded = || serde_json::from_str(embedded_text(name)?).ok();
        sibling.map(|sibling| sibling.value.clone()).or_else(embedded)
    };
    let merged = match merge::resolve(&source.slug, source.value.clone(), head) {
        Ok(merged) => merged,
        Err(error) => {
            findings.add(error.key, error.message);
            return None;
        }
    };
    let provider = match shape::provider(&merged) {
        Ok(provider) => provider,
        Err(error) => {
            findings.add(error.at, error.message);
            return None;
        }
    };
    inputs::check(&provider, findings);
    sections::check(&provider, findings);
    lifetimes::check(&provider, findings);
    scopes::check(&provider, findings);
    answers::check(&provider, findings);
    let sites = sites::all(&provider);
    wording::check(&provider, &sites, findings);
    placeholders::check(&provider, &sites, findings);
    urls::check(&provider, &sites, findings);
    calls::check(&provider, &sites, findings);
    Some(provider)
}

/// Finds file and line: the file itself when it writes the path, else its head, else the nearest thing it writes.
fn locate(finding: Finding, source: &Source, sources: &BTreeMap<String, Source>) -> Problem {
    let problem = |file: &Source, line, message| Problem { file: file.path.clone(), line, message };
    if let Some(line) = source.line(&finding.at) {
        return problem(source, line, finding.message);
    }
    let head = source.extends().and_then(|name| sources.get(name)).filter(|head| head.slug != source.slug);
    if let Some((head, line)) = head.and_then(|head| Some((head, head.line(&finding.at)?))) {
        return problem(head, line, format!("{} (as inherited by {})", finding.message, source.slug));
    }
    let line = source.nearest_line(&finding.at).or_else(|| source.line("extends")).unwrap_or(1);
    problem(source, line, finding.message)
}

fn is_slug(text: &str) -> bool {
    text.split('-')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
