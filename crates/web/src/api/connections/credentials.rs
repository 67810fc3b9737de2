//! Credentials as clients see them: one shape a scheme. This is where secrets leave, after the engine has recorded it.

use jiff::Timestamp;
use protocol::{Client, Credential, OAuth2Tokens};
use serde::Serialize;
use serde_json::{Map, Value};

use super::redact;
use crate::api::times::Zulu;

/// A credential; `{}` when there is none to show.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum CredentialsJson<'a> {
    OAuth2 {
        #[serde(rename = "type")]
        kind: &'static str,
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Zulu>,
        raw: Map<String, Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        config_override: Option<ClientJson<'a>>,
    },
    ClientCredentials {
        #[serde(rename = "type")]
        kind: &'static str,
        token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Zulu>,
        client_id: &'a str,
        client_secret: &'a str,
        raw: Map<String, Value>,
    },
    OAuth1 {
        #[serde(rename = "type")]
        kind: &'static str,
        oauth_token: &'a str,
        oauth_token_secret: &'a str,
        raw: Map<String, Value>,
    },
    ApiKey {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(rename = "apiKey")]
        api_key: &'a str,
    },
    Basic {
        #[serde(rename = "type")]
        kind: &'static str,
        username: &'a str,
        password: &'a str,
    },
    Nothing {},
}

/// The client a grant was given to, when it is not the integration's.
#[derive(Serialize)]
pub(super) struct ClientJson<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

impl<'a> CredentialsJson<'a> {
    pub(super) fn of(credential: Option<&'a Credential>, with_refresh_token: bool) -> Self {
        let Some(credential) = credential else { return Self::Nothing {} };
        let kind = credential.kind().wire();
        let raw = |text: &str| answer(text, with_refresh_token);
        match credential {
            Credential::OAuth2(tokens) => Self::OAuth2 {
                kind,
                access_token: tokens.access_token.expose(),
                refresh_token: refresh_token(tokens).filter(|_| with_refresh_token),
                expires_at: time(tokens.expires_at),
                raw: raw(tokens.raw.expose()),
                config_override: tokens.client_override.as_ref().map(ClientJson::of),
            },
            Credential::ClientCredentials { tokens, client_id, client_secret } => Self::ClientCredentials {
                kind,
                token: tokens.access_token.expose(),
                expires_at: time(tokens.expires_at),
                client_id,
                client_secret: client_secret.expose(),
                raw: raw(tokens.raw.expose()),
            },
            Credential::OAuth1 { token, token_secret, raw: text } => Self::OAuth1 {
                kind,
                oauth_token: token.expose(),
                oauth_token_secret: token_secret.expose(),
                raw: raw(text.expose()),
            },
            Credential::ApiKey { api_key } => Self::ApiKey { kind, api_key: api_key.expose() },
            Credential::Basic { username, password } => {
                Self::Basic { kind, username, password: password.expose() }
            }
            Credential::None => Self::Nothing {},
        }
    }
}

impl<'a> ClientJson<'a> {
    fn of(client: &'a Client) -> Self {
        Self {
            client_id: &client.id,
            client_secret: client.secret.as_ref().map(|secret| secret.expose().as_str()),
        }
    }
}

fn refresh_token(tokens: &OAuth2Tokens) -> Option<&str> {
    tokens.refresh_token.as_ref().map(|token| token.expose().as_str())
}

fn time(at: Option<Timestamp>) -> Option<Zulu> {
    at.map(Zulu)
}

/// The provider's answer as received. One that is no JSON object has nothing to show.
fn answer(text: &str, with_refresh_token: bool) -> Map<String, Value> {
    let mut map: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    if !with_refresh_token {
        redact::refresh_tokens(&mut map);
    }
    map
}
