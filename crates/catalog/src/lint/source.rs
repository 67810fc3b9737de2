//! One file as it was read, with the line of every key.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;

/// A provider file that is valid TOML.
pub(super) struct Source {
    pub(super) slug: String,
    pub(super) path: PathBuf,
    /// The file as written, without its family.
    pub(super) value: Value,
    /// Dotted path → line; elements of lists are counted from 0.
    lines: BTreeMap<String, usize>,
}

/// The provider files of a directory, in order.
pub(super) fn paths(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

impl Source {
    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let text = fs::read_to_string(path).map_err(|error| Problem {
            file: path.to_owned(),
            line: 1,
            message: format!("cannot read the file: {error}"),
        })?;
        Self::parse(path, &text)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Problem> {
        let problem = |line, message| Problem { file: path.to_owned(), line, message };
        let slug = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let not_toml = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| Lines::of(text).at(span.start));
            problem(line, format!("not TOML: {}", error.message()))
        };
        let table = DeTable::parse(text).map_err(not_toml)?;
        let mut lines = BTreeMap::new();
        index_table(&Lines::of(text), "", table.get_ref(), &mut lines);
        let value = toml::from_str(text).map_err(not_toml)?;
        Ok(Self { slug, path: path.to_owned(), value, lines })
    }

    /// The head this file names.
    pub(super) fn extends(&self) -> Option<&str> {
        self.value.get("extends")?.as_str()
    }

    /// The line of a path that the file writes itself. The empty path is the file, hence its first line.
    pub(super) fn line(&self, at: &str) -> Option<usize> {
        if at.is_empty() { Some(1) } else { self.lines.get(at).copied() }
    }

    /// The line of the innermost table or list around a path that the file does not write.
    pub(super) fn nearest_line(&self, at: &str) -> Option<usize> {
        let mut at = at;
        while let Some((around, _)) = at.rsplit_once('.') {
            if let Some(line) = self.lines.get(around) {
                return Some(*line);
            }
            at = around;
        }
        None
    }
}

fn index_table(ends: &Lines, under: &str, table: &DeTable<'_>, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let at = joined(under, key.get_ref());
        lines.insert(at.clone(), ends.at(key.span().start));
        index_value(ends, &at, value, lines);
    }
}

fn index_value(ends: &Lines, at: &str, value: &Spanned<DeValue<'_>>, lines: &mut BTreeMap<String, usize>) {
    if let Some(table) = value.get_ref().as_table() {
        index_table(ends, at, table, lines);
    }
    for (index, element) in value.get_ref().as_array().into_iter().flat_map(|list| list.iter()).enumerate() {
        let at = joined(at, &index.to_string());
        lines.insert(at.clone(), ends.at(element.span().start));
        index_value(ends, &at, element, lines);
    }
}

fn joined(under: &str, key: &str) -> String {
    if under.is_empty() { key.to_owned() } else { format!("{under}.{key}") }
}

/// Where the lines of a text end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte offset, from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}
