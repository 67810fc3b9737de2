//! A JSON object read key by key.

use model::{Issue, IssueCode};
use serde_json::{Map, Value};

/// A value read, or everything that is wrong with it. Paths begin below the value.
pub(crate) type Reading<T> = Result<T, Vec<Issue>>;

/// An object of which every key must be asked for.
pub(crate) struct Object {
    left: Map<String, Value>,
    issues: Vec<Issue>,
}

impl Object {
    /// Begins to read; anything but an object is a problem of its own.
    pub(crate) fn of(value: Option<Value>) -> Reading<Self> {
        match value {
            Some(Value::Object(left)) => Ok(Self { left, issues: Vec::new() }),
            other => Err(vec![wrong_type("an object", other.as_ref())]),
        }
    }

    /// A key that must be there.
    pub(crate) fn required<T>(&mut self, key: &str, read: impl FnOnce(Value) -> Reading<T>) -> Option<T> {
        if self.left.contains_key(key) {
            return self.optional(key, read);
        }
        self.issue(Issue::new(IssueCode::InvalidType, [key], "is required"));
        None
    }

    /// A key that may be absent. `None` also stands for a problem, which is kept.
    pub(crate) fn optional<T>(&mut self, key: &str, read: impl FnOnce(Value) -> Reading<T>) -> Option<T> {
        match read(self.left.shift_remove(key)?) {
            Ok(value) => Some(value),
            Err(issues) => {
                self.issues.extend(issues.into_iter().map(|issue| issue.under(key)));
                None
            }
        }
    }

    /// A problem the caller found.
    pub(crate) fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    /// Whether a key was sent and not yet read.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// Everything that was not asked for, for objects that may hold anything.
    pub(crate) fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.left)
    }

    /// Ends a strict reading: what is left was not asked for.
    pub(crate) fn finish<T>(mut self, built: Option<T>) -> Reading<T> {
        if !self.left.is_empty() {
            let names: Vec<_> = self.left.keys().map(|key| format!("\"{}\"", key.escape_debug())).collect();
            let message = format!("unknown key: {}", names.join(", "));
            self.issues.push(Issue::new(IssueCode::UnrecognizedKeys, [] as [&str; 0], message));
        }
        self.finish_loosely(built)
    }

    /// Ends a reading that overlooks further keys.
    pub(crate) fn finish_loosely<T>(self, built: Option<T>) -> Reading<T> {
        // Nothing was built only when a problem was kept, so the list is not empty then.
        built.filter(|_| self.issues.is_empty()).ok_or(self.issues)
    }
}

/// Says what was wanted and what came; never repeats the value.
pub(super) fn wrong_type(wanted: &str, value: Option<&Value>) -> Issue {
    let came = match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    };
    Issue::new(IssueCode::InvalidType, [] as [&str; 0], format!("must be {wanted}, not {came}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{integration_key, length, number, text};
    use super::*;

    #[test]
    fn every_problem_of_an_object_is_reported() {
        let value = json!({ "name": "", "count": "x", "extra": 1, "more": 2 });
        let mut object = Object::of(Some(value)).expect("an object");
        let name = object.required("name", text(length(1, 3)));
        let count = object.required("count", number);
        let key = object.required("key", text(integration_key));
        let issues = object.finish(name.zip(count).zip(key)).expect_err("four problems");
        let seen: Vec<_> = issues.iter().map(|issue| (issue.code, issue.path.join("."))).collect();
        assert_eq!(
            seen,
            [
                (IssueCode::TooSmall, "name".to_owned()),
                (IssueCode::InvalidType, "count".to_owned()),
                (IssueCode::InvalidType, "key".to_owned()),
                (IssueCode::UnrecognizedKeys, String::new()),
            ]
        );
    }

    #[test]
    fn null_is_not_the_same_as_absent() {
        let mut object = Object::of(Some(json!({ "name": null }))).expect("an object");
        let name = object.optional("name", text(length(0, 3)));
        assert!(object.finish(Some(name)).is_err());
    }

    #[test]
    fn an_array_or_nothing_is_not_an_object() {
        assert!(Object::of(Some(json!([]))).is_err());
        assert!(Object::of(None).is_err_and(|issues| issues[0].path.is_empty()));
    }
}
