//! Dotted paths into provider answers: `data.token`, `0.tenantId`.

use serde_json::Value;

/// The value at a path; a step is a key of an object or an index of a list.
pub(crate) fn find<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(root, |value, step| match value {
        Value::Object(object) => object.get(step),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The value at a path when it is a text, a number or a truth value; never an empty text.
pub(crate) fn text_at(root: &Value, path: &str) -> Option<String> {
    match find(root, path)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_goes_through_objects_and_lists() {
        let answer = json!({"team": {"id": 7}, "items": [{"name": "a"}, {"name": "b"}]});
        assert_eq!(text_at(&answer, "team.id").as_deref(), Some("7"));
        assert_eq!(text_at(&answer, "items.1.name").as_deref(), Some("b"));
    }

    #[test]
    fn what_is_no_single_value_is_nothing() {
        let answer = json!({"list": [1], "empty": "", "null": null, "text": "x"});
        for path in ["list", "empty", "null", "text.length", "absent", "", "list.9", "list.-1"] {
            assert_eq!(text_at(&answer, path), None, "{path}");
        }
    }
}
