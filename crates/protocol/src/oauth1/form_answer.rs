//! Answers in form encoding (RFC 5849 §2.1, §2.3), whatever content type they claim.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vault::Secret;

use crate::message::Response;
use crate::refusal::{self, TokenError};

/// The values in an answer that means success, and all of it as JSON text.
pub(super) struct FormAnswer {
    values: Map<String, Value>,
    /// The answer as an object of texts.
    pub(super) raw: Secret<String>,
}

impl FormAnswer {
    pub(super) fn read(response: &Response, now: Timestamp) -> Result<Self, TokenError> {
        let body = response.body.expose().trim_ascii();
        if !response.status.is_success() {
            let answer = refusal_in(body);
            return Err(refusal::of_status(response.status, &response.headers, Some(&answer), now));
        }
        let values = values(body);
        let raw = Secret::new(Value::Object(values.clone()).to_string());
        Ok(Self { values, raw })
    }

    /// A value that has to be there.
    pub(super) fn needed(&self, name: &str, reason: &'static str) -> Result<String, TokenError> {
        self.text(name).map(str::to_owned).ok_or(TokenError::Unreadable { reason })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }
}

fn values(body: &[u8]) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(body);
    pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}

/// A refusal in the shape of OAuth 2: JSON as it is, else the fields that the Problem Reporting extension names.
fn refusal_in(body: &[u8]) -> Value {
    if let Ok(answer) = serde_json::from_slice(body) {
        return answer;
    }
    let values = values(body);
    json!({ "error": values.get("oauth_problem"), "error_description": values.get("oauth_problem_advice") })
}
