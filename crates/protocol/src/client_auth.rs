//! How a client proves itself to an authorization server (RFC 6749 §2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::provider::ClientAuth;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use vault::Secret;

use crate::fields::Client;
use crate::message::RequestError;
use crate::parameters::{Parameters, authorization};

/// Adds the client's proof to the parameters or the headers.
pub(crate) fn apply(
    method: ClientAuth,
    client: &Client,
    parameters: &mut Parameters,
    headers: &mut HeaderMap,
) -> Result<(), RequestError> {
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
        ClientAuth::PrivateKeyJwt => return Err(RequestError::Unsupported { what: "private_key_jwt" }),
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
