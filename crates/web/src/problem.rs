//! What is said when something does not work: one place decides status, code and words.
//!
//! The envelope is `{ "error": { code, message, errors?, payload? } }`. Codes and statuses are those published clients
//! know, even where they differ from endpoint to endpoint; a message is always there. Nothing of the inside is said:
//! causes go to the log.

mod code;

use axum::response::{IntoResponse, Response};
use engine::{Error, Rule, Thing};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use model::{Issue, IssueCode};
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use code::Code;

/// An answer that is not the wanted one.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    /// Boxed, because every fallible function of the crate carries a problem in its result.
    said: Box<Said>,
}

#[derive(Debug)]
struct Said {
    message: String,
    errors: Option<Vec<Issue>>,
    payload: Option<Value>,
}

/// Where an error came up, as far as the answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Reading or changing one connection.
    Connection,
    /// Deleting a connection.
    ConnectionDelete,
    /// Importing a connection.
    Import,
    /// Writing metadata.
    Metadata,
    /// Creating an integration.
    IntegrationCreate,
    /// Anywhere else.
    Elsewhere,
}

/// Which part of a request is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Query,
    Path,
    Body,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, said: Box::new(Said { message: message.into(), errors: None, payload: None }) }
    }

    /// The same with something for programs beside the code.
    #[must_use]
    pub(crate) fn with_payload(mut self, payload: Value) -> Self {
        self.said.payload = Some(payload);
        self
    }

    /// Fields that are wrong; all of them are named.
    pub(crate) fn invalid(part: Part, issues: Vec<Issue>) -> Self {
        let (code, name) = match part {
            Part::Query => (Code::InvalidQueryParams, "query"),
            Part::Path => (Code::InvalidUriParams, "path"),
            Part::Body => (Code::InvalidBody, "body"),
        };
        let message = format!("the request {name} is not valid: {}", summary(&issues));
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, message);
        problem.said.errors = Some(issues);
        problem
    }

    /// A failed authentication; clients of the contract find an empty `payload` here.
    pub(crate) fn legacy_401(code: Code, message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message).with_payload(json!({}))
    }

    /// A fault of ours, without a word of the inside.
    pub(crate) fn internal() -> Self {
        let message =
            "something went wrong on our side; the log has the details under the x-request-id of this answer";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::ServerError, message)
    }

    /// The one mapping of errors to answers.
    pub(crate) fn at(place: Place, error: Error) -> Self {
        match error {
            Error::NotFound(thing) => not_found(place, thing),
            Error::Denied(message) => Self::new(StatusCode::FORBIDDEN, Code::Forbidden, message),
            Error::Invalid(issues) => Self::invalid(Part::Body, issues),
            Error::Refused(refusal) => refused(place, refusal.rule, refusal.message),
            Error::Upstream(upstream) => upstream_failed(place, upstream.not_tried, upstream.message)
                .with_payload(json!({ "reason": upstream.code, "log_id": upstream.log_id })),
            Error::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Code::Unavailable,
                "the server cannot answer at the moment; try again in a few seconds",
            ),
            Error::Integrity => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::IntegrityError,
                "a stored secret failed its integrity check and is not served; the operator must look into it",
            ),
            Error::Internal => Self::internal(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::at(Place::Elsewhere, error)
    }
}

fn not_found(place: Place, thing: Thing) -> Problem {
    let (status, code) = match (place, thing) {
        // A connection's integration is named in the query here, so that a wrong one is a wrong parameter.
        (Place::Connection, Thing::Integration) => (StatusCode::BAD_REQUEST, Code::UnknownProviderConfig),
        (Place::ConnectionDelete, Thing::Integration | Thing::Connection) => {
            (StatusCode::BAD_REQUEST, Code::UnknownConnection)
        }
        (Place::Metadata, Thing::Integration | Thing::Connection) => {
            (StatusCode::NOT_FOUND, Code::UnknownConnection)
        }
        (_, Thing::Session) => {
            return Problem::legacy_401(
                Code::UnknownConnectSessionToken,
                "the connect session is unknown or has expired",
            );
        }
        (
            _,
            Thing::Provider
            | Thing::Integration
            | Thing::Connection
            | Thing::Environment
            | Thing::ApiKey
            | Thing::WebhookSettings,
        ) => (StatusCode::NOT_FOUND, Code::NotFound),
    };
    Problem::new(status, code, format!("{thing} not found"))
}

fn refused(place: Place, rule: Rule, message: String) -> Problem {
    let invalid_body = |message| Problem::new(StatusCode::BAD_REQUEST, Code::InvalidBody, message);
    // Published clients look for these two issues of a creation, under exactly this code and path.
    let legacy_issue = |field: &str, message: String| {
        Problem::invalid(Part::Body, vec![Issue::new(IssueCode::InvalidString, [field], message)])
    };
    match rule {
        Rule::KeyTaken if place == Place::IntegrationCreate => legacy_issue("uniqueKey", message),
        Rule::UnknownProvider if place == Place::IntegrationCreate => legacy_issue("provider", message),
        Rule::Body | Rule::KeyTaken | Rule::UnknownProvider | Rule::Draft => invalid_body(message),
        Rule::IntegrationNotAllowed => {
            Problem::new(StatusCode::BAD_REQUEST, Code::IntegrationNotAllowed, message)
        }
        Rule::CredentialRejected => {
            Problem::new(StatusCode::BAD_REQUEST, Code::ConnectionTestFailed, message)
        }
        Rule::ConnectionGone => Problem::new(StatusCode::NOT_FOUND, Code::NotFound, message),
        Rule::OtherBrowser => Problem::new(StatusCode::FORBIDDEN, Code::Forbidden, message),
        Rule::Conflict => Problem::new(StatusCode::CONFLICT, Code::Conflict, message),
    }
}

fn upstream_failed(place: Place, not_tried: bool, message: String) -> Problem {
    if place == Place::Import {
        return Problem::new(StatusCode::BAD_REQUEST, Code::ConnectionTestFailed, message);
    }
    let status = if not_tried { StatusCode::FAILED_DEPENDENCY } else { StatusCode::BAD_REQUEST };
    Problem::new(status, Code::InvalidCredentials, message)
}

/// The first problem in words, and how many more there are.
fn summary(issues: &[Issue]) -> String {
    let Some(first) = issues.first() else { return "unknown problem".to_owned() };
    let place = if first.path.is_empty() { String::new() } else { format!("{}: ", first.path.join(".")) };
    match issues.len() {
        1 => format!("{place}{}", first.message),
        n => format!("{place}{} (and {} more)", first.message, n - 1),
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: &'a Option<Vec<Issue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: &'a Option<Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let inner = Inner {
            code: self.code.as_str(),
            message: &self.said.message,
            errors: &self.said.errors,
            payload: &self.said.payload,
        };
        let body =
            serde_json::to_vec(&Envelope { error: inner }).expect("text and JSON values always serialise");
        let mut response =
            (self.status, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use engine::{Refusal, Upstream};

    use super::*;

    const PLACES: [Place; 6] = [
        Place::Connection,
        Place::ConnectionDelete,
        Place::Import,
        Place::Metadata,
        Place::IntegrationCreate,
        Place::Elsewhere,
    ];

    fn errors() -> Vec<(String, fn() -> Error)> {
        macro_rules! things {
            ($($thing:ident)+) => { [$((format!("NotFound({})", stringify!($thing)), (|| Error::NotFound(Thing::$thing)) as fn() -> Error)),+] };
        }
        macro_rules! rules {
            ($($rule:ident)+) => { [$((format!("Refused({})", stringify!($rule)), (|| Error::Refused(Refusal { rule: Rule::$rule, message: "why".to_owned() })) as fn() -> Error)),+] };
        }
        fn upstream(not_tried: bool) -> Error {
            let [code, message, log_id] = ["invalid_grant", "why", "1_a"].map(str::to_owned);
            Error::Upstream(Upstream { code, message, log_id, not_tried })
        }
        let mut all: Vec<(String, fn() -> Error)> = Vec::new();
        all.extend(things![Provider Integration Connection Session Environment ApiKey WebhookSettings]);
        all.push(("Denied".to_owned(), || Error::Denied("why".to_owned())));
        all.push(("Invalid".to_owned(), || {
            Error::Invalid(vec![Issue::new(IssueCode::TooBig, ["a", "0"], "why")])
        }));
        all.extend(rules![Body KeyTaken UnknownProvider Draft IntegrationNotAllowed CredentialRejected ConnectionGone OtherBrowser Conflict]);
        all.push(("Upstream(tried)".to_owned(), || upstream(false)));
        all.push(("Upstream(not tried)".to_owned(), || upstream(true)));
        all.push(("Unavailable".to_owned(), || Error::Unavailable));
        all.push(("Integrity".to_owned(), || Error::Integrity));
        all.push(("Internal".to_owned(), || Error::Internal));
        all
    }

    /// One line an error: what it is everywhere, then where it is something else.
    fn table() -> String {
        let mut lines = Vec::new();
        for (name, error) in errors() {
            let answer = |place| {
                let problem = Problem::at(place, error());
                let paths: Vec<_> =
                    problem.said.errors.iter().flatten().map(|issue| issue.path.join(".")).collect();
                let paths =
                    if paths.is_empty() { String::new() } else { format!(" at {}", paths.join(", ")) };
                format!("{} {}{paths}", problem.status.as_u16(), problem.code.as_str())
            };
            let usual = answer(Place::Elsewhere);
            let mut line = vec![format!("{name}: {usual}")];
            for place in PLACES {
                let here = answer(place);
                if here != usual {
                    line.push(format!("{place:?}: {here}"));
                }
            }
            lines.push(line.join(" | "));
        }
        lines.join("\n")
    }

    #[test]
    fn every_error_has_the_status_and_code_of_the_contract() {
        insta::assert_snapshot!(table(), @r"
        NotFound(Provider): 404 not_found
        NotFound(Integration): 404 not_found | Connection: 400 unknown_provider_config | ConnectionDelete: 400 unknown_connection | Metadata: 404 unknown_connection
        NotFound(Connection): 404 not_found | ConnectionDelete: 400 unknown_connection | Metadata: 404 unknown_connection
        NotFound(Session): 401 unknown_connect_session_token
        NotFound(Environment): 404 not_found
        NotFound(ApiKey): 404 not_found
        NotFound(WebhookSettings): 404 not_found
        Denied: 403 forbidden
        Invalid: 400 invalid_body at a.0
        Refused(Body): 400 invalid_body
        Refused(KeyTaken): 400 invalid_body | IntegrationCreate: 400 invalid_body at uniqueKey
        Refused(UnknownProvider): 400 invalid_body | IntegrationCreate: 400 invalid_body at provider
        Refused(Draft): 400 invalid_body
        Refused(IntegrationNotAllowed): 400 integration_not_allowed
        Refused(CredentialRejected): 400 connection_test_failed
        Refused(ConnectionGone): 404 not_found
        Refused(OtherBrowser): 403 forbidden
        Refused(Conflict): 409 conflict
        Upstream(tried): 400 invalid_credentials | Import: 400 connection_test_failed
        Upstream(not tried): 424 invalid_credentials | Import: 400 connection_test_failed
        Unavailable: 503 unavailable
        Integrity: 500 integrity_error
        Internal: 500 server_error
        ");
    }

    #[test]
    fn an_internal_error_says_nothing_of_the_inside() {
        let problem = Problem::from(Error::Internal);
        assert!(!problem.said.message.contains("sql") && problem.said.payload.is_none());
    }
}
