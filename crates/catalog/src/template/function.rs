//! Functions in templates: encodings, digests, signatures and cuts of filled templates.
//!
//! All but one are worked out here. `aws_sigv4` signs the whole request at a point in time, so whoever has these
//! works it out.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{digest, encoding::AsDer, hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Template, Unfilled, Values};

/// A function and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Which function.
    pub name: FunctionName,
    /// What it is applied to, once filled. There are as many as [`FunctionName`] says.
    pub arguments: Vec<Template>,
}

/// The functions. T is a template, and so are the others; only the last may hold a vertical bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionName {
    /// `{base64:T}`: T in base64 with padding (RFC 4648 §4).
    Base64,
    /// `{sha256_hex:T}`: its SHA-256 in lower-case hex.
    Sha256Hex,
    /// `{sha256_base64:T}`: its SHA-256 in base64.
    Sha256Base64,
    /// `{hmac_sha1_hex:KEY|T}`: its HMAC-SHA1 under KEY in lower-case hex.
    HmacSha1Hex,
    /// `{ed25519_base64:KEY|T}`: its Ed25519 signature with a private key in PEM, in base64.
    Ed25519Base64,
    /// `{spki_sha256:KEY}`: `SHA256:` and the base64 SHA-256 of the public key (DER) of a private RSA key in PEM.
    SpkiSha256,
    /// `{aws_sigv4:ID|SECRET|REGION|SERVICE|HOST}`: the value of `authorization` over host, `x-amz-date` and
    /// `content-type`. HOST is `SERVICE.amazonaws.com` when it is not given.
    AwsSigv4,
    /// `{https:T}`: `https://` and T, for inputs that name a server with a path and without a scheme.
    Https,
    /// `{upper:T}`: T in upper case.
    Upper,
    /// `{before:MARK|T}`: what stands before the first MARK in T.
    Before,
    /// `{after:MARK|T}`: what stands behind the first MARK in T.
    After,
    /// `{after_last:MARK|T}`: what stands behind the last MARK in T.
    AfterLast,
    /// `{replace:OLD|NEW|T}`: T with every OLD replaced by NEW.
    Replace,
}

impl FunctionName {
    pub(super) const ALL: [Self; 13] = [
        Self::Base64,
        Self::Sha256Hex,
        Self::Sha256Base64,
        Self::HmacSha1Hex,
        Self::Ed25519Base64,
        Self::SpkiSha256,
        Self::AwsSigv4,
        Self::Https,
        Self::Upper,
        Self::Before,
        Self::After,
        Self::AfterLast,
        Self::Replace,
    ];

    pub(super) fn text(self) -> &'static str {
        self.usage().split(':').next().unwrap_or_default()
    }

    pub(super) const fn usage(self) -> &'static str {
        match self {
            Self::Base64 => "base64:T",
            Self::Sha256Hex => "sha256_hex:T",
            Self::Sha256Base64 => "sha256_base64:T",
            Self::HmacSha1Hex => "hmac_sha1_hex:KEY|T",
            Self::Ed25519Base64 => "ed25519_base64:KEY|T",
            Self::SpkiSha256 => "spki_sha256:KEY",
            Self::AwsSigv4 => "aws_sigv4:ID|SECRET|REGION|SERVICE|HOST",
            Self::Https => "https:T",
            Self::Upper => "upper:T",
            Self::Before => "before:MARK|T",
            Self::After => "after:MARK|T",
            Self::AfterLast => "after_last:MARK|T",
            Self::Replace => "replace:OLD|NEW|T",
        }
    }

    /// The fewest and the most arguments.
    pub(super) fn arguments(self) -> (usize, usize) {
        let most = self.usage().matches('|').count() + 1;
        if self == Self::AwsSigv4 { (most - 1, most) } else { (most, most) }
    }
}

impl Function {
    /// The value. One that cannot be worked out, such as a signature with what is no key, is missing.
    pub(super) fn evaluate(&self, values: &dyn Values) -> Result<String, Unfilled> {
        let arguments: Vec<String> =
            self.arguments.iter().map(|argument| argument.fill(values)).collect::<Result<_, _>>()?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let value = match (self.name, arguments.as_slice()) {
            (FunctionName::Base64, [text]) => Some(BASE64.encode(text)),
            (FunctionName::Sha256Hex, [text]) => Some(hex::encode(sha256(text.as_bytes()))),
            (FunctionName::Sha256Base64, [text]) => Some(BASE64.encode(sha256(text.as_bytes()))),
            (FunctionName::HmacSha1Hex, [key, text]) => Some(hex::encode(hmac_sha1(key, text))),
            (FunctionName::Ed25519Base64, [key, text]) => ed25519(key, text).map(|sign| BASE64.encode(sign)),
            (FunctionName::SpkiSha256, [key]) => spki_sha256(key),
            (FunctionName::Https, [text]) => Some(format!("https://{text}")),
            (FunctionName::Upper, [text]) => Some(text.to_uppercase()),
            (FunctionName::Before, [mark, text]) => {
                text.split_once(mark).map(|(before, _)| before.to_owned())
            }
            (FunctionName::After, [mark, text]) => text.split_once(mark).map(|(_, after)| after.to_owned()),
            (FunctionName::AfterLast, [mark, text]) => {
                text.rsplit_once(mark).map(|(_, after)| after.to_owned())
            }
            (FunctionName::Replace, [old, new, text]) => Some(text.replace(old, new)),
            _ => None,
        };
        value.filter(|value| !value.is_empty()).ok_or_else(|| Unfilled { placeholder: self.to_string() })
    }
}

fn sha256(bytes: &[u8]) -> impl AsRef<[u8]> {
    digest::digest(&digest::SHA256, bytes)
}

fn hmac_sha1(key: &str, text: &str) -> impl AsRef<[u8]> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    hmac::sign(&key, text.as_bytes())
}

fn ed25519(key: &str, text: &str) -> Option<Vec<u8>> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(key)?).ok()?;
    Some(pair.sign(text.as_bytes()).as_ref().to_vec())
}

fn spki_sha256(key: &str) -> Option<String> {
    let der = der(key)?;
    let pair = rsa::KeyPair::from_pkcs8(&der).or_else(|_| rsa::KeyPair::from_der(&der)).ok()?;
    let public = pair.public_key().as_der().ok()?;
    Some(format!("SHA256:{}", BASE64.encode(sha256(public.as_ref()))))
}

/// The bytes inside a PEM text (RFC 7468). Keys are pasted through forms, so line ends may be gone or written `\n`.
fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, behind) = pem.split_once("-----BEGIN ")?;
    let (_, body) = behind.split_once("-----")?;
    let (body, _) = body.split_once("-----END ")?;
    let body: String = body.replace("\\n", "").split_whitespace().collect();
    BASE64.decode(body).ok()
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<&str> = self.arguments.iter().map(Template::source).collect();
        write!(f, "{{{}:{}}}", self.name.text(), arguments.join("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Placeholder;
    use super::*;

    struct Keys(String);

    impl Values for Keys {
        fn value(&self, placeholder: &Placeholder) -> Option<String> {
            match placeholder.to_string().as_str() {
                "{credential.key}" => Some(self.0.clone()),
                "{credential.pair}" => Some("id:secret:x".to_owned()),
                _ => None,
            }
        }
    }

    fn filled(source: &str, key: &str) -> Option<String> {
        Template::parse(source).expect("the test template is well formed").fill(&Keys(key.to_owned())).ok()
    }

    #[test]
    fn digests_match_published_vectors() {
        for (source, expected) in [
            ("{sha256_hex:abc}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("{sha256_base64:abc}", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
            // RFC 2202 §3, test case 2.
            ("{hmac_sha1_hex:Jefe|what do ya want for nothing?}", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ] {
            assert_eq!(filled(source, "").as_deref(), Some(expected), "{source}");
        }
    }

    #[test]
    fn texts_are_cut_at_marks() {
        for (source, expected) in [
            ("{before::|{credential.pair}}", Some("id")),
            ("{after::|{credential.pair}}", Some("secret:x")),
            ("{after_last:/|https://a/b/c}", Some("c")),
            ("{after:?|abc}", None),
            ("{replace:-|_|a-b}", Some("a_b")),
            ("{upper:{replace:-|_|tst-sb1}}", Some("TST_SB1")),
        ] {
            assert_eq!(filled(source, "").as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn the_last_argument_may_hold_bars() {
        assert_eq!(filled("{after:=|a=b|c}", "").as_deref(), Some("b|c"));
    }

    #[test]
    fn an_ed25519_signature_verifies_with_the_public_key() {
        let document = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).expect("a key");
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("just made");
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", BASE64.encode(document));
        let sign = filled("{ed25519_base64:{credential.key}|text}", &pem).expect("the key is good");
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ED25519,
            pair.public_key().as_ref(),
        );
        assert!(public.verify(b"text", &BASE64.decode(sign).expect("base64")).is_ok());
        assert_eq!(filled("{ed25519_base64:{credential.key}|text}", "no key"), None);
    }

    #[test]
    fn the_fingerprint_is_that_of_the_public_key() {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
        let private = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).expect("it can be written");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----",
            BASE64.encode(private.as_ref())
        );
        let public =
            AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).expect("der");
        let expected = format!("SHA256:{}", BASE64.encode(sha256(public.as_ref())));
        assert_eq!(filled("{spki_sha256:{credential.key}}", &pem), Some(expected));
    }
}
