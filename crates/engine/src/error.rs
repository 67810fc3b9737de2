//! Errors named by what the caller can do about them. What happened inside goes to the log, not outside.

use model::Issue;

/// Why a use case did not come about.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing in this environment.
    #[error("{0} not found")]
    NotFound(Thing),
    /// The right is missing.
    #[error("{0}")]
    Denied(String),
    /// Fields are wrong; all of them are named.
    #[error("{} field(s) are not valid", .0.len())]
    Invalid(Vec<Issue>),
    /// The request is understood but a rule forbids it; the text says which and what to do.
    #[error("{0}")]
    Refused(Refusal),
    /// The provider did not do its part.
    #[error("{}", .0.message)]
    Upstream(Upstream),
    /// Try again later: the store is not reachable, or too much is under way.
    #[error("temporarily unavailable")]
    Unavailable,
    /// A stored secret does not belong where it stands, or was changed. Never served, never skipped.
    #[error("a stored secret failed its integrity check")]
    Integrity,
    /// A fault of ours.
    #[error("internal error")]
    Internal,
}

/// Things that may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Thing {
    Provider,
    Integration,
    Connection,
    Session,
    Environment,
    ApiKey,
    WebhookSettings,
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Provider => "provider",
            Self::Integration => "integration",
            Self::Connection => "connection",
            Self::Session => "connect session",
            Self::Environment => "environment",
            Self::ApiKey => "API key",
            Self::WebhookSettings => "webhook settings",
        })
    }
}

/// A rule that forbids a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub rule: Rule,
    /// What happened, why, and what to do.
    pub message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Rules with codes of their own on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A body that breaks a rule beyond its shape.
    Body,
    /// The name is taken.
    KeyTaken,
    /// No provider of that name.
    UnknownProvider,
    /// The integration lacks something it needs.
    Draft,
    /// The connect session is limited to other integrations.
    IntegrationNotAllowed,
    /// The provider did not accept the credential.
    CredentialRejected,
    /// The connection to authorize again is gone.
    ConnectionGone,
    /// The link was opened in another browser.
    OtherBrowser,
    /// A name of an environment or key is taken.
    Conflict,
}

/// What went wrong at a provider, in words safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// From our own list.
    pub code: String,
    /// What happened, why, and what to do.
    pub message: String,
    /// Names the failure in the logs.
    pub log_id: String,
    /// No attempt was made: it is too early, or the user must authorize again.
    pub not_tried: bool,
}

impl Error {
    /// A refusal by a rule.
    pub(crate) fn refused(rule: Rule, message: impl Into<String>) -> Self {
        Self::Refused(Refusal { rule, message: message.into() })
    }

    /// The code of a fault at the provider; none for faults and refusals of ours.
    pub(crate) fn upstream_code(&self) -> Option<&str> {
        if let Self::Upstream(upstream) = self { Some(&upstream.code) } else { None }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict(constraint) => {
                // Use cases that can meet a conflict turn it into a refusal themselves; here it is unexpected.
                tracing::error!(?constraint, "unexpected conflict in the store");
                Self::Internal
            }
            store::Error::Corrupt { .. } => {
                tracing::error!(%error, "the store holds a value that cannot be read");
                Self::Internal
            }
            store::Error::Unavailable(_) => {
                tracing::error!(%error, "the store is not available");
                Self::Unavailable
            }
        }
    }
}
