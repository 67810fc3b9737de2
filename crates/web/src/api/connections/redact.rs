//! Refresh tokens are left out of answers unless they are asked for, however deep they stand and however their name is
//! spelled: `refresh_token`, `refreshToken`, `REFRESH-TOKEN`.

use serde_json::{Map, Value};

/// Takes refresh tokens out.
pub(super) fn refresh_tokens(map: &mut Map<String, Value>) {
    map.retain(|name, _| !is_refresh_token(name));
    map.values_mut().for_each(refresh_tokens_in);
}

/// Whether anything would be taken out.
pub(super) fn concerns(map: &Map<String, Value>) -> bool {
    map.iter().any(|(name, value)| is_refresh_token(name) || concerns_value(value))
}

fn refresh_tokens_in(value: &mut Value) {
    match value {
        Value::Object(map) => refresh_tokens(map),
        Value::Array(elements) => elements.iter_mut().for_each(refresh_tokens_in),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn concerns_value(value: &Value) -> bool {
    match value {
        Value::Object(map) => concerns(map),
        Value::Array(elements) => elements.iter().any(concerns_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Only the letters count, in any case.
fn is_refresh_token(name: &str) -> bool {
    let letters = name.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_lowercase());
    letters.eq(*b"refreshtoken")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refresh_tokens_are_found_at_any_depth_and_spelling() {
        let Value::Object(mut map) = json!({
            "access_token": "a",
            "refresh_token": "r",
            "refreshToken": "r",
            "list": [{ "REFRESH-TOKEN": "r", "x": 1 }],
            "refresh_token_expires_in": 5,
        }) else {
            panic!("an object was written above")
        };
        assert!(concerns(&map));
        refresh_tokens(&mut map);
        assert_eq!(
            Value::Object(map),
            json!({ "access_token": "a", "list": [{ "x": 1 }], "refresh_token_expires_in": 5 })
        );
    }

    #[test]
    fn a_map_without_them_is_left_alone() {
        let Value::Object(map) = json!({ "subdomain": "blue", "nested": { "refresh_tokens": 1 } }) else {
            panic!("an object was written above")
        };
        assert!(!concerns(&map));
    }
}
