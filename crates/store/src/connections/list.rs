//! Lists of connections.
//!
//! SQL is static, so every filter is always in the text and does nothing when its parameter is null. Three variants of
//! the text differ in what the search starts from, because SQLite plans before it knows the parameters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{ConnectionKey, EndUser, EnvironmentId, IntegrationKey, Tags};
use serde_json::{Map, Value};

use crate::columns::{Columns, opt_plain, plain};
use crate::db::{Row, Store};
use crate::error::Error;

/// Which connections are wanted; all conditions must hold.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Exactly this key.
    pub connection_id: Option<String>,
    /// Key, name or e-mail address of the end user hold this text, in any case.
    pub search: Option<String>,
    /// The app's identifier of the end user.
    pub end_user_id: Option<String>,
    /// The app's identifier of the end user's organization.
    pub end_user_organization_id: Option<String>,
    /// One of these integrations. An empty list matches nothing.
    pub integration_keys: Option<Vec<String>>,
    /// All of these tags, keys in lower case.
    pub tags: BTreeMap<String, String>,
}

/// A connection as lists show it: nothing that would have to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The whole number that the wire calls `id`.
    pub number: i64,
    /// Its name on the wire.
    pub key: ConnectionKey,
    /// The name of its integration on the wire.
    pub integration_key: IntegrationKey,
    /// Slug of the integration's provider.
    pub provider: String,
    /// The person on whose behalf it was made.
    pub end_user: Option<EndUser>,
    /// Tags.
    pub tags: Tags,
    /// The app's own data.
    pub metadata: Option<Map<String, Value>>,
    /// Name of the connected account at the provider.
    pub account: Option<String>,
    /// Scopes that were asked for and not granted.
    pub missing_scopes: Vec<String>,
    /// Code of the last failed refresh.
    pub error_code: Option<String>,
    /// Names that failure in answers and logs.
    pub error_log_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A connection has at most this many tags, so a filter with more finds nothing.
const MOST_TAGS: usize = model::tags::MOST_TAGS;

macro_rules! listing {
    ($from:literal, $order:literal) => {
        concat!(
            "select c.number, c.key, i.unique_key as integration_key, i.provider, c.end_user, c.tags, c.metadata,
                c.refresh_error_code, c.refresh_error_log_id, c.account, c.created_at, c.missing_scopes
            from ",
            $from,
            " and ($2 is null or c.key = $2)
                and ($3 is null or c.search_text like $3 escape '!')
                and ($4 is null or c.end_user_id = $4)
                and ($5 is null or c.end_user_organization_id = $5)
                and ($6 is null or replace($6, ',' || i.unique_key || ',', '') <> $6)",
            tagged!("$9", "$10"),
            tagged!("$11", "$12"),
            tagged!("$13", "$14"),
            tagged!("$15", "$16"),
            tagged!("$17", "$18"),
            tagged!("$19", "$20"),
            tagged!("$21", "$22"),
            tagged!("$23", "$24"),
            tagged!("$25", "$26"),
            tagged!("$27", "$28"),
            " order by ",
            $order,
            " desc, c.number desc limit $7 offset $8"
        )
    };
}

macro_rules! tagged {
    ($key:literal, $value:literal) => {
        concat!(
            " and (",
            $key,
            " is null or exists (select 1 from connection_tags x where x.connection_id = c.id and x.key = ",
            $key,
            " and x.value = ",
            $value,
            "))"
        )
    };
}

pub(crate) const NEWEST: &str = listing!(
    "connections c join integrations i on i.id = c.integration_id
    where c.environment_id = $1",
    "c.created_at"
);
// The sum keeps SQLite from walking the index of the newest to save itself the sorting of a few rows.
pub(crate) const BY_KEY: &str = listing!(
    "connections c join integrations i on i.id = c.integration_id
    where c.environment_id = $1 and c.key = $2",
    "c.created_at + 0"
);
// `is true` keeps the environment of the connection a check: SQLite would rather begin there than at the tags.
pub(crate) const BY_TAG: &str = listing!(
    "connection_tags t join connections c on c.id = t.connection_id join integrations i on i.id = c.integration_id
    where t.environment_id = $1 and t.key = $9 and t.value = $10 and (c.environment_id = $1) is true",
    "c.created_at + 0"
);

/// Connections that match, newest first.
pub async fn list(
    store: &Store,
    environment: EnvironmentId,
    filter: &ListFilter,
    limit: u32,
    offset: u64,
) -> Result<Vec<Listed>, Error> {
    if filter.tags.len() > MOST_TAGS {
        return Ok(Vec::new());
    }
    let sql = match filter {
        ListFilter { connection_id: Some(_), .. } => BY_KEY,
        ListFilter { tags, .. } if !tags.is_empty() => BY_TAG,
        ListFilter { .. } => NEWEST,
    };
    let (mut wanted_keys, mut wanted_values) = (filter.tags.keys(), filter.tags.values());
    let keys: [_; MOST_TAGS] = std::array::from_fn(|_| wanted_keys.next().map(|key| plain(key)));
    let values: [_; MOST_TAGS] = std::array::from_fn(|_| wanted_values.next().map(|value| plain(value)));
    rows!(
        store.reader().await?.on(),
        ListedRow,
        sql,
        environment.0,
        opt_plain(filter.connection_id.as_deref()),
        filter.search.as_deref().map(pattern),
        opt_plain(filter.end_user_id.as_deref()),
        opt_plain(filter.end_user_organization_id.as_deref()),
        filter.integration_keys.as_deref().map(fenced),
        i64::from(limit),
        i64::try_from(offset).unwrap_or(i64::MAX),
        keys[0].as_deref(),
        values[0].as_deref(),
        keys[1].as_deref(),
        values[1].as_deref(),
        keys[2].as_deref(),
        values[2].as_deref(),
        keys[3].as_deref(),
        values[3].as_deref(),
        keys[4].as_deref(),
        values[4].as_deref(),
        keys[5].as_deref(),
        values[5].as_deref(),
        keys[6].as_deref(),
        values[6].as_deref(),
        keys[7].as_deref(),
        values[7].as_deref(),
        keys[8].as_deref(),
        values[8].as_deref(),
        keys[9].as_deref(),
        values[9].as_deref(),
    )
}

/// A pattern that finds `text` anywhere, in a column that is in lower case.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in plain(text).to_lowercase().chars() {
        if "%_!".contains(c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Keys as `,a,b,`. No key holds a comma, so what is between two commas is a whole key or none; a wanted key that
/// holds one cannot exist and is left out.
fn fenced(keys: &[String]) -> String {
    let mut list = String::from(",");
    for key in keys.iter().map(|key| plain(key)).filter(|key| !key.contains(',')) {
        list.push_str(&key);
        list.push(',');
    }
    list
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    number: i64,
    key: String,
    integration_key: String,
    provider: String,
    end_user: Option<String>,
    tags: String,
    metadata: Option<String>,
    account: Option<String>,
    refresh_error_code: Option<String>,
    refresh_error_log_id: Option<String>,
    created_at: i64,
    missing_scopes: String,
}

impl Row for ListedRow {
    const TABLE: &'static str = "connections";
    type Noun = Listed;

    fn read(self, columns: Columns) -> Result<Listed, Error> {
        Ok(Listed {
            number: self.number,
            key: ConnectionKey::stored(self.key),
            integration_key: IntegrationKey::stored(self.integration_key),
            provider: self.provider,
            end_user: columns.opt_json("end_user", self.end_user.as_deref())?,
            tags: Tags::stored(columns.json("tags", &self.tags)?),
            metadata: columns.opt_json("metadata", self.metadata.as_deref())?,
            account: self.account,
            missing_scopes: columns.json("missing_scopes", &self.missing_scopes)?,
            error_code: self.refresh_error_code,
            error_log_id: self.refresh_error_log_id,
            created_at: columns.time("created_at", self.created_at)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_letters() {
        assert_eq!(pattern("50%_Off!"), "%50!%!_off!!%");
    }

    #[test]
    fn wanted_keys_are_fenced_by_commas() {
        assert_eq!(fenced(&["a".to_owned(), "b,c".to_owned(), "d".to_owned()]), ",a,d,");
        assert_eq!(fenced(&[]), ",");
    }
}
