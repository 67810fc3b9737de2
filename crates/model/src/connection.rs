//! A connection: an account connected through an integration, and how it fares.

use jiff::{SignedDuration, Timestamp};
use protocol::CredentialKind;
use serde_json::{Map, Value};
use vault::Sealed;

use crate::end_user::EndUser;
use crate::id::{ConnectionId, EnvironmentId, IntegrationId};
use crate::key::ConnectionKey;
use crate::tags::Tags;

/// A stored connection. Its credential is sealed, bound to the row and to `version`.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Row identifier.
    pub id: ConnectionId,
    /// The whole number that the wire calls `id`; unique in the store, below 2^53.
    pub number: i64,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// The integration it belongs to.
    pub integration: IntegrationId,
    /// Its name on the wire, unique in the integration.
    pub key: ConnectionKey,
    /// The person on whose behalf it was made.
    pub end_user: Option<EndUser>,
    /// Tags.
    pub tags: Tags,
    /// The app's own data.
    pub metadata: Option<Map<String, Value>>,
    /// Connection fields that are not secret, by their name on the wire.
    pub config: Map<String, Value>,
    /// Where webhooks about this connection go instead of the environment's URLs.
    pub webhook_url_override: Option<String>,
    /// The credential and the secret connection fields.
    pub credential: Sealed,
    /// The shape of the credential.
    pub kind: CredentialKind,
    /// Counts the writes of `credential`; part of what it is bound to. Never goes back.
    pub version: u64,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When the access token ends, where known.
    pub expires_at: Option<Timestamp>,
    /// Whether the credential can be refreshed without the user.
    pub refreshable: bool,
    /// How refreshing fares.
    pub refresh: RefreshHealth,
    /// Scopes that were asked for and not granted, when the connection was last authorized.
    pub missing_scopes: Vec<String>,
    /// Name of the connected account at the provider.
    pub account: Option<String>,
    /// How the look-ups after connecting fare.
    pub lookups: LookupHealth,
    /// When its credential was last handed out, written in batches (up to half a minute late).
    pub last_fetched_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The state of refreshing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefreshHealth {
    /// Failures since the last success.
    pub failures: u32,
    /// When the next attempt may be made; only forced reads come sooner.
    pub retry_at: Option<Timestamp>,
    /// The provider said that the grant is gone: only the user can mend it.
    pub needs_reauth: bool,
    /// Code of the last failure, from our own list.
    pub error_code: Option<String>,
    /// Names the last failure in answers and logs.
    pub error_log_id: Option<String>,
}

/// The state of the look-ups that fill connection fields after connecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupHealth {
    /// Failures since the connection was authorized.
    pub failures: u32,
    /// When they are tried again; absent when there is nothing to do, or no use.
    pub retry_at: Option<Timestamp>,
    /// What failed last, in words fit to be shown; absent when nothing is open.
    pub error: Option<String>,
}

impl LookupHealth {
    /// Waits after the n-th failure; after the last one the look-ups are left alone until the connection is authorized
    /// again. Two days in all: longer outages of one call are rare, and a refused call stays refused.
    pub const WAITS: [SignedDuration; 7] = [
        SignedDuration::from_mins(1),
        SignedDuration::from_mins(5),
        SignedDuration::from_mins(30),
        SignedDuration::from_hours(2),
        SignedDuration::from_hours(6),
        SignedDuration::from_hours(12),
        SignedDuration::from_hours(24),
    ];

    /// The state before the look-ups have run.
    pub fn pending(at: Timestamp) -> Self {
        Self { retry_at: Some(at), ..Self::default() }
    }

    /// Whether something is open that nobody tries any more.
    pub const fn is_given_up(&self) -> bool {
        self.error.is_some() && self.retry_at.is_none()
    }

    /// The state after one more failure.
    #[must_use]
    pub fn failed(&self, now: Timestamp, error: String) -> Self {
        let wait = Self::WAITS.get(self.failures as usize);
        let retry_at = wait.and_then(|wait| now.checked_add(*wait).ok());
        Self { failures: self.failures.saturating_add(1), retry_at, error: Some(error) }
    }
}

impl RefreshHealth {
    /// Waits after the n-th failure in a row: 30 s, doubled each time, at most 15 minutes.
    const FIRST_WAIT_S: u64 = 30;
    const LONGEST_WAIT_S: u64 = 15 * 60;
    /// A provider's `Retry-After` is believed up to an hour.
    const LONGEST_RETRY_AFTER_S: u64 = 60 * 60;

    /// The state after one more failure.
    #[must_use]
    pub fn failed(&self, now: Timestamp, failure: RefreshFailure) -> Self {
        let failures = self.failures.saturating_add(1);
        let doubled = Self::FIRST_WAIT_S << (failures - 1).min(5);
        let wait = failure
            .retry_after_s
            .map_or(0, |seconds| seconds.min(Self::LONGEST_RETRY_AFTER_S))
            .max(doubled.min(Self::LONGEST_WAIT_S));
        let retry_at =
            now.checked_add(SignedDuration::from_secs(wait.cast_signed())).unwrap_or(Timestamp::MAX);
        Self {
            failures,
            retry_at: Some(retry_at),
            needs_reauth: self.needs_reauth || failure.grant_gone,
            error_code: Some(failure.code),
            error_log_id: Some(failure.log_id),
        }
    }

    /// Whether an unforced attempt may be made now.
    pub fn may_try(&self, now: Timestamp) -> bool {
        !self.needs_reauth && self.retry_at.is_none_or(|at| at <= now)
    }
}

/// What is known of a failed refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFailure {
    /// From our own list of codes.
    pub code: String,
    /// Names the failure in answers and logs.
    pub log_id: String,
    /// The grant is gone (`invalid_grant`).
    pub grant_gone: bool,
    /// Seconds the provider asked us to wait.
    pub retry_after_s: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(retry_after_s: Option<u64>, grant_gone: bool) -> RefreshFailure {
        RefreshFailure {
            code: "provider_unavailable".to_owned(),
            log_id: "1".to_owned(),
            grant_gone,
            retry_after_s,
        }
    }

    #[test]
    fn waits_double_and_stop_at_fifteen_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let mut health = RefreshHealth::default();
        let mut waits = Vec::new();
        for _ in 0..8 {
            health = health.failed(now, failure(None, false));
            waits.push(health.retry_at.expect("set by a failure").as_second());
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn a_provider_that_asks_for_time_gets_it_up_to_an_hour() {
        let now = Timestamp::UNIX_EPOCH;
        let asked = |seconds| {
            RefreshHealth::default()
                .failed(now, failure(Some(seconds), false))
                .retry_at
                .map(Timestamp::as_second)
        };
        assert_eq!(asked(90), Some(90));
        assert_eq!(asked(1), Some(30));
        assert_eq!(asked(315_360_000), Some(3600));
    }

    #[test]
    fn look_ups_are_left_alone_after_two_days() {
        let now = Timestamp::UNIX_EPOCH;
        let mut health = LookupHealth::pending(now);
        let mut waits = Vec::new();
        for _ in 0..9 {
            health = health.failed(now, "no answer".to_owned());
            waits.push(health.retry_at.map(|at| at.as_second() / 60));
        }
        let minutes = [1, 5, 30, 120, 360, 720, 1440].map(Some);
        assert_eq!(waits[..7], minutes);
        assert_eq!(waits[7..], [None, None]);
        assert_eq!(health.error.as_deref(), Some("no answer"));
    }

    #[test]
    fn a_gone_grant_is_not_tried_again() {
        let health = RefreshHealth::default().failed(Timestamp::UNIX_EPOCH, failure(None, true));
        assert!(!health.may_try(Timestamp::MAX));
    }
}
