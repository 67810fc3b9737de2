//! How a client proves itself to an authorization server (RFC 6749 §2.3, RFC 7523 §2.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Provider;
use catalog::provider::ClientAuth;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Map, json};
use url::Url;
use vault::Secret;

use crate::fields::{Client, Fields};
use crate::jose::Signer;
use crate::message::RequestError;
use crate::occasion::Occasion;
use crate::parameters::{Parameters, authorization};
use crate::quirks;

/// The kind of a client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Seconds for which an assertion is good: it is used at once, and clocks differ.
const ASSERTION_LIFETIME: i64 = 300;

/// What a proof is made of.
#[derive(Clone, Copy)]
pub(crate) struct Proof<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) client: &'a Client,
    /// The endpoint that the proof is shown to.
    pub(crate) audience: &'a Url,
    pub(crate) occasion: Option<&'a Occasion>,
    /// The URL that the provider sends people back to.
    pub(crate) callback_url: Option<&'a Url>,
}

impl<'a> Proof<'a> {
    /// The proof of a client to an endpoint.
    pub(crate) fn to(
        audience: &'a Url,
        provider: &'a Provider,
        client: &'a Client,
        fields: &'a Fields,
    ) -> Self {
        let (occasion, callback_url) = (fields.occasion.as_ref(), fields.callback_url.as_ref());
        Self { provider, client, audience, occasion, callback_url }
    }
}

/// Adds the client's proof to the parameters or the headers.
pub(crate) fn apply(
    method: ClientAuth,
    proof: &Proof<'_>,
    parameters: &mut Parameters,
    headers: &mut HeaderMap,
) -> Result<(), RequestError> {
    let client = proof.client;
    if quirks::revolut_client_assertion::applies(proof.provider) {
        present(quirks::revolut_client_assertion::sign(proof)?, client, parameters);
        return Ok(());
    }
    match method {
        ClientAuth::ClientSecretPost => {
            parameters.set("client_id", client.id.clone());
            if let Some(secret) = &client.secret {
                parameters.set("client_secret", secret.clone());
            }
        }
        ClientAuth::ClientSecretBasic => basic(client, headers)?,
        ClientAuth::SecretAsBasicUser => {
            let secret = printable_secret(client)?;
            let pair = Secret::new(format!("{secret}:"));
            headers.insert(AUTHORIZATION, authorization(&basic_value(&pair), "the client secret")?);
        }
        ClientAuth::None => parameters.set("client_id", client.id.clone()),
        ClientAuth::UsernamePassword => {
            parameters.set("username", client.id.clone());
            if let Some(secret) = &client.secret {
                parameters.set("password", secret.clone());
            }
        }
        ClientAuth::PrivateKeyJwt => {
            let signer = Signer::from_text(secret(client)?).map_err(|_| BAD_KEY)?;
            let proof = assertion(&signer, &client.id, &client.id, proof.audience.as_str(), proof)?;
            present(proof, client, parameters);
        }
        ClientAuth::ClientSecretJwt => {
            let signer = Signer::shared(secret(client)?.as_bytes());
            let proof = assertion(&signer, &client.id, &client.id, proof.audience.as_str(), proof)?;
            present(proof, client, parameters);
        }
    }
    Ok(())
}

/// HTTP Basic with both halves form-encoded first, as RFC 6749 §2.3.1 has it.
pub(crate) fn basic(client: &Client, headers: &mut HeaderMap) -> Result<(), RequestError> {
    if client.id.chars().any(char::is_control) {
        return Err(RequestError::HeaderValue { field: "the client id".to_owned() });
    }
    let id = encoded(&client.id);
    let pair = Secret::new(format!("{id}:{}", encoded(printable_secret(client)?)));
    headers.insert(AUTHORIZATION, authorization(&basic_value(&pair), "the client secret")?);
    Ok(())
}

/// `Basic` and the base64 of a pair (RFC 7617 §2).
pub(crate) fn basic_value(pair: &Secret<String>) -> String {
    format!("Basic {}", STANDARD.encode(pair.expose()))
}

/// A client assertion (RFC 7523 §3): who says it, of whom, to whom, when, and that it is said once.
pub(crate) fn assertion(
    signer: &Signer,
    issuer: &str,
    subject: &str,
    audience: &str,
    proof: &Proof<'_>,
) -> Result<Secret<String>, RequestError> {
    let occasion = proof.occasion.ok_or(RequestError::Missing { field: "the time" })?;
    let issued_at = occasion.now.as_second();
    let claims = Map::from_iter([
        ("iss".to_owned(), json!(issuer)),
        ("sub".to_owned(), json!(subject)),
        ("aud".to_owned(), json!(audience)),
        ("jti".to_owned(), json!(occasion.uuid())),
        ("iat".to_owned(), json!(issued_at)),
        ("exp".to_owned(), json!(issued_at.saturating_add(ASSERTION_LIFETIME))),
    ]);
    signer.sign(Map::new(), &claims).map_err(|_| BAD_KEY)
}

/// The private key that stands in place of a client secret.
pub(crate) fn secret(client: &Client) -> Result<&str, RequestError> {
    let secret = client.secret.as_ref().map(|secret| secret.expose().as_str());
    secret.filter(|text| !text.is_empty()).ok_or(RequestError::Missing { field: "the client secret" })
}

pub(crate) const BAD_KEY: RequestError = RequestError::Key { field: "the client secret" };

fn present(assertion: Secret<String>, client: &Client, parameters: &mut Parameters) {
    parameters.set("client_id", client.id.clone());
    parameters.set("client_assertion_type", ASSERTION_TYPE.to_owned());
    parameters.set("client_assertion", assertion);
}

fn encoded(half: &str) -> String {
    form_urlencoded::byte_serialize(half.as_bytes()).collect()
}

/// The secret, or an empty text. A line break in it is a slip of whoever pasted it: better said than sent.
fn printable_secret(client: &Client) -> Result<&str, RequestError> {
    let secret = client.secret.as_ref().map_or("", |secret| secret.expose());
    if secret.chars().any(char::is_control) {
        return Err(RequestError::HeaderValue { field: "the client secret".to_owned() });
    }
    Ok(secret)
}
