//! Bodies of API calls: those that a definition describes, and what it adds to those of callers.

use std::collections::BTreeMap;

use catalog::provider::Body;
use catalog::{Provider, Tree};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::fields::Filling;
use crate::message::RequestError;

/// The bytes of a body and their media type.
pub(crate) fn body_of(body: &Body, filling: &Filling<'_>) -> Result<(&'static str, Vec<u8>), RequestError> {
    let unfilled = |error: catalog::Unfilled| RequestError::Unfilled {
        place: "body".to_owned(),
        reason: error.to_string(),
    };
    Ok(match body {
        Body::Form(form) => {
            let mut text = form_urlencoded::Serializer::new(String::new());
            for (name, value) in form {
                if let Ok(value) = value.fill_text(filling) {
                    text.append_pair(name, &value);
                }
            }
            ("application/x-www-form-urlencoded", text.finish().into_bytes())
        }
        Body::Json(tree) => {
            ("application/json", tree.fill(filling).map_err(unfilled)?.to_string().into_bytes())
        }
        Body::Xml(template) => ("text/xml", template.fill_xml(filling).map_err(unfilled)?.into_bytes()),
    })
}

/// A caller's body with what the definition sends in every call.
pub(super) fn merged(
    provider: &Provider,
    method: &Method,
    headers: &HeaderMap,
    body: Vec<u8>,
    filling: &Filling<'_>,
) -> Vec<u8> {
    let own = &provider.api.body;
    let changes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
    if own.is_empty() || !changes {
        return body;
    }
    if is_form(headers) { merged_form(own, &body, filling) } else { merged_json(own, body, filling) }
}

/// Whether a body is a form (RFC 5849 §3.4.1.3.1).
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn merged_form(own: &BTreeMap<String, Tree>, body: &[u8], filling: &Filling<'_>) -> Vec<u8> {
    let filled: Vec<(&String, String)> =
        own.iter().filter_map(|(name, tree)| Some((name, tree.fill_text(filling).ok()?))).collect();
    let mut form = form_urlencoded::Serializer::new(String::new());
    let replaced = |name: &str| filled.iter().any(|(own, _)| *own == name);
    form.extend_pairs(form_urlencoded::parse(body).filter(|(name, _)| !replaced(name)));
    form.extend_pairs(filled.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    form.finish().into_bytes()
}

fn merged_json(own: &BTreeMap<String, Tree>, body: Vec<u8>, filling: &Filling<'_>) -> Vec<u8> {
    let given = if body.is_empty() {
        Ok(Value::Object(serde_json::Map::new()))
    } else {
        serde_json::from_slice(&body)
    };
    let Ok(Value::Object(mut object)) = given else { return body };
    for (name, tree) in own {
        if let Ok(value) = tree.fill(filling) {
            object.insert(name.clone(), value);
        }
    }
    Value::Object(object).to_string().into_bytes()
}
