//! The set of providers a server knows: the embedded ones and the operator's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::guide::{Guide, Guides};
use crate::lint::{self, Problem, Report};
use crate::provider::Provider;

/// Every embedded provider after inheritance, one JSON object behind the other.
static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// Slug, begin and end in [`TEXT`], sorted by slug.
static INDEX: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// All providers, by slug. An embedded provider is parsed when it is first asked for.
#[derive(Debug, Clone)]
pub struct Catalog {
    entries: BTreeMap<Cow<'static, str>, Entry>,
    guides: Guides,
}

#[derive(Debug, Clone)]
struct Entry {
    /// The JSON text that `parsed` is made from; empty for the operator's own.
    text: &'static str,
    parsed: OnceLock<Arc<Provider>>,
}

/// Why the operator's directory was not taken.
#[derive(Debug, thiserror::Error)]
#[error("the operator's provider files have mistakes:{}", list(problems))]
pub struct LoadError {
    /// Every mistake found, with file and line. Never empty.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |list, problem| list + "\n  " + &problem.to_string())
}

impl Catalog {
    /// The providers that come with the program.
    pub fn embedded() -> Self {
        let entry = |&(slug, start, end): &(&'static str, usize, usize)| {
            (Cow::Borrowed(slug), Entry { text: &TEXT[start..end], parsed: OnceLock::new() })
        };
        Self { entries: INDEX.iter().map(entry).collect(), guides: Guides::default() }
    }

    /// The embedded providers with the operator's `*.toml` files added; a file of the same name replaces. The files
    /// are linted: one mistake refuses all, so that a server does not start with half a directory.
    pub fn with_overlay(directory: &Path) -> Result<Self, LoadError> {
        Self::with_report(lint::directory(directory))
    }

    /// The same with files that were read and linted already.
    pub fn with_report(report: Report) -> Result<Self, LoadError> {
        if !report.problems.is_empty() {
            return Err(LoadError { problems: report.problems });
        }
        let mut catalog = Self::embedded();
        catalog.guides = report.guides;
        for provider in report.parsed {
            catalog = catalog.with_provider(provider);
        }
        Ok(catalog)
    }

    /// The same with one provider added or replaced. It is not linted: this is for programs that make a provider, such
    /// as tests; operators' files go through [`Catalog::with_overlay`].
    #[must_use]
    pub fn with_provider(mut self, provider: Provider) -> Self {
        let slug = Cow::Owned(provider.slug.clone());
        self.entries.insert(slug, Entry { text: "", parsed: OnceLock::from(Arc::new(provider)) });
        self
    }

    /// One provider.
    pub fn get(&self, slug: &str) -> Option<Arc<Provider>> {
        self.entries.get(slug).map(Entry::provider)
    }

    /// The guide of a provider: its own, else that of its family. Not every provider has one.
    pub fn guide(&self, slug: &str) -> Option<Guide<'_>> {
        self.guides.find(slug)
    }

    /// All providers in alphabetical order of their slugs. Parses those not asked for before.
    pub fn iter(&self) -> impl Iterator<Item = Arc<Provider>> {
        self.entries.values().map(Entry::provider)
    }

    /// All slugs in alphabetical order.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(AsRef::as_ref)
    }

    /// How many providers there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Entry {
    fn provider(&self) -> Arc<Provider> {
        let parse = || {
            let provider = serde_json::from_str(self.text);
            Arc::new(
                provider
                    .expect("the text was embedded by the build and a test parses every embedded provider"),
            )
        };
        Arc::clone(self.parsed.get_or_init(parse))
    }
}

/// The merged JSON text of an embedded provider, for files that extend it.
pub(crate) fn embedded_text(slug: &str) -> Option<&'static str> {
    let found = INDEX.binary_search_by_key(&slug, |&(known, _, _)| known).ok()?;
    let (_, start, end) = INDEX[found];
    Some(&TEXT[start..end])
}
