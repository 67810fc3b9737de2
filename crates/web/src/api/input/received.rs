//! The body of a request, read and parsed before anything else looks at it.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Request};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use crate::AppState;
use crate::problem::{Code, Problem};

/// The largest body. The biggest sensible one, an import with its metadata, is a few kilobytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// What came as body.
#[derive(Debug, Clone)]
pub(crate) enum Received {
    /// Nothing, and no word of a type.
    Absent,
    /// JSON: an object or an array. No bytes declared as JSON count as an empty object.
    Json(Value),
}

impl Received {
    /// The body as sent.
    pub(crate) fn into_value(self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Json(value) => Some(value),
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Json(value) => value.as_object().is_some_and(Map::is_empty),
        }
    }
}

impl FromRequestParts<AppState> for Received {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(parts.extensions.remove().unwrap_or(Self::Absent))
    }
}

/// Takes the body off a request and puts what it says beside it, for [`Received`] to find. A body without any content
/// costs nothing here.
pub(crate) async fn receive(request: &mut Request) -> Result<(), Problem> {
    if request.extensions().get::<MatchedPath>().is_none() {
        // There is no endpoint: the answer is 404 whatever the body says.
        return Ok(());
    }
    let is_json = declared_json(request.headers())?;
    if http_body::Body::is_end_stream(request.body()) {
        if is_json {
            request.extensions_mut().insert(Received::Json(Value::Object(Map::new())));
        }
        return Ok(());
    }
    let body = std::mem::replace(request.body_mut(), Body::empty());
    let bytes = read(body).await?;
    let received = match (is_json, bytes.is_empty()) {
        (false, true) => return Ok(()),
        (true, true) => Received::Json(Value::Object(Map::new())),
        // A client that names no type means JSON: nothing else is understood here.
        (_, false) => Received::Json(parse(&bytes)?),
    };
    request.extensions_mut().insert(received);
    Ok(())
}

/// Whether a JSON body is announced; any other announcement is refused.
fn declared_json(headers: &HeaderMap) -> Result<bool, Problem> {
    let refuse = |message: &str| {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidContentType, message))
    };
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return refuse("bodies must not be compressed");
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let Some(content_type) = types.next() else { return Ok(false) };
    let is_json = content_type
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("application/json"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([';', ' ']));
    if !is_json || types.next().is_some() {
        return refuse("the Content-Type must be application/json, given once");
    }
    Ok(true)
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = "the request body is larger than 1 MiB";
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, Code::RequestTooLarge, message))
        }
        Err(_) => Err(invalid_json("the request body ended early")),
    }
}

/// Parses an object or array. The parser stops at 128 levels, so that deep nesting cannot exhaust the stack.
fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    // What the parser says may quote the body, which may hold a secret; only the place is repeated.
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        invalid_json(&format!(
            "the request body is not JSON at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    if value.is_object() || value.is_array() {
        return Ok(value);
    }
    Err(invalid_json("the request body must be a JSON object"))
}

fn invalid_json(message: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, Code::InvalidJson, message)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_json_is_taken() {
        for (content_type, taken) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("application/jsonfoo", false),
            ("Application/JSON", false),
            ("text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(declared_json(&headers).is_ok(), taken, "{content_type:?}");
        }
    }

    #[test]
    fn scalars_and_bottomless_nesting_are_not_bodies() {
        let deep = "[".repeat(200_000);
        for text in ["null", "1", "\"a\"", "{", "", "\u{feff}{}", deep.as_str()] {
            assert!(parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(10)]);
        }
        assert!(parse(b" {\"a\": [1]} ").is_ok());
        assert!(parse(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn what_the_parser_stumbles_over_is_not_quoted() {
        let problem = parse(br#"{"token": hunter2}"#).expect_err("not JSON");
        assert!(!format!("{problem:?}").contains("hunter2"));
    }
}
