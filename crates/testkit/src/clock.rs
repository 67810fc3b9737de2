//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex, PoisonError};

use engine::ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// Starts at noon on 1 December 2026. Clones show the same time.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Timestamp>>);

impl Default for TestClock {
    fn default() -> Self {
        let start = Timestamp::from_second(1_796_126_400).expect("a time of this century is in range");
        Self(Arc::new(Mutex::new(start)))
    }
}

impl TestClock {
    /// Moves the clock, forward or back.
    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
