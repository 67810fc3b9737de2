//! JSON values of one kind each.

use std::collections::BTreeMap;

use model::{Issue, IssueCode};
use serde_json::{Map, Value};
use vault::Secret;

use super::object::{Reading, wrong_type};
use super::rules::Flaw;

/// A text that keeps a rule.
pub(crate) fn text<T>(rule: impl Fn(&str) -> Result<T, Flaw>) -> impl Fn(Value) -> Reading<T> {
    move |value| {
        let Value::String(text) = value else { return Err(vec![wrong_type("a text", Some(&value))]) };
        rule(&text).map_err(|flaw| vec![flaw.issue()])
    }
}

/// A secret of some length, moved and not copied.
pub(crate) fn secret_text(least: usize, most: usize) -> impl Fn(Value) -> Reading<Secret<String>> {
    move |value| {
        let Value::String(text) = value else { return Err(vec![wrong_type("a text", Some(&value))]) };
        let secret = Secret::new(text);
        super::rules::check_length(secret.expose(), least, most).map_err(|flaw| vec![flaw.issue()])?;
        Ok(secret)
    }
}

/// `true` or `false`.
#[expect(clippy::needless_pass_by_value, reason = "all readers take their value")]
pub(crate) fn boolean(value: Value) -> Reading<bool> {
    value.as_bool().ok_or_else(|| vec![wrong_type("true or false", Some(&value))])
}

/// Any number.
#[expect(clippy::needless_pass_by_value, reason = "all readers take their value")]
pub(crate) fn number(value: Value) -> Reading<f64> {
    value.as_f64().ok_or_else(|| vec![wrong_type("a number", Some(&value))])
}

/// An object with any keys.
pub(crate) fn any_object(value: Value) -> Reading<Map<String, Value>> {
    let Value::Object(map) = value else { return Err(vec![wrong_type("an object", Some(&value))]) };
    Ok(map)
}

/// An array; every bad element is reported under its index.
pub(crate) fn list<T>(read: impl Fn(Value) -> Reading<T>) -> impl Fn(Value) -> Reading<Vec<T>> {
    move |value| {
        let Value::Array(elements) = value else { return Err(vec![wrong_type("an array", Some(&value))]) };
        let mut read_ones = Vec::with_capacity(elements.len());
        let mut issues = Vec::new();
        for (index, element) in elements.into_iter().enumerate() {
            match read(element) {
                Ok(element) => read_ones.push(element),
                Err(found) => issues.extend(found.into_iter().map(|issue| issue.under(&index.to_string()))),
            }
        }
        if issues.is_empty() { Ok(read_ones) } else { Err(issues) }
    }
}

/// An object whose keys keep one rule and whose values another. A bad key is reported as such, under its own name.
pub(crate) fn map_of<T>(
    key_rule: impl Fn(&str) -> Result<String, Flaw>,
    read: impl Fn(Value) -> Reading<T>,
) -> impl Fn(Value) -> Reading<BTreeMap<String, T>> {
    move |value| {
        let mut all = BTreeMap::new();
        let mut issues = Vec::new();
        for (key, value) in any_object(value)? {
            if let Err(flaw) = key_rule(&key) {
                issues.push(Issue::new(IssueCode::InvalidKey, [&*key], flaw.message));
                continue;
            }
            match read(value) {
                Ok(value) => drop(all.insert(key, value)),
                Err(found) => issues.extend(found.into_iter().map(|issue| issue.under(&key))),
            }
        }
        if issues.is_empty() { Ok(all) } else { Err(issues) }
    }
}

/// An object of texts, each at most so long, under any keys.
pub(crate) fn texts(most: usize) -> impl Fn(Value) -> Reading<BTreeMap<String, String>> {
    map_of(|key| Ok(key.to_owned()), text(super::rules::length(0, most)))
}
