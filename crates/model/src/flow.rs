//! An authorization on its way: from the redirect to the provider until the provider's answer.

use jiff::Timestamp;
use uuid::Uuid;
use vault::Sealed;

use crate::id::{EnvironmentId, IntegrationId, SessionId};
use crate::token::TokenHash;

/// How long an end user may take at the provider.
pub const LIFETIME: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// Flows that a session may have, those that have ended among them: more than anybody begins by hand, and few enough that
/// a link in wrong hands fills no disk. A new one takes the place of the oldest.
pub const MOST_OF_A_SESSION: u32 = 32;

/// A stored authorization flow. The state itself is not stored, only its hash.
#[derive(Debug, Clone)]
pub struct PendingFlow {
    /// What the sealed part is bound to.
    pub id: Uuid,
    /// SHA-256 of the OAuth `state`.
    pub state_hash: TokenHash,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// The integration it goes through.
    pub integration: IntegrationId,
    /// The connect session it was started from.
    pub session: SessionId,
    /// SHA-256 of the cookie that the same browser must bring back.
    pub browser_hash: TokenHash,
    /// Frozen endpoints, PKCE verifier and connection fields.
    pub sealed: Sealed,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
}
