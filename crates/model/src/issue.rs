//! What is wrong with an input, one entry a field, in the vocabulary API clients know.

use serde::Serialize;

/// One problem of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The kind of problem.
    pub code: IssueCode,
    /// What is wrong and how to mend it; never repeats a secret value.
    pub message: String,
    /// Where it is: object keys and array indexes as text. Empty means the whole object.
    pub path: Vec<String>,
}

/// Kinds of problems, spelled as published clients expect them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueCode {
    /// Missing, or of another JSON type.
    InvalidType,
    /// Too short, too small or too few.
    TooSmall,
    /// Too long, too large or too many.
    TooBig,
    /// Does not match the pattern or format.
    InvalidFormat,
    /// A text in one of two legacy places (kept for clients that look for it).
    InvalidString,
    /// A key nobody asked for.
    UnrecognizedKeys,
    /// Fits none of the allowed forms.
    InvalidUnion,
    /// Not one of the allowed values.
    InvalidValue,
    /// A map key that is not allowed.
    InvalidKey,
    /// A rule beyond shape.
    Custom,
}

impl Issue {
    /// A problem at one place.
    pub fn new<P: Into<String>>(
        code: IssueCode,
        path: impl IntoIterator<Item = P>,
        message: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), path: path.into_iter().map(Into::into).collect() }
    }

    /// The same problem seen from one level further out.
    #[must_use]
    pub fn under(mut self, outer: &str) -> Self {
        self.path.insert(0, outer.to_owned());
        self
    }
}
