//! The sealed form of a credential: JSON with the scheme as its only key.
//!
//! It is stored for years, so names here never change and new fields have a default. Borrowed on the way out, so that
//! no second copy of a secret is made; untagged and internally tagged forms are avoided because reading them buffers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use vault::Secret;

use super::aws_keys::{ReadKeys, WrittenKeys};
use super::minted::{ReadMinted, WrittenMinted, exposed};
use super::{CorruptCredential, Credential, InstallationToken, Kept, OAuth2Tokens};
use crate::dpop::DpopKey;
use crate::fields::Client;
use crate::sealed_json;

pub(super) fn write(credential: &Credential) -> Secret<Vec<u8>> {
    let written = match credential {
        Credential::OAuth2(tokens) => Written::Oauth2(tokens.into()),
        Credential::ClientCredentials { tokens, client_id, client_secret, entered } => {
            Written::ClientCredentials {
                tokens: tokens.into(),
                client_id,
                client_secret: client_secret.expose(),
                entered: exposed(entered),
            }
        }
        Credential::OAuth1 { token, token_secret, raw } => {
            Written::Oauth1 { token: token.expose(), token_secret: token_secret.expose(), raw: raw.expose() }
        }
        Credential::App { installation, user } => Written::App {
            access_token: installation.access_token.expose(),
            expires_at: installation.expires_at,
            raw: installation.raw.expose(),
            user: user.as_ref().map(Into::into),
        },
        Credential::OAuth1TokenBased { token_id, token_secret, client_override } => {
            Written::Oauth1TokenBased {
                token_id: token_id.expose(),
                token_secret: token_secret.expose(),
                client: client_override.as_ref().map(Into::into),
            }
        }
        Credential::TwoStep(minted) => Written::TwoStep(minted.into()),
        Credential::Jwt(minted) => Written::Jwt(minted.into()),
        Credential::Signature(minted) => Written::Signature(minted.into()),
        Credential::Session(minted) => Written::Session(minted.into()),
        Credential::Aws(keys) => Written::Aws(keys.into()),
        Credential::ApiKey { api_key } => Written::ApiKey { api_key: api_key.expose() },
        Credential::Basic { username, password } => Written::Basic { username, password: password.expose() },
        Credential::None => Written::None {},
    };
    sealed_json::write(&written)
}

pub(super) fn read(text: &[u8]) -> Result<Credential, CorruptCredential> {
    // The cause quotes the text, so it goes no further.
    serde_json::from_slice(text).map_err(|_| CorruptCredential)
}

/// Reads the sealed form where it stands inside a larger one, so that nothing is parsed twice.
impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::deserialize(deserializer).map(Self::from)
    }
}

impl From<Read> for Credential {
    fn from(read: Read) -> Self {
        match read {
            Read::Oauth2(tokens) => Credential::OAuth2(tokens.into()),
            Read::ClientCredentials { tokens, client_id, client_secret, entered } => {
                Credential::ClientCredentials { tokens: tokens.into(), client_id, client_secret, entered }
            }
            Read::Oauth1 { token, token_secret, raw } => Credential::OAuth1 { token, token_secret, raw },
            Read::App { access_token, expires_at, raw, user } => Credential::App {
                installation: InstallationToken { access_token, expires_at, raw },
                user: user.map(Into::into),
            },
            Read::Oauth1TokenBased { token_id, token_secret, client } => Credential::OAuth1TokenBased {
                token_id,
                token_secret,
                client_override: client.map(Into::into),
            },
            Read::TwoStep(minted) => Credential::TwoStep(minted.into()),
            Read::Jwt(minted) => Credential::Jwt(minted.into()),
            Read::Signature(minted) => Credential::Signature(minted.into()),
            Read::Session(minted) => Credential::Session(minted.into()),
            Read::Aws(keys) => Credential::Aws(keys.into()),
            Read::ApiKey { api_key } => Credential::ApiKey { api_key },
            Read::Basic { username, password } => Credential::Basic { username, password },
            Read::None {} => Credential::None,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Written<'a> {
    Oauth2(WrittenTokens<'a>),
    ClientCredentials {
        tokens: WrittenTokens<'a>,
        client_id: &'a str,
        client_secret: &'a str,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        entered: BTreeMap<&'a str, &'a str>,
    },
    Oauth1 {
        token: &'a str,
        token_secret: &'a str,
        raw: &'a str,
    },
    #[serde(rename = "oauth1_token_based")]
    Oauth1TokenBased {
        token_id: &'a str,
        token_secret: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        client: Option<WrittenClient<'a>>,
    },
    TwoStep(WrittenMinted<'a>),
    Jwt(WrittenMinted<'a>),
    Signature(WrittenMinted<'a>),
    Session(WrittenMinted<'a>),
    Aws(WrittenKeys<'a>),
    App {
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        raw: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<WrittenTokens<'a>>,
    },
    ApiKey {
        api_key: &'a str,
    },
    Basic {
        username: &'a str,
        password: &'a str,
    },
    None {},
}

#[derive(Serialize)]
pub(super) struct WrittenTokens<'a> {
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Box<WrittenTokens<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_key: Option<&'a [u8; 32]>,
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
    ClientCredentials {
        tokens: ReadTokens,
        client_id: String,
        client_secret: Secret<String>,
        #[serde(default)]
        entered: BTreeMap<String, Secret<String>>,
    },
    Oauth1 {
        token: Secret<String>,
        token_secret: Secret<String>,
        raw: Secret<String>,
    },
    #[serde(rename = "oauth1_token_based")]
    Oauth1TokenBased {
        token_id: Secret<String>,
        token_secret: Secret<String>,
        client: Option<ReadClient>,
    },
    TwoStep(ReadMinted),
    Jwt(ReadMinted),
    Signature(ReadMinted),
    Session(ReadMinted),
    Aws(ReadKeys),
    App {
        access_token: Secret<String>,
        expires_at: Option<Timestamp>,
        raw: Secret<String>,
        user: Option<ReadTokens>,
    },
    ApiKey {
        api_key: Secret<String>,
    },
    Basic {
        username: String,
        password: Secret<String>,
    },
    None {},
}

#[derive(Deserialize)]
pub(super) struct ReadTokens {
    access_token: Secret<String>,
    refresh_token: Option<Secret<String>>,
    expires_at: Option<Timestamp>,
    scope: Option<String>,
    raw: Secret<String>,
    client: Option<ReadClient>,
    #[serde(default)]
    headers: BTreeMap<String, Secret<String>>,
    person: Option<Box<ReadTokens>>,
    dpop_key: Option<Secret<[u8; 32]>>,
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
            client: tokens.client_override.as_ref().map(Into::into),
            headers: tokens
                .kept
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.expose().as_str()))
                .collect(),
            person: tokens.kept.person.as_deref().map(|person| Box::new(person.into())),
            dpop_key: tokens.kept.dpop_key.as_ref().map(DpopKey::scalar),
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
            client_override: read.client.map(Into::into),
            kept: Kept {
                headers: read.headers,
                person: read.person.map(|person| Box::new((*person).into())),
                dpop_key: read.dpop_key.map(DpopKey::from_scalar),
            },
        }
    }
}

impl<'a> From<&'a Client> for WrittenClient<'a> {
    fn from(client: &'a Client) -> Self {
        Self { id: &client.id, secret: client.secret.as_ref().map(|secret| secret.expose().as_str()) }
    }
}

impl From<ReadClient> for Client {
    fn from(read: ReadClient) -> Self {
        Self { id: read.id, secret: read.secret }
    }
}
