//! What the endpoints share: the options, the clock and one lock around everything that changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::faults::{Endpoint, Fault, Faults};
use crate::ledger::{Ledger, Terms};
use crate::options::SandboxOptions;
use crate::ports::Clock;
use crate::requests::RequestLog;

pub(crate) struct Shared {
    /// Base URL and issuer identifier, without a slash at the end.
    pub(crate) url: String,
    pub(crate) options: SandboxOptions,
    pub(crate) clock: Clock,
    memory: Mutex<Memory>,
}

/// Everything that is forgotten at the end.
pub(crate) struct Memory {
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) requests: RequestLog,
}

impl Shared {
    pub(crate) fn new(url: String, options: SandboxOptions) -> Self {
        let mut ledger = Ledger::default();
        for client in &options.clients {
            ledger.register(client.clone());
        }
        let memory = Memory { ledger, faults: Faults::default(), requests: RequestLog::default() };
        Self { url, options, clock: Clock::default(), memory: Mutex::new(memory) }
    }

    /// One lock for all, so that two requests with one refresh token are told apart. Never held over an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The terms of an issue that happens now.
    pub(crate) fn terms(&self, with_refresh_token: bool) -> Terms<'_> {
        Terms { now: self.clock.now(), options: &self.options, with_refresh_token }
    }

    /// Switches a fault on, or does it at once where it is an event and not a state.
    pub(crate) fn switch_on(&self, endpoint: Endpoint, fault: Fault, times: Option<u32>) {
        let now = self.clock.now();
        let mut memory = self.lock();
        if fault == Fault::ExpireNow {
            memory.ledger.expire_access_tokens(now);
        } else if fault == Fault::RevokeAll {
            memory.ledger.end_all_grants();
        } else {
            memory.faults.switch_on(endpoint, fault, times);
        }
    }
}
