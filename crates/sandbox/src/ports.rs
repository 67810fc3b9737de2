//! Time and chance. The sandbox plays a foreign server, so it asks the system itself, but nowhere else than here.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The system's clock, some time ahead.
#[derive(Default)]
pub(crate) struct Clock {
    ahead: Mutex<Duration>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a foreign server has its own clock")]
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

/// Whole seconds since 1970, as RFC 7662 §2.2 counts.
pub(crate) fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Milliseconds since 1970.
pub(crate) fn unix_millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// A new code or token: the prefix, its kind and 32 random bytes.
#[expect(clippy::disallowed_methods, reason = "a foreign server has its own chance")]
pub(crate) fn token(prefix: &str, kind: &str) -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the library aborts by itself when the system has no entropy");
    format!("{prefix}{kind}_{}", URL_SAFE_NO_PAD.encode(bytes))
}
