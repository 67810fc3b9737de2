//! Tokens that are bound to a key of ours (RFC 9449).
//!
//! The key is made once a connection and sealed with its tokens. Each request to the token endpoint and each API call
//! carries a proof for itself. A server may ask for a nonce (§8, §9): the refused request is then sent once more with
//! [`nonce`] in its proof.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;
use vault::Secret;

use crate::jose::Signer;
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::occasion::Occasion;
use crate::parameters::authorization;

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The longest nonce that is sent back, in bytes.
const LONGEST_NONCE: usize = 1024;

/// The private key of a connection, on the curve P-256.
#[derive(Clone)]
pub struct DpopKey(Secret<[u8; 32]>);

impl DpopKey {
    /// A key from 32 octets of chance. One of four thousand million is no key: then take other octets.
    pub fn from_random(random: [u8; 32]) -> Option<Self> {
        let random = Secret::new(random);
        Signer::from_p256_scalar(random.expose()).ok().map(|_| Self(random))
    }

    /// The name of the public key (RFC 7638 §3), as `dpop_jkt` of an authorization request carries it (§10).
    pub fn thumbprint(&self) -> Result<String, RequestError> {
        let jwk = self.signer()?.public_jwk().ok_or(BAD_KEY)?;
        Ok(URL_SAFE_NO_PAD.encode(vault::sha256(jwk.to_string().as_bytes())))
    }

    pub(crate) const fn scalar(&self) -> &[u8; 32] {
        self.0.expose()
    }

    pub(crate) const fn from_scalar(scalar: Secret<[u8; 32]>) -> Self {
        Self(scalar)
    }

    fn signer(&self) -> Result<Signer, RequestError> {
        Signer::from_p256_scalar(self.scalar()).map_err(|_| BAD_KEY)
    }
}

const BAD_KEY: RequestError = RequestError::Key { field: "the key that the tokens are bound to" };

/// Adds the proof to a request for tokens (§5), in place of one that stands there.
pub fn prove(
    request: &mut Request,
    key: &DpopKey,
    occasion: &Occasion,
    nonce: Option<&str>,
) -> Result<(), RequestError> {
    let proof = proof(&request.method, &request.url, key, occasion, nonce, None)?;
    request.headers.insert(DPOP, proof);
    Ok(())
}

/// Adds the proof to an API call (§7), with the token it presents under the scheme `DPoP`.
pub fn present(
    request: &mut Request,
    key: &DpopKey,
    access_token: &Secret<String>,
    occasion: &Occasion,
    nonce: Option<&str>,
) -> Result<(), RequestError> {
    present_in(&request.method, &request.url, &mut request.headers, key, access_token, occasion, nonce)
}

/// [`present`], for a call that is not put together yet.
pub(crate) fn present_in(
    method: &Method,
    url: &Url,
    headers: &mut HeaderMap,
    key: &DpopKey,
    access_token: &Secret<String>,
    occasion: &Occasion,
    nonce: Option<&str>,
) -> Result<(), RequestError> {
    let value = Secret::new(format!("DPoP {}", access_token.expose()));
    headers.insert(AUTHORIZATION, authorization(value.expose(), "the access token")?);
    headers.insert(DPOP, proof(method, url, key, occasion, nonce, Some(access_token))?);
    Ok(())
}

/// The nonce that a refused request has to be repeated with; nothing when the refusal has another reason.
pub fn demanded_nonce(response: &Response) -> Option<String> {
    let asks = match response.status {
        // The token endpoint says so in the body (§8), an API in its challenge (§9).
        StatusCode::BAD_REQUEST => {
            let answer: Value = serde_json::from_slice(response.body.expose()).ok()?;
            text_at(&answer, "error").as_deref() == Some("use_dpop_nonce")
        }
        StatusCode::UNAUTHORIZED => response
            .headers
            .get_all(http::header::WWW_AUTHENTICATE)
            .iter()
            .any(|challenge| challenge.to_str().is_ok_and(|text| text.contains("use_dpop_nonce"))),
        _ => false,
    };
    if asks { nonce(response) } else { None }
}

/// The nonce for the next request, which any answer may bring (§8.2).
pub fn nonce(response: &Response) -> Option<String> {
    let nonce = response.headers.get(DPOP_NONCE)?.to_str().ok()?;
    (!nonce.is_empty() && nonce.len() <= LONGEST_NONCE).then(|| nonce.to_owned())
}

/// The proof (§4.2): which method and URL, when, once only, and for which token.
fn proof(
    method: &Method,
    url: &Url,
    key: &DpopKey,
    occasion: &Occasion,
    nonce: Option<&str>,
    access_token: Option<&Secret<String>>,
) -> Result<HeaderValue, RequestError> {
    let signer = key.signer()?;
    let mut target = url.clone();
    target.set_query(None);
    target.set_fragment(None);
    let header = Map::from_iter([
        ("typ".to_owned(), json!("dpop+jwt")),
        ("jwk".to_owned(), signer.public_jwk().ok_or(BAD_KEY)?),
    ]);
    let mut claims = Map::from_iter([
        ("jti".to_owned(), json!(occasion.uuid())),
        ("htm".to_owned(), json!(method.as_str())),
        ("htu".to_owned(), json!(target.as_str())),
        ("iat".to_owned(), json!(occasion.now.as_second())),
    ]);
    claims.extend(nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
    claims.extend(access_token.map(|token| {
        let hash = vault::sha256(token.expose().as_bytes());
        ("ath".to_owned(), json!(URL_SAFE_NO_PAD.encode(hash)))
    }));
    let proof = signer.sign(header, &claims).map_err(|_| BAD_KEY)?;
    let mut value = HeaderValue::from_str(proof.expose()).map_err(|_| BAD_KEY)?;
    value.set_sensitive(true);
    Ok(value)
}
