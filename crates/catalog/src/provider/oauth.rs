//! The sections of OAuth: endpoints, client authentication, refresh, revocation, scopes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::template::{Alternatives, Template};

/// The authorization endpoint (RFC 6749 §3.1).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
    /// Extra fixed query parameters.
    #[serde(default)]
    pub params: BTreeMap<String, Template>,
    /// Proof Key for Code Exchange (RFC 7636).
    #[serde(default)]
    pub pkce: Pkce,
    /// The `OpenID` issuer, exactly as its metadata spells it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Whether the provider promises `iss` in the authorization response (RFC 9207 §2.3).
    #[serde(default)]
    pub iss_in_response: bool,
    /// The callback parameter that holds the code, when it is not `code`.
    #[serde(default)]
    pub code_param: Option<String>,
}

/// PKCE methods (RFC 7636 §4.2). `plain` is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pkce {
    /// SHA-256 of the verifier: the default.
    #[default]
    S256,
    /// The provider breaks on PKCE parameters.
    #[serde(rename = "none")]
    None,
}

/// The token endpoint (RFC 6749 §3.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEndpoint {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
    /// How the client proves itself (RFC 6749 §2.3).
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// How parameters travel.
    #[serde(default)]
    pub body: BodyFormat,
    /// Extra fixed parameters.
    #[serde(default)]
    pub params: BTreeMap<String, Template>,
    /// Extra request headers; names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Where the answer keeps its values, when not under the standard names.
    #[serde(default)]
    pub response: TokenResponse,
    /// Seconds to assume when the answer names no lifetime.
    #[serde(default)]
    pub lifetime_s: Option<u64>,
}

/// Client authentication at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_id` and `client_secret` in the body.
    #[default]
    ClientSecretPost,
    /// HTTP Basic with form-encoded halves (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// A signed assertion (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// The secret as Basic user name with an empty password, nothing in the body.
    SecretAsBasicUser,
    /// A public client: `client_id` alone in the body.
    None,
}

/// Encoding of token request parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    /// `application/x-www-form-urlencoded`.
    #[default]
    Form,
    /// A JSON object.
    Json,
    /// The query string, with an empty body.
    Query,
}

/// Dotted paths into the token answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenResponse {
    /// Path of the access token; `access_token` when absent.
    #[serde(default)]
    pub access_token: Option<String>,
    /// Path of the refresh token; `refresh_token` when absent.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// Path of the lifetime; `expires_in` when absent.
    #[serde(default)]
    pub expires_in: Option<String>,
    /// Object that holds the tokens when the top level has none (e.g. `authed_user`).
    #[serde(default)]
    pub fallback_object: Option<String>,
    /// `ok = false` in a 200 answer is an error whose code stands in `error`.
    #[serde(default)]
    pub ok_flag: bool,
}

/// How a refresh request (RFC 6749 §6) differs from the token request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Endpoint, when it is not the token endpoint.
    #[serde(default)]
    pub url: Option<Alternatives>,
    /// Extra parameters; when absent those of the token endpoint are repeated without `grant_type`.
    #[serde(default)]
    pub params: Option<BTreeMap<String, Template>>,
    /// Tokens never expire and are never refreshed.
    #[serde(default)]
    pub never: bool,
    /// Seconds before expiry at which a refresh is due; replaces the general rule.
    #[serde(default)]
    pub early_s: Option<u64>,
}

/// Ending a grant at the provider (RFC 7009 unless `params` say otherwise).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
    /// HTTP method.
    #[serde(default)]
    pub method: RevocationMethod,
    /// Which token is presented. The refresh token ends the whole grant where one exists (RFC 7009 §2.1).
    #[serde(default)]
    pub token: RevokedToken,
    /// How the call authenticates.
    #[serde(default)]
    pub auth: RevocationAuth,
    /// Body parameters in place of `token` and `token_type_hint`.
    #[serde(default)]
    pub params: Option<BTreeMap<String, Template>>,
}

/// HTTP method of a revocation call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum RevocationMethod {
    #[default]
    Post,
    Delete,
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
    /// With the access token as Bearer.
    Bearer,
}

/// Scopes of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// Separator on the wire; a space when absent.
    #[serde(default)]
    pub separator: Option<String>,
    /// Asked for when the integration configures none.
    #[serde(default)]
    pub default: Vec<String>,
    /// Scopes that are always asked for, as templates (e.g. one that carries an integration input).
    #[serde(default)]
    pub required: Vec<Template>,
    /// Names found in vendor material.
    #[serde(default)]
    pub known: Vec<String>,
}

impl Scopes {
    /// The separator on the wire.
    pub fn separator(&self) -> &str {
        self.separator.as_deref().unwrap_or(" ")
    }
}
