//! What was asked so far, so that a test can count.

use std::collections::{BTreeMap, VecDeque};
use std::time::SystemTime;

use axum::http::{HeaderMap, header, request::Parts};
use serde::Serialize;

use crate::form;
use crate::ports::unix_millis;

/// The oldest requests make room beyond this many.
const MOST_REQUESTS: usize = 50_000;
/// Longer bodies are kept up to here.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// One request as it arrived. It shows secrets on purpose: they are the sandbox's own, and tests ask for them.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedRequest {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// When it arrived by the sandbox's clock, in milliseconds since 1970.
    pub at_millis: u64,
    /// The query parameters; of a parameter that came twice, the last.
    pub query: BTreeMap<String, String>,
    /// The form parameters, `grant_type` among them; of a parameter that came twice, the last.
    pub form: BTreeMap<String, String>,
    /// The headers by lower-case name; values of one name are joined by a comma.
    pub headers: BTreeMap<String, String>,
    /// The body as text, cut at 64 KiB.
    pub body: String,
}

impl RecordedRequest {
    pub(crate) fn new(parts: &Parts, body: &[u8], at: SystemTime) -> Self {
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let form = if content_type.is_some_and(form::is_form) { body } else { &[] };
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            at_millis: unix_millis(at),
            query: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            form: form_urlencoded::parse(form).into_owned().collect(),
            headers: header_map(&parts.headers),
            body: String::from_utf8_lossy(&body[..body.len().min(MOST_BODY_BYTES)]).into_owned(),
        }
    }
}

/// Headers by lower-case name; values of one name are joined by a comma.
pub(crate) fn header_map(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut map = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.to_string())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(&value);
            })
            .or_insert_with(|| value.to_string());
    }
    map
}

#[derive(Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
}

impl RequestLog {
    pub(crate) fn record(&mut self, request: RecordedRequest) {
        if self.requests.len() == MOST_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn to_path(&self, path: &str) -> Vec<RecordedRequest> {
        self.requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
