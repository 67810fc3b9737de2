//! `deny.toml`: which crates, versions, licences and sources are let in.

use anyhow::Context as _;
use toml::{Table, Value};

/// What `deny.toml` says, as far as it is checked here.
#[derive(Debug)]
pub(crate) struct Permits {
    pub(crate) targets: Vec<String>,
    pub(crate) bans: Vec<Ban>,
    /// `name@version` with as much of the version as matters.
    pub(crate) skipped: Vec<String>,
    pub(crate) licences: Vec<String>,
}

/// A crate that is not let in, or only by way of others.
#[derive(Debug)]
pub(crate) struct Ban {
    pub(crate) name: String,
    pub(crate) wrappers: Vec<String>,
    pub(crate) reason: String,
}

impl Permits {
    /// Reads the file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let table: Table = text.parse().context("deny.toml")?;
        let list = |section: &str, key: &str| {
            let value = table.get(section).and_then(|section| section.get(key));
            value.and_then(Value::as_array).with_context(|| format!("deny.toml has no {section}.{key}"))
        };
        let bans = list("bans", "deny")?.iter().map(|entry| {
            Some(Ban {
                name: text_of(entry, "crate")?,
                wrappers: entry
                    .get("wrappers")
                    .and_then(Value::as_array)
                    .map(|list| texts(list))
                    .unwrap_or_default(),
                reason: text_of(entry, "reason")?,
            })
        });
        let skipped = list("bans", "skip")?.iter().map(|entry| {
            text_of(entry, "reason")?;
            text_of(entry, "crate")
        });
        Ok(Self {
            targets: texts(list("graph", "targets")?),
            bans: bans
                .collect::<Option<_>>()
                .context("every entry of bans.deny needs a crate and a reason")?,
            skipped: skipped
                .collect::<Option<_>>()
                .context("every entry of bans.skip needs a crate and a reason")?,
            licences: texts(list("licenses", "allow")?),
        })
    }
}

fn text_of(entry: &Value, key: &str) -> Option<String> {
    entry.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
