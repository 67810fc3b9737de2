//! Time and chance come in here and nowhere else, so that tests decide both.

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
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) chance: Box<dyn Chance>,
}

impl Ports {
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
        model::id::uuid_v7(ms, self.random())
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
