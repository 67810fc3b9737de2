//! Embeds the guides beside the provider files: all in one text with an index, so that nothing is read before it is
//! asked for.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

#[path = "../src/guide/family.rs"]
mod family;

/// Writes `guides.md` and `guides.rs`. The index names for every provider the guide it shows: its own, or that of the
/// head of its family where that is true for it as well.
pub(crate) fn embed(
    catalog: &Path,
    into: &Path,
    providers: &BTreeMap<String, Value>,
) -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    let mut places = BTreeMap::new();
    for slug in providers.keys() {
        let path = catalog.join("guides").join(format!("{slug}.md"));
        if path.exists() {
            let start = text.len();
            text.push_str(&fs::read_to_string(path)?);
            places.insert(slug.as_str(), (start, text.len()));
        }
    }
    let mut index = String::from("&[\n");
    for (slug, own) in providers {
        let shown =
            if places.contains_key(slug.as_str()) { Some(slug.as_str()) } else { head(slug, own, providers) };
        let Some((of, (start, end))) = shown.and_then(|of| Some((of, places.get(of)?))) else { continue };
        writeln!(index, "    ({slug:?}, {of:?}, {}, {}),", crate::grouped(*start), crate::grouped(*end))?;
    }
    index.push(']');
    fs::write(into.join("guides.md"), text)?;
    fs::write(into.join("guides.rs"), index)?;
    Ok(())
}

/// The head of a family, for a member for which its guide is true.
fn head<'a>(slug: &str, own: &'a Value, providers: &BTreeMap<String, Value>) -> Option<&'a str> {
    let name = own.get("extends")?.as_str()?;
    let head = providers.get(name)?;
    // What cannot be merged is told by the caller, which merges every file.
    let member = crate::merge::resolve(slug, own.clone(), |_| Some(head.clone())).ok()?;
    family::share(head, &member).then_some(name)
}
