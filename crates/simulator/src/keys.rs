//! Keys that operators and end users would paste.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// RS256, PS256, SAML and apps.
    Rsa,
    /// ES256.
    P256,
    /// Ed25519 signatures in templates.
    Ed25519,
}

/// A new private key in PEM (PKCS #8).
pub(crate) fn private_key(of: KeyUse) -> String {
    let der: Vec<u8> = match of {
        KeyUse::P256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
            pair.expect("chance is at hand").to_pkcs8v1().expect("a new key can be written").as_ref().to_vec()
        }
        KeyUse::Ed25519 => {
            let pair = Ed25519KeyPair::generate().expect("chance is at hand");
            pair.to_pkcs8v1().expect("a new key can be written").as_ref().to_vec()
        }
        KeyUse::Rsa => {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("chance is at hand");
            let der: Pkcs8V1Der<'_> = pair.as_der().expect("a new key can be written");
            der.as_ref().to_vec()
        }
    };
    pem("PRIVATE KEY", &der)
}

/// A self-signed client certificate and its key, both PEM.
pub(crate) fn client_certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["client.sim.example.org".to_owned()])
        .expect("a plain certificate can be made");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// The bytes inside PEM (RFC 7468).
pub(crate) fn der_of(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body.trim()).ok()
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
