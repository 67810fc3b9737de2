//! Dotted paths in JSON: reading and writing. A number counts list elements from 0.

use serde_json::{Map, Value};

/// The value at a path.
pub(crate) fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |at, step| match at {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        Value::Object(table) => table.get(step),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// The text at a path; numbers and truth values as they are written, lists and tables as JSON.
pub(crate) fn text(value: &Value, path: &str) -> Option<String> {
    Some(match find(value, path)? {
        Value::String(text) => text.clone(),
        Value::Null => return None,
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    })
}

/// Puts a value at a path, making what is missing on the way.
pub(crate) fn put(value: &mut Value, path: &str, new: Value) {
    let Some((step, rest)) = path.split_once('.') else {
        *child(value, path) = new;
        return;
    };
    put(child(value, step), rest, new);
}

/// Puts a value unless something stands there.
pub(crate) fn put_if_free(value: &mut Value, path: &str, new: Value) {
    if find(value, path).is_none() {
        put(value, path, new);
    }
}

fn child<'a>(value: &'a mut Value, step: &str) -> &'a mut Value {
    if let (Ok(index), true) = (step.parse::<usize>(), value.is_null() || value.is_array()) {
        if value.is_null() {
            *value = Value::Array(Vec::new());
        }
        let list = value.as_array_mut().expect("it is a list by now");
        while list.len() <= index {
            list.push(Value::Null);
        }
        return &mut list[index];
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it is a table by now").entry(step.to_owned()).or_insert(Value::Null)
}
