//! Connect sessions: a short permission for one end user's browser.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vault::Sealed;

use crate::end_user::{EndUser, Organization};
use crate::id::{ConnectionId, EnvironmentId, SessionId};
use crate::tags::Tags;
use crate::token::TokenHash;

/// How long a session lives.
pub const LIFETIME: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// A stored connect session.
#[derive(Debug, Clone)]
pub struct ConnectSession {
    /// Row identifier; not a secret.
    pub id: SessionId,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// SHA-256 of its token.
    pub token_hash: TokenHash,
    /// The person it is for.
    pub end_user: Option<EndUser>,
    /// The organization sent with the session.
    pub organization: Option<Organization>,
    /// Tags the connection will get.
    pub tags: Tags,
    /// Integrations that may be used; empty means all.
    pub allowed_integrations: Vec<String>,
    /// Server-side defaults by integration ([`Defaults`]), sealed because connection fields may be secret.
    pub defaults: Sealed,
    /// Page settings by integration.
    pub overrides: BTreeMap<String, Map<String, Value>>,
    /// Passed on to the connection.
    pub webhook_url_override: Option<String>,
    /// The connection to authorize again.
    pub reconnects: Option<ConnectionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl ConnectSession {
    /// Whether an integration may be used.
    pub fn allows(&self, integration: &str) -> bool {
        self.allowed_integrations.is_empty() || self.allowed_integrations.iter().any(|key| key == integration)
    }
}

/// Defaults for one integration, set by the app's server; the browser cannot change them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Defaults {
    /// Scopes asked of the user, comma separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_scopes: Option<String>,
    /// Extra parameters of the authorization URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_params: Option<BTreeMap<String, String>>,
    /// Connection fields by their name on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_config: Option<Map<String, Value>>,
}

/// Defaults by integration key.
pub type DefaultsByIntegration = BTreeMap<String, Defaults>;
