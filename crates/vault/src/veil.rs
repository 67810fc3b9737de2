//! Sealing for the life of a process: what is kept in memory only, to be shown again soon.
//!
//! A [`crate::KeyRing`] derives a key for each value, because its values outlive the process and may be restored from a
//! snapshot. What is veiled lives no longer than the key, which is made at start and never leaves the process. So the
//! key is set up once, and nonces are a count that cannot repeat (NIST SP 800-38D §8.2.1).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::{Zeroize, Zeroizing};

use crate::seal::OpenError;
use crate::secret::Secret;

/// Veils and unveils values of one process.
pub struct Veil {
    key: LessSafeKey,
    count: AtomicU64,
}

/// A veiled value. `Debug` prints its length only.
pub struct Veiled {
    count: u64,
    bytes: Vec<u8>,
}

impl Veil {
    /// A veil with 32 bytes of fresh cryptographic chance, which no other veil may have.
    ///
    /// # Panics
    ///
    /// Never: the bytes have the size of a key.
    pub fn new(mut key: [u8; 32]) -> Self {
        let unbound = UnboundKey::new(&AES_256_GCM, &key).expect("32 bytes are the size of an AES-256 key");
        key.zeroize();
        Self { key: LessSafeKey::new(unbound), count: AtomicU64::new(0) }
    }

    /// Veils a value for an owner, for instance the identifier of a row.
    ///
    /// # Panics
    ///
    /// Never: the limit of AES-256-GCM, 64 GiB, is beyond what fits in memory twice.
    pub fn veil(&self, owner: &[u8], plaintext: &[u8]) -> Veiled {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        // The whole room is taken at once: a buffer that grows would leave plaintext behind in freed memory.
        let mut bytes = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(plaintext);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(count), Aad::from(owner), &mut bytes)
            .expect("AES-256-GCM takes up to 64 GiB, and this plaintext fits in memory twice");
        bytes.extend_from_slice(tag.as_ref());
        Veiled { count, bytes }
    }

    /// Shows a value to its owner.
    pub fn unveil(&self, owner: &[u8], veiled: &Veiled) -> Result<Secret<Vec<u8>>, OpenError> {
        let mut bytes = Zeroizing::new(veiled.bytes.clone());
        let length = self
            .key
            .open_in_place(nonce(veiled.count), Aad::from(owner), &mut bytes)
            .map_err(|_| OpenError::Integrity)?
            .len();
        bytes.truncate(length);
        Ok(Secret::new(std::mem::take(&mut *bytes)))
    }
}

impl fmt::Debug for Veiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Veiled({} bytes)", self.bytes.len())
    }
}

fn nonce(count: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&count.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_value_is_veiled_differently_each_time() {
        let veil = Veil::new([7; 32]);
        let [first, second] = [(); 2].map(|()| veil.veil(b"row", b"swordfish"));
        assert_ne!(first.bytes, second.bytes);
    }

    #[test]
    fn a_veiled_value_holds_no_plaintext_and_shows_its_length_only() {
        let veiled = Veil::new([7; 32]).veil(b"row", b"swordfish");
        assert!(!veiled.bytes.windows(9).any(|window| window == b"swordfish"));
        assert_eq!(format!("{veiled:?}"), "Veiled(25 bytes)");
    }

    #[test]
    fn another_owner_another_veil_or_a_changed_byte_is_an_integrity_error() {
        let veil = Veil::new([7; 32]);
        let mut veiled = veil.veil(b"row", b"swordfish");
        assert!(matches!(veil.unveil(b"another row", &veiled), Err(OpenError::Integrity)));
        assert!(matches!(Veil::new([8; 32]).unveil(b"row", &veiled), Err(OpenError::Integrity)));
        veiled.bytes[0] ^= 1;
        assert!(matches!(veil.unveil(b"row", &veiled), Err(OpenError::Integrity)));
    }

    proptest! {
        #[test]
        fn what_is_veiled_is_shown_to_its_owner(key: [u8; 32], owner: Vec<u8>, plaintext: Vec<u8>) {
            let veil = Veil::new(key);
            let veiled = veil.veil(&owner, &plaintext);
            prop_assert!(veil.unveil(&owner, &veiled).is_ok_and(|shown| shown.matches(&plaintext)));
        }
    }
}
