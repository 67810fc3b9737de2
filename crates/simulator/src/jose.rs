//! Signed tokens (RFC 7515, RFC 7519), checked from their bytes.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::keys;

/// Header and claims of a token.
pub(crate) struct Opened {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

/// Opens a token that must be signed by this algorithm and the private key, or shared secret, at hand.
pub(crate) fn open(token: &str, algorithm: &str, key: &[u8]) -> Result<Opened, String> {
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        return Err("it has not three parts".to_owned());
    };
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|error| error.to_string())?;
    let opened = Opened { header: json_of(header)?, claims: json_of(claims)? };
    if opened.header["alg"] != algorithm {
        return Err(format!("its algorithm is {}, not {algorithm}", opened.header["alg"]));
    }
    check(algorithm, key, signed.as_bytes(), &signature)?;
    Ok(opened)
}

fn check(algorithm: &str, key: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), String> {
    let wrong = |_| format!("its {algorithm} signature is wrong");
    if algorithm == "HS256" {
        return hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), signed, signature).map_err(wrong);
    }
    let pem = std::str::from_utf8(key).map_err(|error| error.to_string())?;
    let der = keys::der_of(pem).ok_or("the key is no PEM")?;
    match algorithm {
        "ES256" => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
            let pair = pair.map_err(|error| error.to_string())?;
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
                .verify(signed, signature)
                .map_err(wrong)
        }
        "RS256" | "PS256" => {
            let pair = rsa::KeyPair::from_pkcs8(&der).map_err(|error| error.to_string())?;
            let public: PublicKeyX509Der<'_> =
                pair.public_key().as_der().map_err(|error| error.to_string())?;
            let parameters =
                if algorithm == "RS256" { &RSA_PKCS1_2048_8192_SHA256 } else { &RSA_PSS_2048_8192_SHA256 };
            UnparsedPublicKey::new(parameters, public.as_ref()).verify(signed, signature).map_err(wrong)
        }
        other => Err(format!("{other} is no algorithm of ours")),
    }
}

fn json_of(part: &str) -> Result<Value, String> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// A token of the provider's own, whose signature is nobody's business here.
pub(crate) fn unsigned(claims: &Value, unique: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "RS256", "kid": unique });
    format!("{}.{}.{}", part(&header), part(claims), URL_SAFE_NO_PAD.encode(unique))
}
