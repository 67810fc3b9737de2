//! The audit trail: who did what to which thing.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;

use crate::id::{ApiKeyId, AuditId, EnvironmentId, SessionId};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// An API key.
    Key(ApiKeyId),
    /// An end user's browser in a connect session.
    Session(SessionId),
    /// Claviger itself: background work.
    System,
    /// Somebody at the command line of the machine.
    Operator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Session(id) => id.fmt(f),
            Self::System => f.write_str("system"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Action {
    CredentialRead,
    CredentialRefreshed,
    RefreshFailed,
    IntegrityFailed,
    ConnectionCreated,
    ConnectionReplaced,
    ConnectionUpdated,
    ConnectionDeleted,
    GrantRevoked,
    AuthorizationFailed,
    LookupFailed,
    LookupDone,
    IntegrationCreated,
    IntegrationRead,
    IntegrationUpdated,
    IntegrationDeleted,
    SessionCreated,
    SessionDeleted,
    WebhooksUpdated,
    SigningKeyRead,
    SigningKeyRotated,
    KeyCreated,
    KeyRevoked,
    EnvironmentCreated,
    EnvironmentUpdated,
}

impl Action {
    /// The action as text, stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CredentialRead => "credential.read",
            Self::CredentialRefreshed => "credential.refreshed",
            Self::RefreshFailed => "credential.refresh_failed",
            Self::IntegrityFailed => "credential.integrity_failed",
            Self::ConnectionCreated => "connection.created",
            Self::ConnectionReplaced => "connection.replaced",
            Self::ConnectionUpdated => "connection.updated",
            Self::ConnectionDeleted => "connection.deleted",
            Self::GrantRevoked => "connection.grant_revocation",
            Self::AuthorizationFailed => "connection.authorization_failed",
            Self::LookupFailed => "connection.lookup_failed",
            Self::LookupDone => "connection.lookup_done",
            Self::IntegrationCreated => "integration.created",
            Self::IntegrationRead => "integration.secret_read",
            Self::IntegrationUpdated => "integration.updated",
            Self::IntegrationDeleted => "integration.deleted",
            Self::SessionCreated => "connect_session.created",
            Self::SessionDeleted => "connect_session.deleted",
            Self::WebhooksUpdated => "webhooks.updated",
            Self::SigningKeyRead => "webhooks.signing_key_read",
            Self::SigningKeyRotated => "webhooks.signing_key_rotated",
            Self::KeyCreated => "api_key.created",
            Self::KeyRevoked => "api_key.revoked",
            Self::EnvironmentCreated => "environment.created",
            Self::EnvironmentUpdated => "environment.updated",
        }
    }
}

/// One entry. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Sortable by time.
    pub id: AuditId,
    /// The environment it happened in.
    pub environment: EnvironmentId,
    /// When.
    pub at: Timestamp,
    /// Who, as [`Actor`] shows itself.
    pub actor: String,
    /// What, as [`Action::as_str`].
    pub action: Cow<'static, str>,
    /// To which thing: its identifier or name.
    pub subject: String,
    /// Anything else, e.g. an error code or the names of changed fields.
    pub detail: Option<String>,
}
