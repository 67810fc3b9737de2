//! `RSA-SHA1` (RFC 5849 §3.4.3, RFC 8017 §8.2).
//!
//! The library that signs everything else here does not sign with SHA-1 any more, and rightly so. The few vendors
//! that ask for it are served by the bare RSA operation, written out. It takes the same time whatever the key, and a
//! signature leaves only after the library has verified it.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RsaKeyPair, UnparsedPublicKey,
};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use vault::Secret;

use crate::jose;
use crate::message::RequestError;

/// The head of a SHA-1 digest in DER (RFC 8017 §9.2, note 1).
const SHA1_HEAD: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

/// The signature with a private key in PEM.
pub(super) fn sign(pem: &str, message: &[u8]) -> Result<Vec<u8>, RequestError> {
    let bad = || RequestError::Key { field: "the private key of the client" };
    let pair = jose::der(pem).as_deref().and_then(jose::rsa_pair).ok_or_else(bad)?;
    let signature =
        bare(&pair, &padded(message, pair.public_modulus_len()).ok_or_else(bad)?).ok_or_else(bad)?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, pair.public_key().as_ref())
        .verify(message, &signature)
        .map_err(|_| bad())?;
    Ok(signature)
}

/// The padded digest (RFC 8017 §9.2): as long as the modulus.
fn padded(message: &[u8], length: usize) -> Option<Vec<u8>> {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
    let filling = length.checked_sub(SHA1_HEAD.len() + digest.as_ref().len() + 3)?;
    let mut padded = vec![0, 1];
    padded.resize(2 + filling, 0xff);
    padded.push(0);
    padded.extend(SHA1_HEAD);
    padded.extend(digest.as_ref());
    Some(padded)
}

/// The bare operation (RFC 8017 §5.2.1).
fn bare(pair: &RsaKeyPair, padded: &[u8]) -> Option<Vec<u8>> {
    let key = Numbers::of(pair)?;
    let bits = u32::try_from(padded.len() * 8).ok()?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(without_sign(bytes), bits).ok();
    let modulus = Odd::new(number(&key.modulus)?).into_option()?;
    let exponent = Secret::new(Number(number(key.private_exponent.expose())?));
    let params = BoxedMontyParams::new(modulus);
    let signed = BoxedMontyForm::new(number(padded)?, &params).pow(&exponent.expose().0).retrieve();
    Some(signed.to_be_bytes().to_vec())
}

/// A number that is wiped.
struct Number(BoxedUint);

impl zeroize::Zeroize for Number {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

struct Numbers {
    modulus: Vec<u8>,
    private_exponent: Secret<Vec<u8>>,
}

impl Numbers {
    /// The numbers in a key, by way of its standard form: `PrivateKeyInfo` (RFC 5208 §5) around `RSAPrivateKey`
    /// (RFC 8017 §A.1.2).
    fn of(pair: &RsaKeyPair) -> Option<Self> {
        const INTEGER: u8 = 0x02;
        const OCTETS: u8 = 0x04;
        const SEQUENCE: u8 = 0x30;
        let document = AsDer::<Pkcs8V1Der<'_>>::as_der(pair).ok()?;
        let (info, _) = element(document.as_ref(), SEQUENCE)?;
        let (_version, info) = element(info, INTEGER)?;
        let (_algorithm, info) = element(info, SEQUENCE)?;
        let (key, _) = element(info, OCTETS)?;
        let (key, _) = element(key, SEQUENCE)?;
        let (_version, key) = element(key, INTEGER)?;
        let (modulus, key) = element(key, INTEGER)?;
        let (_public_exponent, key) = element(key, INTEGER)?;
        let (private_exponent, _) = element(key, INTEGER)?;
        Some(Self { modulus: modulus.to_vec(), private_exponent: Secret::new(private_exponent.to_vec()) })
    }
}

/// The content of a DER element with this tag, and what stands behind it (X.690 §8.1).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (
            bytes
                .iter()
                .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)))?,
            rest,
        )
    };
    rest.split_at_checked(length)
}

/// A DER integer begins with a zero when its first bit is set.
fn without_sign(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&[0]).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_signature_verifies_with_the_public_key() {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("a key");
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("it can be written");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            STANDARD.encode(der.as_ref())
        );
        let signature = sign(&pem, b"POST&https%3A%2F%2Fexample.com&a%3D1").expect("the key is good");
        let public =
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, pair.public_key().as_ref());
        assert!(public.verify(b"POST&https%3A%2F%2Fexample.com&a%3D1", &signature).is_ok());
        assert!(public.verify(b"POST&https%3A%2F%2Fexample.com&a%3D2", &signature).is_err());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(
            sign("s3cret", b"x").err(),
            Some(RequestError::Key { field: "the private key of the client" })
        );
    }
}
