//! How fields become columns and columns become fields again.
//!
//! Writing cannot fail. Reading can: whatever is not what this crate wrote is reported as corrupt, never replaced by
//! a default.

use std::borrow::Cow;

use jiff::Timestamp;
use model::token::TokenHash;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vault::Sealed;

use crate::error::Error;

/// A time in milliseconds since 1970.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("stored values are JSON, or lists and maps of text with text keys")
}

/// A counter as SQL holds it.
pub(crate) fn counter(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Free text without U+0000, which PostgreSQL cannot hold.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// Optional free text, see [`plain`].
pub(crate) fn opt_plain(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(plain)
}

/// Reads columns of one table.
#[derive(Clone, Copy)]
pub(crate) struct Columns(pub(crate) &'static str);

impl Columns {
    /// The error about one column.
    pub(crate) fn corrupt(self, column: &str, problem: impl std::fmt::Display) -> Error {
        Error::Corrupt { table: self.0, what: format!("{column}: {problem}") }
    }

    pub(crate) fn time(self, column: &str, ms: i64) -> Result<Timestamp, Error> {
        Timestamp::from_millisecond(ms).map_err(|_| self.corrupt(column, "not a time"))
    }

    pub(crate) fn opt_time(self, column: &str, ms: Option<i64>) -> Result<Option<Timestamp>, Error> {
        ms.map(|ms| self.time(column, ms)).transpose()
    }

    /// JSON text. The parser's own message may quote the value, so only its kind is told.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &str, text: &str) -> Result<T, Error> {
        serde_json::from_str(text)
            .map_err(|error| self.corrupt(column, format!("not the JSON expected ({:?})", error.classify())))
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(
        self,
        column: &str,
        text: Option<&str>,
    ) -> Result<Option<T>, Error> {
        text.map(|text| self.json(column, text)).transpose()
    }

    pub(crate) fn sealed(self, column: &str, bytes: Vec<u8>) -> Result<Sealed, Error> {
        Sealed::from_bytes(bytes).map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn hash(self, column: &str, bytes: &[u8]) -> Result<TokenHash, Error> {
        bytes.try_into().map_err(|_| self.corrupt(column, "not a SHA-256 digest"))
    }

    /// A counter of any width.
    pub(crate) fn count<T: TryFrom<i64>>(self, column: &str, count: i64) -> Result<T, Error> {
        T::try_from(count).map_err(|_| self.corrupt(column, "out of range"))
    }
}
