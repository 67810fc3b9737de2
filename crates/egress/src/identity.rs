//! Who we are to servers that ask for a certificate (RFC 8705 §2).

use zeroize::Zeroizing;

/// A certificate with its private key. It is shown to the server and never printed.
#[derive(Clone)]
pub struct Identity(reqwest::Identity);

/// The texts are no certificate with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client certificate or its private key is not in PEM form, or the key does not fit")]
pub struct IdentityError;

impl Identity {
    /// A chain, the client's own certificate first, and the key of the first. Both are PEM.
    pub fn from_pem(chain: &str, private_key: &str) -> Result<Self, IdentityError> {
        // The cause may quote the text, so it goes no further.
        let pem = Zeroizing::new(format!("{private_key}\n{chain}"));
        reqwest::Identity::from_pem(pem.as_bytes()).map(Self).map_err(|_| IdentityError)
    }

    pub(crate) fn to_client(&self) -> reqwest::Identity {
        self.0.clone()
    }
}
