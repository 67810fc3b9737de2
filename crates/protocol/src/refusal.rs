//! What a token endpoint means when it does not give tokens (RFC 6749 §5.2).
//!
//! The difference that matters is between a grant that is gone, which only the user can mend, and everything else,
//! which may pass. When in doubt a grant is not called gone.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

use crate::json_path::text_at;
use crate::text::safe_text;

/// Why there are no tokens. Texts of the provider are cut and cleaned; no variant holds a secret of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The endpoint refused, but not because the grant is gone (RFC 6749 §5.2).
    #[error("the token endpoint refused with status {}: {code}", status.as_u16())]
    Refused {
        /// The provider's error code, or `http_` and the status when it gave none.
        code: String,
        /// The provider's words.
        description: Option<String>,
        /// The status of the answer.
        status: StatusCode,
    },
    /// The grant is gone: `invalid_grant` and its dialects. The user has to connect again.
    #[error("the grant is gone: {code}")]
    Grant {
        /// The provider's error code.
        code: String,
        /// The provider's words.
        description: Option<String>,
        /// The status of the answer.
        status: StatusCode,
    },
    /// Too many calls.
    #[error("the token endpoint asks to call less often")]
    RateLimited {
        /// How long to wait, when the provider says so. Not capped.
        retry_after: Option<Duration>,
    },
    /// The endpoint is out of order.
    #[error("the token endpoint is unavailable, status {}", status.as_u16())]
    Unavailable {
        /// The status of the answer.
        status: StatusCode,
        /// How long to wait, when the provider says so. Not capped.
        retry_after: Option<Duration>,
    },
    /// The endpoint says it succeeded, but its answer holds no tokens. Whether the grant was used up is unknown.
    #[error("the answer of the token endpoint cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Fewer bytes arrived than were announced. Whether the grant was used up is unknown.
    #[error("the answer of the token endpoint was cut off")]
    Truncated,
}

impl TokenError {
    /// Whether the grant is gone, so that no retry helps.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Grant { .. })
    }

    /// A short code for logs and events: the provider's where it gave one, else ours.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } | Self::Grant { code, .. } => code,
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreadable { .. } => "unreadable_answer",
            Self::Truncated => "truncated_answer",
        }
    }

    /// A sentence for the end user, without the provider's own words.
    pub const fn public_message(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "The provider refused the request.",
            Self::Grant { .. } => "The provider no longer accepts this grant. Please connect again.",
            Self::RateLimited { .. } => "The provider asks to slow down. Please try again later.",
            Self::Unavailable { .. } => "The provider is not available. Please try again later.",
            Self::Unreadable { .. } | Self::Truncated => {
                "The provider gave an answer that could not be read."
            }
        }
    }
}

/// Codes that say that the grant, its refresh token or its code is gone. `invalid_grant` is the standard's; the
/// others are what GitHub, `HubSpot` and Slack say in its place.
const GRANT_GONE: &[&str] = &[
    "invalid_grant",
    "bad_refresh_token",
    "bad_verification_code",
    "invalid_code",
    "invalid_refresh_token",
    "token_revoked",
];

/// Codes that ask for patience, whatever the status.
const RATE_LIMITED: &[&str] = &["ratelimited", "rate_limited", "rate_limit_exceeded", "too_many_requests"];

/// Codes that announce a fault on the provider's side, whatever the status.
const OUT_OF_ORDER: &[&str] =
    &["server_error", "temporarily_unavailable", "internal_error", "service_unavailable"];

/// What an answer without a success status means.
pub(crate) fn of_status(
    status: StatusCode,
    headers: &HeaderMap,
    answer: Option<&Value>,
    now: Timestamp,
) -> TokenError {
    let retry_after = retry_after(headers, now);
    match status.as_u16() {
        429 => TokenError::RateLimited { retry_after },
        // A server that is out of order is not believed when it says that a grant is gone.
        408 | 425 | 500.. => TokenError::Unavailable { status, retry_after },
        300..=399 => TokenError::Unreadable { reason: "it redirects" },
        _ => {
            let code = answer.and_then(code_of).unwrap_or_else(|| format!("http_{}", status.as_u16()));
            named(code, answer, status, retry_after)
        }
    }
}

/// The refusal in an answer with a success status, if it is one.
pub(crate) fn in_success(
    status: StatusCode,
    headers: &HeaderMap,
    answer: &Value,
    ok_flag: bool,
    now: Timestamp,
) -> Option<TokenError> {
    let not_ok = ok_flag && answer.get("ok").and_then(Value::as_bool) == Some(false);
    let code = match code_of(answer) {
        Some(code) => code,
        None if not_ok => "not_ok".to_owned(),
        None => return None,
    };
    Some(named(code, Some(answer), status, retry_after(headers, now)))
}

/// The refusal in an answer with a success status that has no tokens, in the dialects that say so by a number or a
/// text of their own; nothing when the answer does not say why.
pub(crate) fn without_tokens(
    status: StatusCode,
    headers: &HeaderMap,
    answer: &Value,
    now: Timestamp,
) -> Option<TokenError> {
    let codes = ["code", "errcode", "error_code", "errorCode", "result"];
    let said = codes.iter().find_map(|path| text_at(answer, path))?;
    let code = Some(safe_text(&said)).filter(|code| !code.is_empty())?;
    Some(named(code, Some(answer), status, retry_after(headers, now)))
}

fn named(
    code: String,
    answer: Option<&Value>,
    status: StatusCode,
    retry_after: Option<Duration>,
) -> TokenError {
    let is_one_of = |codes: &[&str]| codes.iter().any(|known| known.eq_ignore_ascii_case(&code));
    if is_one_of(RATE_LIMITED) {
        return TokenError::RateLimited { retry_after };
    }
    if is_one_of(OUT_OF_ORDER) {
        return TokenError::Unavailable { status, retry_after };
    }
    let description = answer.and_then(description_of);
    if is_one_of(GRANT_GONE) {
        return TokenError::Grant { code, description, status };
    }
    TokenError::Refused { code, description, status }
}

/// The error code: a text under `error`, or inside an object there.
fn code_of(answer: &Value) -> Option<String> {
    let paths = ["error", "error.code", "error.type", "error.status", "error.message"];
    // `error: false` and `error: 0` are how some say that there is none.
    let said = paths.iter().find_map(|path| text_at(answer, path))?;
    (said != "false" && said != "0").then(|| safe_text(&said)).filter(|code| !code.is_empty())
}

fn description_of(answer: &Value) -> Option<String> {
    let paths = ["error_description", "error.message", "message", "error_message", "errmsg", "msg", "detail"];
    let said = paths.iter().find_map(|path| text_at(answer, path))?;
    Some(safe_text(&said)).filter(|words| !words.is_empty())
}

/// `retry-after` in seconds or as a date (RFC 9110 §10.2.3); a date gone by means at once.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let said = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(said).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}
