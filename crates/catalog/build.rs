//! Embeds the provider files at the root of the repository: each with its family merged in, all in one JSON text
//! with an index, so that nothing is parsed before it is asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use serde_json::Value;

#[path = "build/guides.rs"]
mod guides;
#[path = "src/merge.rs"]
mod merge;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../catalog");
    let into = PathBuf::from(env::var("OUT_DIR")?);
    emit(&format!("cargo::rerun-if-changed={}", directory.display()))?;
    emit("cargo::rerun-if-changed=src/merge.rs")?;
    emit("cargo::rerun-if-changed=build")?;

    let files = read(&directory)?;
    let mut blob = String::new();
    let mut index = String::from("&[\n");
    for (slug, own) in &files {
        let merged = merge::resolve(slug, own.clone(), |name| files.get(name).cloned())
            .map_err(|error| format!("catalog/{slug}.toml: {}: {}", error.key, error.message))?;
        let start = blob.len();
        blob.push_str(&serde_json::to_string(&merged)?);
        writeln!(index, "    ({slug:?}, {}, {}),", grouped(start), grouped(blob.len()))?;
    }
    index.push(']');
    fs::write(into.join("catalog.json"), blob)?;
    fs::write(into.join("index.rs"), index)?;
    guides::embed(&directory, &into, &files)?;
    Ok(())
}

/// A number in the form that the lints of the crate want: `1_234_567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// Says something to Cargo, which listens on standard output.
fn emit(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}")
}

fn read(directory: &Path) -> Result<BTreeMap<String, Value>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let slug =
            path.file_stem().and_then(|stem| stem.to_str()).ok_or("a provider file needs a plain name")?;
        let value = toml::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        files.insert(slug.to_owned(), value);
    }
    Ok(files)
}
