//! Signed tokens in compact form (RFC 7515 §3.1, RFC 7518 §3): the only place that reads signing keys.
//!
//! The signature of `ES256` and `PS256` takes its chance inside the library, so that no caller can repeat it, which
//! would give the key away. Everything else in a token comes from the caller.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use catalog::provider::JwtAlgorithm;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vault::Secret;

/// A key that cannot be read, or that does not fit its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadKey;

/// A key with the algorithm it signs with.
pub(crate) struct Signer {
    key: Key,
    /// The name under which the other side knows the key (RFC 7515 §4.1.4).
    key_id: Option<String>,
}

enum Key {
    Hmac(Box<hmac::Key>),
    Rsa(RsaKeyPair, JwtAlgorithm),
    Ec(EcdsaKeyPair),
}

impl Signer {
    /// A private key as people have it: PEM, base64 around PEM, or a JWK (RFC 7517). The algorithm follows from the
    /// kind of key: `RS256` or `ES256`.
    pub(crate) fn from_text(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        if text.starts_with('{') {
            return from_jwk(text);
        }
        let der = der(text).ok_or(BadKey)?;
        let key = match rsa_pair(&der) {
            Some(pair) => Key::Rsa(pair, JwtAlgorithm::Rs256),
            None => Key::Ec(ec_pair(&der).ok_or(BadKey)?),
        };
        Ok(Self { key, key_id: None })
    }

    /// A key for one algorithm; for `HS256` the text is the shared secret itself.
    pub(crate) fn for_algorithm(algorithm: JwtAlgorithm, text: &str) -> Result<Self, BadKey> {
        if algorithm == JwtAlgorithm::Hs256 {
            return Ok(Self::shared(text.as_bytes()));
        }
        let signer = Self::from_text(text)?;
        match (signer.key, algorithm) {
            (Key::Rsa(pair, _), JwtAlgorithm::Rs256 | JwtAlgorithm::Ps256) => {
                Ok(Self { key: Key::Rsa(pair, algorithm), key_id: signer.key_id })
            }
            (Key::Ec(pair), JwtAlgorithm::Es256) => Ok(Self { key: Key::Ec(pair), key_id: signer.key_id }),
            _ => Err(BadKey),
        }
    }

    /// A shared secret (`HS256`, RFC 7518 §3.2).
    pub(crate) fn shared(secret: &[u8]) -> Self {
        Self { key: Key::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))), key_id: None }
    }

    /// A key on the curve P-256 from its private number. One number in four thousand million is none.
    pub(crate) fn from_p256_scalar(scalar: &[u8; 32]) -> Result<Self, BadKey> {
        // ECPrivateKey of RFC 5915 §3 with the named curve and without the public key, which follows from the number.
        const HEAD: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
        const CURVE: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let der = Secret::new([&HEAD[..], scalar, &CURVE[..]].concat());
        ec_pair(der.expose()).map(|pair| Self { key: Key::Ec(pair), key_id: None }).ok_or(BadKey)
    }

    /// The signed token. `alg` and, where it is known, `kid` are added; `typ` is `JWT` unless the header says
    /// otherwise.
    pub(crate) fn sign(
        &self,
        header: Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<Secret<String>, BadKey> {
        let mut full = Map::new();
        full.insert("alg".to_owned(), json!(self.algorithm()));
        full.insert("typ".to_owned(), json!("JWT"));
        full.extend(self.key_id.as_ref().map(|id| ("kid".to_owned(), json!(id))));
        full.extend(header.into_iter().filter(|(name, _)| name != "alg"));
        let encoded = |object: &Map<String, Value>| {
            let text = serde_json::to_vec(object).expect("maps with text keys can always be written as JSON");
            URL_SAFE_NO_PAD.encode(text)
        };
        let signed = format!("{}.{}", encoded(&full), encoded(claims));
        let signature = self.signature(signed.as_bytes())?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    /// The public key as a JWK (RFC 7517 §4) for keys on P-256; its fields in the order that RFC 7638 §3.2 wants.
    pub(crate) fn public_jwk(&self) -> Option<Value> {
        let Key::Ec(pair) = &self.key else { return None };
        // An uncompressed point: 4, then the two coordinates.
        let (_, point) = pair.public_key().as_ref().split_first()?;
        let (x, y) = point.split_at_checked(32)?;
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        Some(json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) }))
    }

    const fn algorithm(&self) -> &'static str {
        match &self.key {
            Key::Hmac(_) => "HS256",
            Key::Rsa(_, JwtAlgorithm::Ps256) => "PS256",
            Key::Rsa(..) => "RS256",
            Key::Ec(_) => "ES256",
        }
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let chance = SystemRandom::new();
        match &self.key {
            Key::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Key::Ec(pair) => {
                pair.sign(&chance, message).map(|signature| signature.as_ref().to_vec()).map_err(|_| BadKey)
            }
            Key::Rsa(pair, algorithm) => {
                let padding =
                    if *algorithm == JwtAlgorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &chance, message, &mut signature).map_err(|_| BadKey)?;
                Ok(signature)
            }
        }
    }
}

/// The bytes inside a PEM text (RFC 7468). Keys are pasted through forms, so line ends may be gone or written `\n`,
/// and some vendors hand the whole text out in base64 once more.
pub(crate) fn der(text: &str) -> Option<Vec<u8>> {
    let Some((_, behind)) = text.split_once("-----BEGIN ") else {
        let packed: String = text.split_whitespace().collect();
        let unpacked = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
        return unpacked.contains("-----BEGIN ").then(|| der(&unpacked)).flatten();
    };
    let (_, body) = behind.split_once("-----")?;
    let (body, _) = body.split_once("-----END ")?;
    let body: String = body.replace("\\n", "").split_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// A key of either form: PKCS#8 (RFC 5208) or PKCS#1 (RFC 8017 §A.1.2).
pub(crate) fn rsa_pair(der: &[u8]) -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok()
}

fn ec_pair(der: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()
}

/// A private JWK (RFC 7518 §6.2.2 and §6.3.2).
#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Jwk {
    #[serde(rename = "RSA")]
    Rsa {
        kid: Option<String>,
        n: String,
        e: String,
        d: Secret<String>,
        p: Secret<String>,
        q: Secret<String>,
        dp: Secret<String>,
        dq: Secret<String>,
        qi: Secret<String>,
    },
    #[serde(rename = "EC")]
    Ec { kid: Option<String>, d: Secret<String> },
}

fn from_jwk(text: &str) -> Result<Signer, BadKey> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| BadKey);
    match serde_json::from_str(text).map_err(|_| BadKey)? {
        Jwk::Rsa { kid, n, e, d, p, q, dp, dq, qi } => {
            let components = rsa::KeyPairComponents {
                public_key: rsa::PublicKeyComponents { n: decode(&n)?, e: decode(&e)? },
                d: decode(d.expose())?,
                p: decode(p.expose())?,
                q: decode(q.expose())?,
                dP: decode(dp.expose())?,
                dQ: decode(dq.expose())?,
                qInv: decode(qi.expose())?,
            };
            let pair = RsaKeyPair::from_components(&components).map_err(|_| BadKey)?;
            Ok(Signer { key: Key::Rsa(pair, JwtAlgorithm::Rs256), key_id: kid })
        }
        Jwk::Ec { kid, d } => {
            let scalar = <[u8; 32]>::try_from(decode(d.expose())?).map_err(|_| BadKey)?;
            Ok(Signer { key_id: kid, ..Signer::from_p256_scalar(&scalar)? })
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn pem(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", STANDARD.encode(der))
    }

    #[test]
    fn the_shared_secret_of_rfc_7515_appendix_a_1_gives_its_signature() {
        // The example writes its header and claims with line breaks, so only the signature function can be compared.
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = Signer::shared(&key).signature(signed.as_bytes()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn the_key_of_rfc_7515_appendix_a_3_is_read_from_its_jwk() {
        let jwk = r#"{"kty":"EC","crv":"P-256","kid":"a3",
            "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
        let signer = Signer::from_text(jwk).unwrap();
        let public = signer.public_jwk().unwrap();
        assert_eq!(public["x"], "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        assert_eq!(public["y"], "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let token = signer.sign(Map::new(), &object(&json!({ "iss": "joe" }))).unwrap();
        let (message, signature) = token.expose().rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header, r#"{"alg":"ES256","typ":"JWT","kid":"a3"}"#);
        let point = [
            vec![4],
            URL_SAFE_NO_PAD.decode(public["x"].as_str().unwrap()).unwrap(),
            URL_SAFE_NO_PAD.decode(public["y"].as_str().unwrap()).unwrap(),
        ];
        let verified = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.concat())
            .verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap());
        assert!(verified.is_ok());
    }

    #[test]
    fn rsa_keys_are_read_in_every_form_that_people_have() {
        use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};

        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let pem = pem("PRIVATE KEY", pkcs8.as_ref());
        for text in [pem.clone(), pem.replace('\n', "\\n"), pem.replace('\n', " "), STANDARD.encode(&pem)] {
            let token = Signer::from_text(&text).unwrap().sign(Map::new(), &Map::new()).unwrap();
            let (message, signature) = token.expose().rsplit_once('.').unwrap();
            let verified = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
                .verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap());
            assert!(verified.is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let scalar = STANDARD.encode([1; 32]);
        for text in ["", "secret", "{}", r#"{"kty":"oct","k":"AA"}"#, &scalar, &pem("PRIVATE KEY", b"x")] {
            assert!(Signer::from_text(text).is_err(), "{text}");
        }
        assert!(Signer::from_p256_scalar(&[0; 32]).is_err());
        assert!(Signer::from_p256_scalar(&[0xff; 32]).is_err());
    }
}
