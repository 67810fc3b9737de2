//! Bodies: JSON values whose texts are templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::{Template, Unfilled, Values};

/// A JSON value whose texts are templates. Numbers and truth values stay what they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tree {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A template.
    Text(Template),
    /// A list.
    List(Vec<Tree>),
    /// A table.
    Table(BTreeMap<String, Tree>),
}

impl Tree {
    /// The value with every template filled. Elements and entries that cannot be filled are left out; a text that
    /// stands alone and cannot be filled is an error.
    pub fn fill(&self, values: &dyn Values) -> Result<Value, Unfilled> {
        Ok(match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Text(template) => Value::String(template.fill(values)?),
            Self::List(list) => list.iter().filter_map(|element| element.fill(values).ok()).collect(),
            Self::Table(table) => table
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), value.fill(values).ok()?)))
                .collect(),
        })
    }

    /// The value as a form carries it: texts as they are, tables and lists as JSON.
    pub fn fill_text(&self, values: &dyn Values) -> Result<String, Unfilled> {
        let value = self.fill(values)?;
        Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// Every template with its dotted path below `at`.
    pub(crate) fn templates<'a>(&'a self, at: &str, found: &mut Vec<(String, &'a Template)>) {
        match self {
            Self::Bool(_) | Self::Number(_) => {}
            Self::Text(template) => found.push((at.to_owned(), template)),
            Self::List(list) => {
                for (index, element) in list.iter().enumerate() {
                    element.templates(&format!("{at}.{index}"), found);
                }
            }
            Self::Table(table) => {
                for (name, value) in table {
                    value.templates(&format!("{at}.{name}"), found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Placeholder;
    use super::*;

    struct Known;

    impl Values for Known {
        fn value(&self, placeholder: &Placeholder) -> Option<String> {
            (*placeholder == Placeholder::Connection("a".to_owned())).then(|| "\"A\"".to_owned())
        }
    }

    fn tree(value: Value) -> Tree {
        serde_json::from_value(value).expect("the test tree is well formed")
    }

    #[test]
    fn what_cannot_be_filled_is_left_out() {
        let body = tree(json!({
            "a": "{connection.a}", "b": "{connection.b}", "n": 1, "t": true,
            "list": ["{connection.b}", "x{connection.a}"], "table": { "b": "{connection.b}" },
        }));
        let expected = json!({ "a": "\"A\"", "list": ["x\"A\""], "n": 1, "t": true, "table": {} });
        assert_eq!(body.fill(&Known), Ok(expected));
    }

    #[test]
    fn a_form_carries_tables_as_json() {
        assert_eq!(tree(json!("{connection.a}")).fill_text(&Known).as_deref(), Ok("\"A\""));
        assert_eq!(
            tree(json!({ "a": "{connection.a}" })).fill_text(&Known).as_deref(),
            Ok(r#"{"a":"\"A\""}"#)
        );
        assert!(tree(json!("{connection.b}")).fill_text(&Known).is_err());
    }

    #[test]
    fn a_tree_is_written_as_it_was_read() {
        let value = json!({ "a": ["{connection.a}", 1, false], "b": { "c": "{{x}}" } });
        assert_eq!(serde_json::to_value(tree(value.clone())).expect("JSON"), value);
    }
}
