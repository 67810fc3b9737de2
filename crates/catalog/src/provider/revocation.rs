//! Ending a grant.

use serde::{Deserialize, Serialize};

use super::Texts;
use super::calls::{Body, Method};
use crate::template::Alternatives;

/// Ending a grant at the provider (RFC 7009 unless `body` says otherwise).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The endpoint, or a path below `api.base_url`; the first alternative that can be filled.
    pub url: Alternatives,
    /// HTTP method; `POST` when absent.
    #[serde(default)]
    pub method: Option<Method>,
    /// Which token is presented. The refresh token ends the whole grant where one exists (RFC 7009 §2.1).
    #[serde(default)]
    pub token: RevokedToken,
    /// How the call authenticates.
    #[serde(default)]
    pub auth: RevocationAuth,
    /// Extra request headers; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// The body in place of the form with `token` and `token_type_hint`; an empty form sends none.
    #[serde(default)]
    pub body: Option<Body>,
}

/// Which token a revocation presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedToken {
    /// The refresh token when there is one, else the access token.
    #[default]
    RefreshElseAccess,
    /// Always the access token.
    Access,
}

/// How a revocation call authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationAuth {
    /// As the client does at the token endpoint.
    #[default]
    Client,
    /// The client as HTTP Basic, whatever the token endpoint takes.
    ClientBasic,
    /// With the access token as Bearer.
    Bearer,
    /// Headers or body carry the proof.
    None,
}
