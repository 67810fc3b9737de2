//! Keys that are made for one test, and checks of what they signed.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use protocol::{Fields, Occasion};
use serde_json::Value;

use crate::given;

/// A key pair: the private half as people have it, the public half as it verifies.
pub(crate) struct Key {
    pub(crate) pem: String,
    public: Vec<u8>,
}

impl Key {
    pub(crate) fn rsa() -> Self {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        Self { pem: pem(der.as_ref()), public: pair.public_key().as_ref().to_vec() }
    }

    pub(crate) fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        Self { pem: pem(der.as_ref()), public: pair.public_key().as_ref().to_vec() }
    }

    pub(crate) fn verifies(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(algorithm, &self.public).verify(message, signature).is_ok()
    }

    /// The header and the claims of a token that this key signed.
    pub(crate) fn opened(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        token: &str,
    ) -> (Value, Value) {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(self.verifies(algorithm, signed.as_bytes(), &signature), "the signature is this key's");
        read(signed)
    }

    pub(crate) fn opened_ec(&self, token: &str) -> (Value, Value) {
        self.opened(&ECDSA_P256_SHA256_FIXED, token)
    }
}

/// Header and claims, unchecked.
pub(crate) fn read(token: &str) -> (Value, Value) {
    let mut parts = token
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap_or_default()));
    (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap())
}

/// Fields of a connection with an entered credential, at the time and with the chance of the tests.
pub(crate) fn entered(credential: &[(&str, &str)]) -> Fields {
    Fields {
        credential: given::texts(credential).into_iter().map(|(name, text)| (name, text.into())).collect(),
        occasion: Some(occasion()),
        ..Fields::default()
    }
}

/// The time of the tests, with a chance that can be told in a snapshot.
pub(crate) fn occasion() -> Occasion {
    Occasion { now: given::now(), random: *b"0123456789abcdef" }
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}
