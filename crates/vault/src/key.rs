//! Master keys and their names.
//!
//! A key is named by a digest of itself, so an operator cannot attach the wrong name to it. Where keys come from
//! (files, environment, a key service) is not decided here.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::digest::sha256;
use crate::secret::Secret;

/// The name of a master key: the first eight bytes of a labelled SHA-256 of it, shown as lower-case hex.
///
/// It may be stored and logged. It tells nothing about the key but which one it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KeyId::LENGTH]);

/// A master key of 256 bits.
///
/// It holds a secret, so it has no `Debug`:
///
/// ```compile_fail,E0277
/// fn needs<T: std::fmt::Debug>() {}
/// needs::<vault::Key>();
/// ```
pub struct Key {
    id: KeyId,
    bytes: Secret<[u8; Key::LENGTH]>,
}

/// Why a text is not a master key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text holds something that is not base64 in the standard alphabet (RFC 4648 §4).
    #[error("the key is not valid base64")]
    NotBase64,
    /// The text decodes to another number of bytes than 32.
    #[error("the key must be 32 bytes in base64, but it has {found}; `openssl rand -base64 32` makes one")]
    WrongLength {
        /// How many bytes were found.
        found: usize,
    },
}

impl KeyId {
    pub(crate) const LENGTH: usize = 8;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The eight bytes of the name.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl Key {
    pub(crate) const LENGTH: usize = 32;

    /// A key of 32 bytes, which come from a source of cryptographic randomness.
    pub fn new(bytes: [u8; 32]) -> Self {
        let mut labelled = Zeroizing::new([0; LABEL.len() + Self::LENGTH]);
        labelled[..LABEL.len()].copy_from_slice(LABEL);
        labelled[LABEL.len()..].copy_from_slice(&bytes);
        let digest = sha256(&*labelled);
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&digest[..KeyId::LENGTH]);
        Self { id: KeyId(id), bytes: Secret::new(bytes) }
    }

    /// Reads a key from standard base64, with or without padding; white space around it (a file's last line end)
    /// is ignored.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let decoded = BASE64.decode(text.trim()).map_err(|_| KeyError::NotBase64).map(Zeroizing::new)?;
        let bytes: [u8; Self::LENGTH] =
            decoded.as_slice().try_into().map_err(|_| KeyError::WrongLength { found: decoded.len() })?;
        Ok(Self::new(bytes))
    }

    /// The name of this key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) const fn bytes(&self) -> &[u8; Self::LENGTH] {
        self.bytes.expose()
    }
}

/// Keeps the digest that names a key apart from every other digest of it.
const LABEL: &[u8] = b"vault key id v1\0";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_a_digest_of_itself() {
        // printf 'vault key id v1\0' followed by 32 bytes of 0x07, through sha256sum.
        assert_eq!(Key::new([7; 32]).id().to_string(), "e7d76e0e61ae4652");
        assert_ne!(Key::new([7; 32]).id(), Key::new([8; 32]).id());
    }

    #[test]
    fn a_key_is_read_with_and_without_padding_and_line_end() {
        let expected = Key::new([7; 32]).id();
        for text in [
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
            "  BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\r\n",
        ] {
            assert_eq!(Key::from_base64(text).map(|key| key.id()), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused_with_the_length_found() {
        let error = |text| Key::from_base64(text).err();
        assert_eq!(error(""), Some(KeyError::WrongLength { found: 0 }));
        assert_eq!(error("AAAAAAAAAAAAAAAAAAAAAA=="), Some(KeyError::WrongLength { found: 16 }));
    }

    #[test]
    fn a_text_that_is_not_base64_is_refused_without_repeating_it() {
        let error =
            Key::from_base64("correct horse battery staple").err().expect("the test wrote this input");
        assert_eq!(error, KeyError::NotBase64);
        assert!(!error.to_string().contains("horse"));
    }
}
