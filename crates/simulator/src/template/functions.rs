//! The functions of the placeholder language, each from its line in `docs/catalog.md`.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Values;
use crate::keys;

/// Names and the most arguments.
pub(super) const ALL: [(&str, usize); 13] = [
    ("base64", 1),
    ("sha256_hex", 1),
    ("sha256_base64", 1),
    ("hmac_sha1_hex", 2),
    ("ed25519_base64", 2),
    ("spki_sha256", 1),
    ("aws_sigv4", 5),
    ("https", 1),
    ("upper", 1),
    ("before", 2),
    ("after", 2),
    ("after_last", 2),
    ("replace", 3),
];

/// Between the arguments of the one function that needs the whole request and is asked for as a value.
pub(crate) const UNIT: char = '\u{1f}';

pub(super) fn apply(name: &str, arguments: &[String], values: &Values<'_>) -> Option<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (name, arguments.as_slice()) {
        ("base64", [text]) => Some(STANDARD.encode(text)),
        ("sha256_hex", [text]) => Some(hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))),
        ("sha256_base64", [text]) => Some(STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))),
        ("hmac_sha1_hex", [key, text]) => {
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
            Some(hex::encode(hmac::sign(&key, text.as_bytes())))
        }
        ("ed25519_base64", [key, text]) => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&keys::der_of(key)?).ok()?;
            Some(STANDARD.encode(pair.sign(text.as_bytes())))
        }
        ("spki_sha256", [key]) => {
            let pair = rsa::KeyPair::from_pkcs8(&keys::der_of(key)?).ok()?;
            let public = pair.public_key().as_der().ok()?;
            Some(format!("SHA256:{}", STANDARD.encode(digest::digest(&digest::SHA256, public.as_ref()))))
        }
        ("aws_sigv4", parts) => values(&format!("aws_sigv4{UNIT}{}", parts.join(&UNIT.to_string()))),
        ("https", [text]) => Some(format!("https://{text}")),
        ("upper", [text]) => Some(text.to_uppercase()),
        ("before", [mark, text]) => Some(text.split_once(mark)?.0.to_owned()),
        ("after", [mark, text]) => Some(text.split_once(mark)?.1.to_owned()),
        ("after_last", [mark, text]) => Some(text.rsplit_once(mark)?.1.to_owned()),
        ("replace", [old, new, text]) => Some(text.replace(old, new)),
        _ => None,
    }
}
