//! Families: a file that `extends` another holds only what differs.
//!
//! Tables are merged key by key; lists and scalars are replaced; `remove` drops inherited keys first. One level
//! only, so that a reader never follows a chain. The build script shares this file, so that the embedded set and the
//! operator's overlay follow the same rules.

use serde_json::{Map, Value};

/// What is wrong with a file's inheritance, and the top-level key that says it.
pub(crate) struct MergeError {
    /// `extends` or `remove`.
    pub(crate) key: &'static str,
    /// What is wrong.
    pub(crate) message: String,
}

/// The file with its head merged in, its slug written in, and the inheritance keys taken out.
pub(crate) fn resolve(
    slug: &str,
    own: Value,
    head: impl FnOnce(&str) -> Option<Value>,
) -> Result<Value, MergeError> {
    let Value::Object(mut own) = own else {
        return Err(MergeError { key: "extends", message: "a provider is a table".to_owned() });
    };
    let extends = own.shift_remove("extends");
    let remove = removed_paths(own.shift_remove("remove"))?;
    let mut merged = match extends {
        None if remove.is_empty() => Map::new(),
        None => return Err(refused("remove", "`remove` needs `extends`: there is nothing to remove from")),
        Some(Value::String(name)) => inherited(&name, head(&name), &remove)?,
        Some(_) => return Err(refused("extends", "`extends` is the name of one provider")),
    };
    merge(&mut merged, own);
    merged.insert("slug".to_owned(), Value::String(slug.to_owned()));
    Ok(Value::Object(merged))
}

fn refused(key: &'static str, message: impl Into<String>) -> MergeError {
    MergeError { key, message: message.into() }
}

fn removed_paths(remove: Option<Value>) -> Result<Vec<String>, MergeError> {
    let wrong = || refused("remove", "`remove` is a list of dotted paths, such as [\"api.headers\"]");
    let Some(remove) = remove else { return Ok(Vec::new()) };
    let Value::Array(paths) = remove else { return Err(wrong()) };
    paths.into_iter().map(|path| path.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn inherited(name: &str, head: Option<Value>, remove: &[String]) -> Result<Map<String, Value>, MergeError> {
    let Some(Value::Object(mut head)) = head else {
        return Err(refused("extends", format!("`{name}` is not a provider that can be extended")));
    };
    if head.contains_key("extends") {
        return Err(refused("extends", format!("`{name}` extends another provider itself; one level only")));
    }
    for path in remove {
        if !drop_path(&mut head, path) {
            return Err(refused("remove", format!("`{path}` is not in `{name}`")));
        }
    }
    Ok(head)
}

fn drop_path(table: &mut Map<String, Value>, path: &str) -> bool {
    match path.split_once('.') {
        None => table.shift_remove(path).is_some(),
        Some((first, rest)) => match table.get_mut(first) {
            Some(Value::Object(inner)) => drop_path(inner, rest),
            Some(_) | None => false,
        },
    }
}

fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
