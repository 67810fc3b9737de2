//! One sealed value: its layout, what it is bound to, and how it is made and opened.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | format, always 1 |
//! | 8 | name of the master key |
//! | 24 | salt |
//! | n + 16 | AES-256-GCM ciphertext and tag (NIST SP 800-38D) |
//!
//! Key and nonce of a value are derived from the master key and its salt with HKDF-SHA256 (RFC 5869). A counter or a
//! stored nonce would repeat when a database snapshot is restored, and one repeated nonce breaks GCM. With 192 bits of
//! chance in the salt a repetition is out of reach, and no key sees more than one value.
//!
//! What is not here: the choice of the key ([`crate::KeyRing`]) and chance (the salt is an argument).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::{Zeroize, Zeroizing};

use crate::key::{Key, KeyId};
use crate::secret::Secret;

/// The place a sealed value belongs to. A value opens only at the place it was sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// Name of the table.
    pub table: &'a str,
    /// Name of the column.
    pub column: &'a str,
    /// Identifier of the environment the row belongs to.
    pub environment: [u8; 16],
    /// Identifier of the row.
    pub row: [u8; 16],
    /// Version of the value in its row, so that an older value cannot take the place of a newer one.
    pub version: u64,
}

/// A sealed value as it is stored. `Debug` prints its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Why a sealed value was not opened. None of these may be treated as an absent value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The bytes are too short or start with an unknown format byte: they were never sealed by this crate.
    #[error("the stored value is not in a known sealed format")]
    UnknownFormat,
    /// The value was sealed with a key that is not on the ring.
    #[error("the stored value is sealed with key {0}, which is not configured")]
    UnknownKey(KeyId),
    /// The value was changed, or moved here from another place: storage was damaged or tampered with.
    #[error("the integrity check of a stored value failed: it was changed or moved from another place")]
    Integrity,
}

impl Sealed {
    /// Takes stored bytes, and checks that they have the shape of a sealed value.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, OpenError> {
        if bytes.len() < HEADER + TAG || bytes[0] != FORMAT {
            return Err(OpenError::UnknownFormat);
        }
        Ok(Self(bytes))
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name of the key the value says it is sealed with; unproven until the value is opened.
    pub fn key_id(&self) -> KeyId {
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&self.0[1..=KeyId::LENGTH]);
        KeyId::from_bytes(id)
    }

    fn salt(&self) -> &[u8] {
        &self.0[HEADER - SALT..HEADER]
    }

    fn ciphertext(&self) -> &[u8] {
        &self.0[HEADER..]
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

pub(crate) fn seal(key: &Key, context: &Context<'_>, plaintext: &[u8], salt: &[u8; SALT]) -> Sealed {
    // The whole room is taken at once: a buffer that grows would leave plaintext behind in freed memory.
    let mut bytes = Vec::with_capacity(HEADER + plaintext.len() + TAG);
    bytes.push(FORMAT);
    bytes.extend_from_slice(key.id().as_bytes());
    bytes.extend_from_slice(salt);
    bytes.extend_from_slice(plaintext);
    let (aead, nonce) = derive(key, salt);
    let tag = aead
        .seal_in_place_separate_tag(nonce, associated_bytes(key.id(), context), &mut bytes[HEADER..])
        .expect("AES-256-GCM takes up to 64 GiB, and this plaintext fits in memory twice");
    bytes.extend_from_slice(tag.as_ref());
    Sealed(bytes)
}

pub(crate) fn open(key: &Key, context: &Context<'_>, sealed: &Sealed) -> Result<Secret<Vec<u8>>, OpenError> {
    let (aead, nonce) = derive(key, sealed.salt());
    let mut bytes = Zeroizing::new(sealed.ciphertext().to_vec());
    let length = aead
        .open_in_place(nonce, associated_bytes(key.id(), context), &mut bytes)
        .map_err(|_| OpenError::Integrity)?
        .len();
    bytes.truncate(length);
    Ok(Secret::new(std::mem::take(&mut *bytes)))
}

const FORMAT: u8 = 1;
pub(crate) const SALT: usize = 24;
const HEADER: usize = 1 + KeyId::LENGTH + SALT;
const TAG: usize = 16;
const NONCE: usize = 12;
const INFO: &[u8] = b"vault sealed value v1";

/// How much HKDF is asked for: the key of one value and its nonce.
struct KeyAndNonce;

impl hkdf::KeyType for KeyAndNonce {
    fn len(&self) -> usize {
        Key::LENGTH + NONCE
    }
}

fn derive(key: &Key, salt: &[u8]) -> (LessSafeKey, Nonce) {
    let mut derived = Zeroizing::new([0; Key::LENGTH + NONCE]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(key.bytes())
        .expand(&[INFO], KeyAndNonce)
        .and_then(|okm| okm.fill(&mut *derived))
        .expect("44 bytes are asked for and 44 are filled; HKDF-SHA256 gives up to 8160");
    let (key, rest) = derived.split_at(Key::LENGTH);
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(rest);
    let unbound =
        UnboundKey::new(&AES_256_GCM, key).expect("the slice is 32 bytes, the size of an AES-256 key");
    let nonce_for_this_value = Nonce::assume_unique_for_key(nonce);
    nonce.zeroize();
    (LessSafeKey::new(unbound), nonce_for_this_value)
}

/// Everything a value is bound to. Texts carry their length in front, so that no two places give the same bytes.
fn associated_bytes(key: KeyId, context: &Context<'_>) -> Aad<Vec<u8>> {
    let mut bytes = vec![FORMAT];
    bytes.extend_from_slice(key.as_bytes());
    for text in [context.table, context.column] {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(&context.environment);
    bytes.extend_from_slice(&context.row);
    bytes.extend_from_slice(&context.version.to_be_bytes());
    Aad::from(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Context<'_> =
        Context { table: "credentials", column: "sealed", environment: [1; 16], row: [2; 16], version: 3 };

    fn key() -> Key {
        Key::new([7; 32])
    }

    fn integrity_error(place: &Context<'_>, sealed: &Sealed) -> bool {
        matches!(open(&key(), place, sealed), Err(OpenError::Integrity))
    }

    #[test]
    fn the_sealed_form_stays_what_it_was() {
        // Computed once with another implementation of HKDF-SHA256 and AES-256-GCM. A change here means that values
        // sealed by earlier releases no longer open.
        let sealed = seal(&key(), &HERE, b"swordfish", &[9; SALT]);
        let hex = format!("{:02x?}", sealed.as_bytes()).replace(&['[', ']', ',', ' '][..], "");
        assert_eq!(
            hex,
            "01e7d76e0e61ae4652090909090909090909090909090909090909090909090909de975fef50d2c80135610d1255a90d70a8f8c0f7da63e8a934"
        );
    }

    #[test]
    fn an_empty_value_can_be_sealed() {
        let sealed = seal(&key(), &HERE, b"", &[9; SALT]);
        assert!(open(&key(), &HERE, &sealed).is_ok_and(|opened| opened.expose().is_empty()));
    }

    #[test]
    fn each_part_of_the_place_is_bound() {
        let sealed = seal(&key(), &HERE, b"swordfish", &[9; SALT]);
        let elsewhere = [
            Context { table: "credential", ..HERE },
            Context { column: "sealed2", ..HERE },
            Context { environment: [9; 16], ..HERE },
            Context { row: [9; 16], ..HERE },
            Context { version: 2, ..HERE },
        ];
        for place in &elsewhere {
            assert!(integrity_error(place, &sealed), "{place:?}");
        }
    }

    #[test]
    fn a_letter_cannot_move_from_column_to_table() {
        let sealed = seal(&key(), &Context { table: "ab", column: "c", ..HERE }, b"x", &[9; SALT]);
        assert!(integrity_error(&Context { table: "a", column: "bc", ..HERE }, &sealed));
    }

    #[test]
    fn plain_text_in_place_of_a_sealed_value_is_an_unknown_format() {
        let plain = br#"{"access_token":"a token long enough to pass for a sealed value"}"#;
        assert_eq!(Sealed::from_bytes(plain.to_vec()), Err(OpenError::UnknownFormat));
        assert_eq!(Sealed::from_bytes(Vec::new()), Err(OpenError::UnknownFormat));
    }

    #[test]
    fn debug_shows_the_length_only() {
        let sealed = seal(&key(), &HERE, b"swordfish", &[9; SALT]);
        assert_eq!(format!("{sealed:?}"), "Sealed(58 bytes)");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_at_its_place(
            plaintext: Vec<u8>, salt: [u8; SALT], master: [u8; 32], table: String, column: String,
            environment: [u8; 16], row: [u8; 16], version: u64,
        ) {
            let place = Context { table: &table, column: &column, environment, row, version };
            let key = Key::new(master);
            let stored = seal(&key, &place, &plaintext, &salt).as_bytes().to_vec();
            let opened = Sealed::from_bytes(stored).and_then(|sealed| open(&key, &place, &sealed));
            prop_assert!(opened.is_ok_and(|opened| opened.matches(&plaintext)));
        }

        #[test]
        fn a_changed_place_does_not_open(
            table in ".*", column in ".*", environment: [u8; 16], row: [u8; 16], version: u64, part in 0..5_u8,
        ) {
            let other = Context { table: &table, column: &column, environment, row, version };
            let place = match part {
                0 => Context { table: other.table, ..HERE },
                1 => Context { column: other.column, ..HERE },
                2 => Context { environment, ..HERE },
                3 => Context { row, ..HERE },
                _ => Context { version, ..HERE },
            };
            prop_assume!(place != HERE);
            prop_assert!(integrity_error(&place, &seal(&key(), &HERE, b"swordfish", &[9; SALT])));
        }

        #[test]
        fn a_shortened_value_does_not_open(kept in 0..58_usize) {
            let mut stored = seal(&key(), &HERE, b"swordfish", &[9; SALT]).as_bytes().to_vec();
            stored.truncate(kept);
            match Sealed::from_bytes(stored) {
                Ok(sealed) => prop_assert!(integrity_error(&HERE, &sealed)),
                Err(error) => prop_assert_eq!(error, OpenError::UnknownFormat),
            }
        }
    }
}
