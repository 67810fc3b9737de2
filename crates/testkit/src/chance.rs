//! Chance that is the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use engine::ports::Chance;

/// SHA-256 over a counter.
#[derive(Default)]
pub struct SeededChance(AtomicU64);

impl SeededChance {
    /// Chance of another node: no value comes twice before the first node has used 2^32.
    pub fn of_node(number: u32) -> Self {
        Self(AtomicU64::new(u64::from(number) << 32))
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let block = vault::sha256(&count.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
