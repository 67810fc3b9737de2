//! Credentials as clients see them: one shape a scheme. This is where secrets leave, after the engine has recorded it.

mod minted;

use catalog::Provider;
use jiff::Timestamp;
use protocol::{AwsKeys, Client, Credential, OAuth2Tokens};
use serde::Serialize;
use serde_json::{Map, Value};

use self::minted::MintedJson;
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
        #[serde(skip_serializing_if = "Option::is_none")]
        client_certificate: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_private_key: Option<&'a str>,
        raw: Map<String, Value>,
    },
    OAuth1 {
        #[serde(rename = "type")]
        kind: &'static str,
        oauth_token: &'a str,
        oauth_token_secret: &'a str,
        raw: Map<String, Value>,
    },
    OAuth1TokenBased {
        #[serde(rename = "type")]
        kind: &'static str,
        token_id: &'a str,
        token_secret: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        config_override: Option<ClientJson<'a>>,
    },
    Minted(Box<MintedJson<'a>>),
    Aws {
        #[serde(rename = "type")]
        kind: &'static str,
        role_arn: &'a str,
        region: &'a str,
        service: &'a str,
        access_key_id: &'a str,
        secret_access_key: &'a str,
        session_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Zulu>,
        raw: AwsRawJson<'a>,
    },
    App {
        #[serde(rename = "type")]
        kind: &'static str,
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Zulu>,
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

/// Temporary keys once more, as clients expect to find them in an answer.
#[derive(Serialize)]
pub(super) struct AwsRawJson<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Zulu>,
}

impl<'a> CredentialsJson<'a> {
    pub(super) fn of(
        provider: &Provider,
        credential: Option<&'a Credential>,
        with_refresh_token: bool,
    ) -> Self {
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
            Credential::ClientCredentials { tokens, client_id, client_secret, entered } => {
                let text = |name: &str| entered.get(name).map(|value| value.expose().as_str());
                Self::ClientCredentials {
                    kind,
                    token: tokens.access_token.expose(),
                    expires_at: time(tokens.expires_at),
                    client_id,
                    client_secret: client_secret.expose(),
                    client_certificate: text("client_certificate"),
                    client_private_key: text("client_private_key"),
                    raw: raw(tokens.raw.expose()),
                }
            }
            Credential::OAuth1 { token, token_secret, raw: text } => Self::OAuth1 {
                kind,
                oauth_token: token.expose(),
                oauth_token_secret: token_secret.expose(),
                raw: raw(text.expose()),
            },
            Credential::OAuth1TokenBased { token_id, token_secret, client_override } => {
                Self::OAuth1TokenBased {
                    kind,
                    token_id: token_id.expose(),
                    token_secret: token_secret.expose(),
                    config_override: client_override.as_ref().map(ClientJson::of),
                }
            }
            Credential::TwoStep(minted)
            | Credential::Jwt(minted)
            | Credential::Signature(minted)
            | Credential::Session(minted) => {
                let kind = credential.kind();
                Self::Minted(Box::new(MintedJson::of(kind, provider, minted, with_refresh_token)))
            }
            Credential::Aws(keys) => Self::aws(kind, keys),
            Credential::App { installation, .. } => Self::App {
                kind,
                access_token: installation.access_token.expose(),
                expires_at: time(installation.expires_at),
                raw: raw(installation.raw.expose()),
            },
            Credential::ApiKey { api_key } => Self::ApiKey { kind, api_key: api_key.expose() },
            Credential::Basic { username, password } => {
                Self::Basic { kind, username, password: password.expose() }
            }
            Credential::None => Self::Nothing {},
        }
    }
}

impl<'a> CredentialsJson<'a> {
    fn aws(kind: &'static str, keys: &'a AwsKeys) -> Self {
        let (secret_access_key, session_token) =
            (keys.secret_access_key.expose(), keys.session_token.expose());
        Self::Aws {
            kind,
            role_arn: &keys.role_arn,
            region: &keys.region,
            service: &keys.service,
            access_key_id: &keys.access_key_id,
            secret_access_key,
            session_token,
            external_id: keys.external_id.as_deref(),
            expires_at: time(keys.expires_at),
            raw: AwsRawJson {
                access_key_id: &keys.access_key_id,
                secret_access_key,
                session_token,
                expires_at: time(keys.expires_at),
            },
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
