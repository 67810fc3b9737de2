//! API keys looked up a moment ago, so that a busy caller does not cost a store look-up a request.
//!
//! A key revoked by this process is forgotten at once; one revoked by another (the command line, another node) works
//! for at most [`TRUST`] longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::token::TokenHash;
use model::{ApiKey, Environment};

/// How long a look-up is believed.
pub(crate) const TRUST: SignedDuration = SignedDuration::from_secs(1);
/// More keys than this are not remembered: the table is emptied and fills again.
const MOST_KEYS: usize = 10_000;

/// A key with its environment.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) key: ApiKey,
    pub(crate) environment: Environment,
}

/// The table, by the hash of the whole key: who finds one here has presented it.
#[derive(Debug, Default)]
pub(crate) struct KeysSeen(Mutex<HashMap<TokenHash, (Arc<Known>, Timestamp)>>);

impl KeysSeen {
    pub(crate) fn find(&self, presented: &TokenHash, now: Timestamp) -> Option<Arc<Known>> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, seen_at) = table.get(presented)?;
        (now.duration_since(*seen_at).abs() < TRUST).then(|| Arc::clone(known))
    }

    pub(crate) fn keep(&self, presented: TokenHash, known: Arc<Known>, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST_KEYS {
            table.clear();
        }
        table.insert(presented, (known, now));
    }

    pub(crate) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
