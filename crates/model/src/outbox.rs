//! Events on their way to an app's webhook.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::id::{EnvironmentId, OutboxId};

/// A stored event for one URL. Events with the same `stream` and URL are delivered one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Row identifier; the same in every attempt (`webhook-id`).
    pub id: OutboxId,
    /// The environment whose signing key signs it.
    pub environment: EnvironmentId,
    /// What it is about (the connection's row, or the flow for events without one): order is kept within it.
    pub stream: Uuid,
    /// Where it goes.
    pub url: String,
    /// The exact bytes to sign and send.
    pub body: String,
    /// Attempts made.
    pub attempts: u32,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Waits after each failed attempt. After the last one the event is given up: about three days in all.
pub const WAITS: [SignedDuration; 12] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(3),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(18),
    SignedDuration::from_hours(20),
];

/// The wait after this many failed attempts; `None` when it is time to give up.
pub fn wait_after(attempts: u32) -> Option<SignedDuration> {
    WAITS.get(attempts.checked_sub(1)? as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_is_tried_for_three_days_and_then_given_up() {
        let total: i64 = WAITS.iter().map(SignedDuration::as_hours).sum();
        assert_eq!(total, 72);
        assert_eq!(wait_after(1), Some(SignedDuration::from_secs(5)));
        assert_eq!(wait_after(13), None);
        assert!(WAITS.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
