//! API keys as they are stored: a hash and what it may do.

use jiff::Timestamp;

use crate::id::{ApiKeyId, EnvironmentId};
use crate::scope::Scopes;
use crate::token::TokenHash;

/// A stored API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Row identifier.
    pub id: ApiKeyId,
    /// The environment it opens.
    pub environment: EnvironmentId,
    /// The public part of the token.
    pub public_id: String,
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// A name for people, unique among the environment's live keys.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; never when absent.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, written in batches (up to half a minute late).
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
