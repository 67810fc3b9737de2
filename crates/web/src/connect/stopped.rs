//! The pages that say why it does not go on: what happened, why, and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{CallbackFailure, Error, FailureKind, Rule, Thing};

use crate::connect::addresses;
use crate::connect::page::{self, FormsLead};

/// A page without a way on, or with one way back.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "connect/stopped.html")]
pub(crate) struct Stopped {
    status: StatusCode,
    tone: Tone,
    title: String,
    message: String,
    /// What the provider said, made safe by the engine.
    provider_said: Option<String>,
    /// Where to try again.
    retry: Option<String>,
}

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing is broken: a choice, or a link past its time.
    Calm,
    /// Something has to be done first.
    Warning,
    /// Something failed.
    Danger,
}

impl Stopped {
    fn new(status: StatusCode, tone: Tone, title: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            tone,
            title: title.to_owned(),
            message: message.into(),
            provider_said: None,
            retry: None,
        }
    }

    /// The link is unknown, past its time, or was opened in another browser: which of them is not told, because the
    /// one who holds the link may be a stranger.
    pub(crate) fn expired() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Tone::Calm,
            "This link no longer works",
            "It has expired, or it was opened in another browser. Go back to the app you came from and start again: \
             you will get a new link.",
        )
    }

    /// The address was typed or shortened.
    pub(crate) fn no_token() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Tone::Calm,
            "This link is not complete",
            "A part of it is missing. Go back to the app you came from and start again from there.",
        )
    }

    /// The last page, opened again later.
    pub(crate) fn shown_before() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            Tone::Calm,
            "There is nothing left to do here",
            "If you have connected your account, you can close this window. If not, go back to the app you came from.",
        )
    }

    /// There is no such integration in this session.
    pub(crate) fn missing() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            Tone::Calm,
            "This cannot be connected here",
            "The service is not among those you can connect. Go back to the app you came from and choose again.",
        )
    }

    /// The session allows nothing that exists.
    pub(crate) fn nothing_to_connect(app: Option<&str>) -> Self {
        let whom = app.unwrap_or("The app you came from");
        let message = format!("{whom} has not set up any service yet. Tell the people who run it.");
        Self::new(StatusCode::NOT_FOUND, Tone::Calm, "There is nothing to connect yet", message)
    }

    /// The operator has not finished. What is missing is told to the operator, in the log.
    pub(crate) fn not_ready(title: &str, app: Option<&str>) -> Self {
        let whom = app.unwrap_or("the app you came from");
        Self::new(
            StatusCode::CONFLICT,
            Tone::Warning,
            &format!("{title} is not ready yet"),
            format!(
                "The people who run {whom} have not finished setting it up. Tell them, and try again later."
            ),
        )
    }

    /// The form was sent by a page that is not ours.
    pub(crate) fn from_elsewhere() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Tone::Warning,
            "This form came from another site",
            "To protect your account nothing was done. Go back to the app you came from and start again from there.",
        )
    }

    /// Try again later.
    pub(crate) fn outage() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Tone::Danger,
            "This is not available right now",
            "Nothing was changed. Wait a moment, then load this page again.",
        )
    }

    /// A fault of ours; the log knows more.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Tone::Danger,
            "Something went wrong on our side",
            "The account was not connected. Try again; if it happens once more, tell the app you came from.",
        )
    }

    /// The page for an error of the engine.
    pub(crate) fn from_error(error: &Error) -> Self {
        match error {
            Error::NotFound(Thing::Session | Thing::Environment) => Self::expired(),
            Error::NotFound(
                Thing::Provider
                | Thing::Integration
                | Thing::Connection
                | Thing::ApiKey
                | Thing::WebhookSettings,
            ) => Self::missing(),
            Error::Denied(_) => Self { status: StatusCode::FORBIDDEN, ..Self::missing() },
            Error::Invalid(issues) => {
                let first = issues.first().map_or_else(String::new, |issue| page::sentence(&issue.message));
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, Tone::Warning, "Something is missing", first)
            }
            Error::Refused(refusal) => Self::from_rule(refusal.rule, &refusal.message),
            Error::Upstream(upstream) => {
                let message = page::sentence(&upstream.message);
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    Tone::Danger,
                    "The service did not answer as expected",
                    message,
                )
            }
            Error::Unavailable => Self::outage(),
            Error::Integrity | Error::Internal => Self::internal(),
        }
    }

    fn from_rule(rule: Rule, message: &str) -> Self {
        let message = page::sentence(message);
        match rule {
            Rule::Draft => Self::not_ready("This service", None),
            Rule::IntegrationNotAllowed => Self { status: StatusCode::FORBIDDEN, ..Self::missing() },
            Rule::OtherBrowser => Self { status: StatusCode::FORBIDDEN, ..Self::expired() },
            Rule::ConnectionGone => {
                Self::new(StatusCode::GONE, Tone::Warning, "The connection is gone", message)
            }
            Rule::CredentialRejected => {
                let title = "The service did not accept this";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, Tone::Warning, title, message)
            }
            Rule::Body | Rule::KeyTaken | Rule::UnknownProvider | Rule::Conflict => {
                Self::new(StatusCode::BAD_REQUEST, Tone::Warning, "This did not work", message)
            }
        }
    }

    /// The page for a provider's answer that did not lead to a connection.
    pub(crate) fn from_callback(failure: CallbackFailure) -> Self {
        let (status, tone) = match failure.kind {
            FailureKind::Denied | FailureKind::Expired | FailureKind::Awaited => {
                (StatusCode::BAD_REQUEST, Tone::Calm)
            }
            FailureKind::OtherBrowser => (StatusCode::FORBIDDEN, Tone::Warning),
            FailureKind::Provider | FailureKind::Rejected => (StatusCode::BAD_REQUEST, Tone::Danger),
            FailureKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, Tone::Danger),
        };
        let retry = match (failure.retry, failure.session, &failure.integration) {
            (true, Some(session), Some(integration)) => Some(addresses::form(session, integration.as_str())),
            (true, Some(session), None) => Some(addresses::list(session)),
            (true, None, _) | (false, _, _) => None,
        };
        Self {
            provider_said: failure.provider_said,
            retry,
            ..Self::new(status, tone, &failure.title, failure.message)
        }
    }
}

impl IntoResponse for Stopped {
    fn into_response(self) -> Response {
        page::respond(self.status, &self, FormsLead::Home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::sample;

    #[test]
    fn a_denial_offers_another_try_and_tells_what_the_provider_said() {
        let page = Stopped::from_callback(sample::denied());
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        let html = page.render().expect("the page renders");
        assert!(
            html.contains(r#"href="/connect/s/ses_0190d1f35a0070008000aaaabbbbcccc/salesforce""#),
            "{html}"
        );
        assert!(html.contains("The user chose not to continue"), "{html}");
    }

    #[test]
    fn a_stranger_browser_gets_403_and_no_second_try() {
        let failure = CallbackFailure { kind: FailureKind::OtherBrowser, retry: false, ..sample::denied() };
        let page = Stopped::from_callback(failure);
        assert_eq!((page.status, page.retry), (StatusCode::FORBIDDEN, None));
    }

    #[test]
    fn words_of_the_provider_are_escaped() {
        let hostile = sample::HOSTILE.to_owned();
        let failure = CallbackFailure {
            title: hostile.clone(),
            message: hostile.clone(),
            provider_said: Some(hostile),
            ..sample::denied()
        };
        let html = Stopped::from_callback(failure).render().expect("the page renders");
        assert!(!html.contains("<img src=x"), "{html}");
    }

    #[test]
    fn every_error_has_a_page_with_a_status_that_is_no_success() {
        let refused = |rule| Error::Refused(engine::Refusal { rule, message: "not so".to_owned() });
        let cases = [
            (Error::NotFound(Thing::Session), 401),
            (Error::NotFound(Thing::Integration), 404),
            (Error::Denied("no".to_owned()), 403),
            (Error::Invalid(Vec::new()), 422),
            (refused(Rule::Draft), 409),
            (refused(Rule::IntegrationNotAllowed), 403),
            (refused(Rule::OtherBrowser), 403),
            (refused(Rule::ConnectionGone), 410),
            (refused(Rule::CredentialRejected), 422),
            (refused(Rule::Body), 400),
            (Error::Unavailable, 503),
            (Error::Integrity, 500),
            (Error::Internal, 500),
        ];
        for (error, status) in cases {
            assert_eq!(Stopped::from_error(&error).into_response().status().as_u16(), status, "{error:?}");
        }
    }
}
