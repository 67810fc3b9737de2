//! Time and chance come in here and nowhere else, so that tests decide both.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use jiff::Timestamp;
use uuid::Uuid;

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// Random bytes fit for keys.
pub trait Chance: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The machine's source of random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for chance")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes).expect("without random bytes nothing here is safe, so the process must not go on");
    }
}

/// What is made from the two ports.
pub(crate) struct Ports {
    clock: Box<dyn Clock>,
    chance: Box<dyn Chance>,
    for_row_ids: Mutex<Drawn>,
}

/// Chance drawn ahead, because each draw has a price and every read of a credential takes a row identifier. Only for
/// identifiers, which are no secrets.
struct Drawn {
    bytes: [u8; 64 * ROW_ID_CHANCE],
    used: usize,
}

/// Random bytes of a row identifier.
const ROW_ID_CHANCE: usize = 10;

impl Ports {
    pub(crate) fn new(clock: Box<dyn Clock>, chance: Box<dyn Chance>) -> Self {
        let bytes = [0; 64 * ROW_ID_CHANCE];
        Self { clock, chance, for_row_ids: Mutex::new(Drawn { used: bytes.len(), bytes }) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// A row identifier: time-ordered, so that indexes grow at one end.
    pub(crate) fn row_id(&self) -> Uuid {
        let ms = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        let mut drawn = self.for_row_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.used == drawn.bytes.len() {
            self.chance.fill(&mut drawn.bytes);
            drawn.used = 0;
        }
        let mut random = [0; ROW_ID_CHANCE];
        random.copy_from_slice(&drawn.bytes[drawn.used..][..ROW_ID_CHANCE]);
        drawn.used += ROW_ID_CHANCE;
        model::id::uuid_v7(ms, random)
    }

    /// A connection's name when the app gives none: UUID v4, as published clients expect.
    pub(crate) fn connection_key(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random()).into_uuid()
    }

    /// A whole number below 2^53 for the wire's `id`: 41 bits of milliseconds since 2024 and 12 random bits. A
    /// collision within a millisecond is caught by the unique index and tried again.
    pub(crate) fn number(&self) -> i64 {
        const EPOCH_2024_MS: i64 = 1_704_067_200_000;
        let [high, low] = self.random();
        let chance = (i64::from(high) << 8 | i64::from(low)) & 0xFFF;
        ((self.now().as_millisecond() - EPOCH_2024_MS).max(0) << 12) | chance
    }

    /// Names a failure in answers and logs.
    pub(crate) fn log_id(&self) -> String {
        format!("{}_{}", self.now().as_millisecond(), hex::encode(self.random::<6>()))
    }
}
