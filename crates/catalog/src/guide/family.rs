//! Whether the guide of a head is true for a member of its family. The build script shares this file, so that the
//! embedded set and the operator's overlay follow the same rule.

use serde_json::Value;

/// A guide tells how one authorizes, what is entered, and which scopes to keep. It is true for both while these are the
/// same; both are merged provider files.
pub(crate) fn share(head: &Value, member: &Value) -> bool {
    head.get("auth") == member.get("auth")
        && default_scopes(head) == default_scopes(member)
        && ["connection", "credential", "one_time"]
            .iter()
            .all(|group| asked(head, group) == asked(member, group))
}

fn default_scopes(provider: &Value) -> &[Value] {
    list(provider, "/scopes/default")
}

/// Name, label and surroundings of what people are asked for.
fn asked<'a>(provider: &'a Value, group: &str) -> Vec<[Option<&'a Value>; 4]> {
    let is = |input: &Value, key: &str| input.get(key).and_then(Value::as_bool).unwrap_or_default();
    list(provider, &format!("/inputs/{group}"))
        .iter()
        .filter(|input| !is(input, "automated") && !is(input, "hidden"))
        .map(|input| {
            ["name", "label", "prefix", "suffix"].map(|key| input.get(key).filter(|value| !value.is_null()))
        })
        .collect()
}

fn list<'a>(provider: &'a Value, at: &str) -> &'a [Value] {
    provider.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
