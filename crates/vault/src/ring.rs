//! The keys that are in use: one that seals, and older ones that only open.
//!
//! Rotation is: put the new key first, keep the old one, seal every value again, drop the old one. The ring does not
//! do this by itself; [`Sealed::key_id`] tells which values are left.

use crate::key::{Key, KeyId};
use crate::seal::{self, Context, OpenError, SALT, Sealed};
use crate::secret::Secret;

/// A set of master keys of which one, the current key, seals.
pub struct KeyRing {
    current: Key,
    others: Vec<Key>,
}

impl KeyRing {
    /// A ring that seals with `current` and opens with any of its keys.
    pub const fn new(current: Key, others: Vec<Key>) -> Self {
        Self { current, others }
    }

    /// The name of the key that seals.
    pub const fn current_id(&self) -> KeyId {
        self.current.id()
    }

    /// Seals `plaintext` for one place. `salt` is 24 bytes of fresh cryptographic chance; it must never be used twice.
    pub fn seal(&self, context: &Context<'_>, plaintext: &[u8], salt: [u8; SALT]) -> Sealed {
        seal::seal(&self.current, context, plaintext, &salt)
    }

    /// Opens a value at the place it was sealed for.
    pub fn open(&self, context: &Context<'_>, sealed: &Sealed) -> Result<Secret<Vec<u8>>, OpenError> {
        let id = sealed.key_id();
        let key = std::iter::once(&self.current).chain(&self.others).find(|key| key.id() == id);
        seal::open(key.ok_or(OpenError::UnknownKey(id))?, context, sealed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Context<'_> =
        Context { table: "credentials", column: "sealed", environment: [1; 16], row: [2; 16], version: 3 };

    fn old() -> Key {
        Key::new([1; 32])
    }

    fn new() -> Key {
        Key::new([2; 32])
    }

    #[test]
    fn a_value_of_an_older_key_still_opens() {
        let sealed = KeyRing::new(old(), Vec::new()).seal(&HERE, b"swordfish", [9; SALT]);
        let opened = KeyRing::new(new(), vec![old()]).open(&HERE, &sealed);
        assert!(opened.is_ok_and(|opened| opened.matches(b"swordfish")));
    }

    #[test]
    fn the_current_key_seals() {
        let ring = KeyRing::new(new(), vec![old()]);
        assert_eq!(ring.seal(&HERE, b"swordfish", [9; SALT]).key_id(), new().id());
        assert_eq!(ring.current_id(), new().id());
    }

    #[test]
    fn a_value_of_a_dropped_key_names_the_missing_key() {
        let sealed = KeyRing::new(old(), Vec::new()).seal(&HERE, b"swordfish", [9; SALT]);
        let error = KeyRing::new(new(), Vec::new()).open(&HERE, &sealed).err();
        assert_eq!(error, Some(OpenError::UnknownKey(old().id())));
    }

    #[test]
    fn a_value_renamed_to_another_key_of_the_ring_does_not_open() {
        let ring = KeyRing::new(new(), vec![old()]);
        let mut stored = ring.seal(&HERE, b"swordfish", [9; SALT]).as_bytes().to_vec();
        stored[1..9].copy_from_slice(old().id().as_bytes());
        let error = Sealed::from_bytes(stored).and_then(|sealed| ring.open(&HERE, &sealed)).err();
        assert_eq!(error, Some(OpenError::Integrity));
    }

    proptest! {
        #[test]
        fn no_flipped_bit_goes_unnoticed(bit in 0..58 * 8_usize) {
            let ring = KeyRing::new(new(), vec![old()]);
            let mut stored = ring.seal(&HERE, b"swordfish", [9; SALT]).as_bytes().to_vec();
            stored[bit / 8] ^= 1 << (bit % 8);
            let error = Sealed::from_bytes(stored).and_then(|sealed| ring.open(&HERE, &sealed)).err();
            match bit / 8 {
                0 => prop_assert_eq!(error, Some(OpenError::UnknownFormat)),
                1..=8 => prop_assert!(matches!(error, Some(OpenError::UnknownKey(_)))),
                _ => prop_assert_eq!(error, Some(OpenError::Integrity)),
            }
        }
    }
}
