//! Bullhorn's access token only opens a session, and the session's token is what its API takes.
//!
//! After each token and refresh answer the session is opened anew. Its answer has `BhRestToken` and `restUrl`, which
//! become the access token and, through the captures of the definition, the root of the API.

use catalog::Provider;
use catalog::provider::Quirk;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use crate::credential::OAuth2Tokens;
use crate::json_path::text_at;
use crate::lifetime;
use crate::message::{Request, Response};
use crate::refusal::{self, TokenError};

const LOGIN: &str = "https://rest-west.bullhornstaffing.com/rest-services/login";

/// Minutes for which a session is asked.
const MINUTES: u64 = 10_080;

pub(crate) fn applies(provider: &Provider) -> bool {
    provider.quirks.contains(&Quirk::BullhornRestLogin)
}

/// The call that opens the session.
pub(crate) fn request(tokens: &OAuth2Tokens) -> Request {
    let mut url = Url::parse(LOGIN).expect("the address is a URL");
    url.query_pairs_mut()
        .append_pair("version", "*")
        .append_pair("access_token", tokens.access_token.expose())
        .append_pair("ttl", &MINUTES.to_string());
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    Request::new(Method::POST, url, headers, Vec::new())
}

/// The tokens with the session's in place of the access token; its answer stands beside the token answer.
pub(crate) fn outcome(
    tokens: &OAuth2Tokens,
    response: &Response,
    now: Timestamp,
) -> Result<OAuth2Tokens, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let session = answer.as_ref().and_then(|answer| text_at(answer, "BhRestToken"));
    let session = session.ok_or(TokenError::Unreadable { reason: "it opens no session" })?;
    let mut raw: Map<String, Value> = serde_json::from_str(tokens.raw.expose()).unwrap_or_default();
    if let Some(Value::Object(opened)) = answer {
        raw.extend(opened);
    }
    Ok(OAuth2Tokens {
        access_token: Secret::new(session),
        expires_at: lifetime::assumed(MINUTES * 60, now),
        raw: Secret::new(Value::Object(raw).to_string()),
        ..tokens.clone()
    })
}
