//! The error answer of the token, revocation and introspection endpoints (RFC 6749 §5.2).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::ledger::Denied;

/// One `error` with its description.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    error: &'static str,
    description: String,
    status: StatusCode,
}

impl Refusal {
    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::bad("invalid_request", description)
    }

    pub(crate) fn unsupported_grant_type(given: &str) -> Self {
        Self::bad("unsupported_grant_type", format!("grant_type {given} is not offered"))
    }

    pub(crate) fn unauthorized_client(description: &str) -> Self {
        Self::bad("unauthorized_client", description)
    }

    pub(crate) fn invalid_client(description: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::bad("invalid_client", description) }
    }

    fn bad(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into(), status: StatusCode::BAD_REQUEST }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Grant(why) => Self::bad("invalid_grant", why),
            Denied::Scope => Self::bad("invalid_scope", "more scopes were asked for than were granted"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "error_description": self.description }));
        let mut response = (self.status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"sandbox\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
