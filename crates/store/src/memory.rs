//! Connections read lately, so that the hot path need not ask the database again.
//!
//! Only for a process that is the only one to write connections ([`crate::Store::remembering`]): then forgetting what a
//! transaction of this process touched is enough. What is remembered is what the database holds; credentials stay
//! sealed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use model::{ConnectionId, ConnectionKey, EnvironmentId, IntegrationKey};

use crate::connections::Found;

/// Half of the connections that are remembered at most; one takes two kilobytes and what is kept with it.
const GENERATION: usize = 16_384;

/// How much is forgotten while readers wait.
const FORGOTTEN_AT_ONCE: usize = 64;

/// How a connection is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) environment: EnvironmentId,
    pub(crate) integration: IntegrationKey,
    pub(crate) key: ConnectionKey,
}

/// What a transaction wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touched {
    /// One connection.
    Connection(ConnectionId),
    /// When a connection was last handed out; what is remembered is brought up to date instead of forgotten, because
    /// this is written all the time.
    Fetched(ConnectionId, Timestamp),
    /// Any number of them, e.g. with their integration.
    Everything,
}

/// A moment; what was read before a write may not be remembered after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

/// The memory. Two generations instead of a list in order of use: when the young one is full it becomes the old one,
/// and what nobody asked for since is forgotten.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Name, Found>,
    old: HashMap<Name, Found>,
    names: HashMap<ConnectionId, Name>,
    writes: u64,
}

impl Memory {
    /// What is remembered under a name, and the moment of asking.
    pub(crate) fn find(&self, name: &Name) -> Result<Found, Moment> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = generations.young.get(name) {
            return Ok(found.clone());
        }
        let Some(found) = generations.old.remove(name) else { return Err(Moment(generations.writes)) };
        generations.grow(name.clone(), found.clone());
        Ok(found)
    }

    /// Remembers what was read, unless something was written since.
    pub(crate) fn keep(&self, name: Name, found: &Found, asked: Moment) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.writes == asked.0 {
            generations.names.insert(found.connection.id, name.clone());
            generations.grow(name, found.clone());
        }
    }

    /// Forgets what a transaction touched.
    pub(crate) fn forget(&self, touched: &[Touched]) {
        if touched.is_empty() {
            return;
        }
        // The write is counted first, so that nothing that was read before it is remembered in between.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).writes += 1;
        // Readers get their turn in between: a transaction may have touched every connection there is.
        for some in touched.chunks(FORGOTTEN_AT_ONCE) {
            let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for touched in some {
                generations.forget(*touched);
            }
        }
    }
}

impl Generations {
    fn forget(&mut self, touched: Touched) {
        match touched {
            Touched::Connection(id) => self.drop_one(id),
            Touched::Fetched(id, at) => self.fetched(id, at),
            Touched::Everything => *self = Self { writes: self.writes, ..Self::default() },
        }
    }

    fn grow(&mut self, name: Name, found: Found) {
        if self.young.len() >= GENERATION {
            for gone in std::mem::take(&mut self.old).into_values() {
                self.names.remove(&gone.connection.id);
            }
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, found);
    }

    fn fetched(&mut self, id: ConnectionId, at: Timestamp) {
        let Some(name) = self.names.get(&id) else { return };
        let found = self.young.get_mut(name).or_else(|| self.old.get_mut(name));
        if let Some(found) = found {
            let latest = &mut Arc::make_mut(&mut found.connection).last_fetched_at;
            *latest = (*latest).max(Some(at));
            found.kept = Some(Arc::default());
        }
    }

    fn drop_one(&mut self, id: ConnectionId) {
        if let Some(name) = self.names.remove(&id) {
            self.young.remove(&name);
            self.old.remove(&name);
        }
    }
}
