//! The sealed form of a credential: JSON with the scheme as its only key.
//!
//! It is stored for years, so names here never change and new fields have a default. Borrowed on the way out, so that
//! no second copy of a secret is made; untagged and internally tagged forms are avoided because reading them buffers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vault::Secret;

use super::{CorruptCredential, Credential, OAuth2Tokens};
use crate::fields::Client;
use crate::sealed_json;

pub(super) fn write(credential: &Credential) -> Secret<Vec<u8>> {
    let written = match credential {
        Credential::OAuth2(tokens) => Written::Oauth2(tokens.into()),
        Credential::ClientCredentials { tokens, client_id, client_secret } => Written::ClientCredentials {
            tokens: tokens.into(),
            client_id,
            client_secret: client_secret.expose(),
        },
        Credential::OAuth1 { token, token_secret, raw } => {
            Written::Oauth1 { token: token.expose(), token_secret: token_secret.expose(), raw: raw.expose() }
        }
        Credential::ApiKey { api_key } => Written::ApiKey { api_key: api_key.expose() },
        Credential::Basic { username, password } => Written::Basic { username, password: password.expose() },
        Credential::None => Written::None {},
    };
    sealed_json::write(&written)
}

pub(super) fn read(text: &[u8]) -> Result<Credential, CorruptCredential> {
    // The cause quotes the text, so it goes no further.
    let read: Read = serde_json::from_slice(text).map_err(|_| CorruptCredential)?;
    Ok(match read {
        Read::Oauth2(tokens) => Credential::OAuth2(tokens.into()),
        Read::ClientCredentials { tokens, client_id, client_secret } => {
            Credential::ClientCredentials { tokens: tokens.into(), client_id, client_secret }
        }
        Read::Oauth1 { token, token_secret, raw } => Credential::OAuth1 { token, token_secret, raw },
        Read::ApiKey { api_key } => Credential::ApiKey { api_key },
        Read::Basic { username, password } => Credential::Basic { username, password },
        Read::None {} => Credential::None,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Written<'a> {
    Oauth2(WrittenTokens<'a>),
    ClientCredentials { tokens: WrittenTokens<'a>, client_id: &'a str, client_secret: &'a str },
    Oauth1 { token: &'a str, token_secret: &'a str, raw: &'a str },
    ApiKey { api_key: &'a str },
    Basic { username: &'a str, password: &'a str },
    None {},
}

#[derive(Serialize)]
struct WrittenTokens<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    raw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<WrittenClient<'a>>,
}

#[derive(Serialize)]
struct WrittenClient<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Read {
    Oauth2(ReadTokens),
    ClientCredentials { tokens: ReadTokens, client_id: String, client_secret: Secret<String> },
    Oauth1 { token: Secret<String>, token_secret: Secret<String>, raw: Secret<String> },
    ApiKey { api_key: Secret<String> },
    Basic { username: String, password: Secret<String> },
    None {},
}

#[derive(Deserialize)]
struct ReadTokens {
    access_token: Secret<String>,
    refresh_token: Option<Secret<String>>,
    expires_at: Option<Timestamp>,
    scope: Option<String>,
    raw: Secret<String>,
    client: Option<ReadClient>,
}

#[derive(Deserialize)]
struct ReadClient {
    id: String,
    secret: Option<Secret<String>>,
}

impl<'a> From<&'a OAuth2Tokens> for WrittenTokens<'a> {
    fn from(tokens: &'a OAuth2Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose(),
            refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().as_str()),
            expires_at: tokens.expires_at,
            scope: tokens.scope.as_deref(),
            raw: tokens.raw.expose(),
            client: tokens.client_override.as_ref().map(|client| WrittenClient {
                id: &client.id,
                secret: client.secret.as_ref().map(|secret| secret.expose().as_str()),
            }),
        }
    }
}

impl From<ReadTokens> for OAuth2Tokens {
    fn from(read: ReadTokens) -> Self {
        Self {
            access_token: read.access_token,
            refresh_token: read.refresh_token,
            expires_at: read.expires_at,
            scope: read.scope,
            raw: read.raw,
            client_override: read.client.map(|client| Client { id: client.id, secret: client.secret }),
        }
    }
}
