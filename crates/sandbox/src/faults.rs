//! What can go wrong, and what is going wrong now.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/authorize` and the consent form's decision.
    Authorize,
    /// `/token`.
    Token,
    /// `/revoke`.
    Revoke,
    /// `/introspect`.
    Introspect,
    /// Everything under `/.well-known/`.
    Metadata,
    /// Everything under `/api/`.
    Api,
}

impl Endpoint {
    /// The endpoint of a path; pages and the sandbox's own controls have none and never fail.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/authorize" | "/authorize/decision" => Some(Self::Authorize),
            "/token" => Some(Self::Token),
            "/revoke" => Some(Self::Revoke),
            "/introspect" => Some(Self::Introspect),
            _ if path.starts_with("/.well-known/") => Some(Self::Metadata),
            _ if path.starts_with("/api/") => Some(Self::Api),
            _ => None,
        }
    }
}

/// One way to misbehave. "Acts" means that the request has its effect, a token rotates for example, although the client
/// may not learn of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with a status and does not act.
    Status {
        /// The status code.
        status: u16,
        /// The value of `Retry-After`, as text, so that wrong ones can be tried too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
        /// The body; a small OAuth error when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// The content type; `application/json` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    /// Answers with a redirect and does not act.
    Redirect {
        /// The `Location`.
        location: String,
        /// The status code, 307 when absent.
        #[serde(default = "temporary_redirect")]
        status: u16,
    },
    /// Answers 200 with a body that is not what was asked for, and does not act.
    Garbage {
        /// The raw body.
        body: String,
        /// The content type; `application/json` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    /// Acts, and answers late.
    Slow {
        /// The delay in milliseconds.
        millis: u64,
    },
    /// Acts, and never answers; the connection stays open.
    Never,
    /// Acts, and closes the connection without a byte.
    Lost,
    /// Acts, promises the whole body by `Content-Length`, and closes after some bytes of it.
    Truncate {
        /// How many bytes of the body are sent.
        bytes: usize,
    },
    /// Token answers carry no refresh token; one that is in use stays valid.
    MissingRefreshToken,
    /// Token answers carry no `expires_in`.
    NoExpiry,
    /// Token answers carry this `expires_in`; how long the token lives does not change.
    ExpiresIn {
        /// Any JSON value.
        value: Value,
    },
    /// The account grants less than was asked.
    PartialConsent {
        /// The scopes that are granted, of those asked; all but the last when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        granted: Option<Vec<String>>,
    },
    /// The callback names another issuer (RFC 9207).
    WrongIss {
        /// The issuer that is named.
        #[serde(default = "other_issuer")]
        iss: String,
    },
    /// The callback names no issuer (RFC 9207).
    OmitIss,
    /// At once: every access token expires.
    ExpireNow,
    /// At once: every grant ends.
    RevokeAll,
}

impl Fault {
    /// A status with a small JSON body.
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None, body: None, content_type: None }
    }

    /// A status with a JSON body, such as an OAuth error.
    pub fn answer(status: u16, body: &str) -> Self {
        Self::Status { status, retry_after: None, body: Some(body.to_owned()), content_type: None }
    }

    /// A status with a page of HTML, as a gateway in front of a provider would send.
    pub fn error_page(status: u16) -> Self {
        let body = "<!doctype html><title>Error</title><h1>The server had an error</h1>".to_owned();
        let content_type = Some("text/html".to_owned());
        Self::Status { status, retry_after: None, body: Some(body), content_type }
    }

    /// A 429 with the value of `Retry-After`.
    pub fn rate_limited(retry_after: &str) -> Self {
        let retry_after = Some(retry_after.to_owned());
        Self::Status { status: 429, retry_after, body: None, content_type: None }
    }

    /// An answer that comes late.
    pub fn slow(by: Duration) -> Self {
        Self::Slow { millis: u64::try_from(by.as_millis()).unwrap_or(u64::MAX) }
    }

    /// A temporary redirect.
    pub fn redirect(location: &str) -> Self {
        Self::Redirect { location: location.to_owned(), status: temporary_redirect() }
    }

    /// A 200 with this body, called JSON.
    pub fn garbage(body: &str) -> Self {
        Self::Garbage { body: body.to_owned(), content_type: None }
    }

    /// The endpoint that is meant when a request names none.
    pub(crate) fn usual_endpoint(&self) -> Endpoint {
        if self.place() == Place::Callback { Endpoint::Authorize } else { Endpoint::Token }
    }

    /// Whether it replaces or withholds the answer, as opposed to changing what the answer says.
    pub(crate) fn is_on_the_wire(&self) -> bool {
        self.place() == Place::Wire
    }

    fn place(&self) -> Place {
        match self {
            Self::Status { .. }
            | Self::Redirect { .. }
            | Self::Garbage { .. }
            | Self::Slow { .. }
            | Self::Never
            | Self::Lost
            | Self::Truncate { .. } => Place::Wire,
            Self::MissingRefreshToken | Self::NoExpiry | Self::ExpiresIn { .. } => Place::TokenAnswer,
            Self::PartialConsent { .. } | Self::WrongIss { .. } | Self::OmitIss => Place::Callback,
            Self::ExpireNow | Self::RevokeAll => Place::Nowhere,
        }
    }
}

/// What a fault changes.
#[derive(PartialEq, Eq)]
enum Place {
    /// The answer as a whole, of any endpoint.
    Wire,
    /// What a token answer says.
    TokenAnswer,
    /// What the redirect back to the app says.
    Callback,
    /// No answer; it happens at once.
    Nowhere,
}

fn temporary_redirect() -> u16 {
    307
}

fn other_issuer() -> String {
    "https://issuer.example".to_owned()
}

/// A fault that is switched on.
#[derive(Clone, Serialize)]
pub(crate) struct Active {
    endpoint: Endpoint,
    #[serde(flatten)]
    fault: Fault,
    /// How often it will still happen; absent without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
}

#[derive(Default)]
pub(crate) struct Faults {
    active: Vec<Active>,
}

impl Faults {
    pub(crate) fn switch_on(&mut self, endpoint: Endpoint, fault: Fault, times: Option<u32>) {
        if times != Some(0) {
            self.active.push(Active { endpoint, fault, times });
        }
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    pub(crate) fn active(&self) -> &[Active] {
        &self.active
    }

    pub(crate) fn is_on(&self, endpoint: Endpoint, kind: impl Fn(&Fault) -> bool) -> bool {
        self.active.iter().any(|active| active.endpoint == endpoint && kind(&active.fault))
    }

    /// Uses the oldest fault of this kind, once.
    pub(crate) fn take(&mut self, endpoint: Endpoint, kind: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let place =
            self.active.iter().position(|active| active.endpoint == endpoint && kind(&active.fault))?;
        match &mut self.active[place].times {
            Some(1) => Some(self.active.remove(place).fault),
            Some(times) => {
                *times -= 1;
                Some(self.active[place].fault.clone())
            }
            None => Some(self.active[place].fault.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_fault_is_used_up() {
        let mut faults = Faults::default();
        faults.switch_on(Endpoint::Token, Fault::Never, Some(2));
        let mut take = || faults.take(Endpoint::Token, Fault::is_on_the_wire).is_some();
        assert_eq!([take(), take(), take()], [true, true, false]);
    }

    #[test]
    fn faults_are_used_in_the_order_they_were_switched_on() {
        let mut faults = Faults::default();
        faults.switch_on(Endpoint::Token, Fault::status(500), Some(1));
        faults.switch_on(Endpoint::Token, Fault::Never, None);
        assert_eq!(faults.take(Endpoint::Token, Fault::is_on_the_wire), Some(Fault::status(500)));
        assert_eq!(faults.take(Endpoint::Token, Fault::is_on_the_wire), Some(Fault::Never));
    }

    #[test]
    fn a_fault_of_one_endpoint_leaves_the_others_alone() {
        let mut faults = Faults::default();
        faults.switch_on(Endpoint::Token, Fault::Never, None);
        assert_eq!(faults.take(Endpoint::Api, Fault::is_on_the_wire), None);
    }
}
