//! The token endpoint and everything that follows from its answer: refresh, long and second tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Texts;
use crate::template::{Alternatives, Template};

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
    pub params: Texts,
    /// Parameters under the vendor's names: standard name → vendor's name. Holds for refreshes too.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Standard parameters that are left out, such as `redirect_uri`.
    #[serde(default)]
    pub omit: Vec<String>,
    /// Parameters that are repeated in the query string.
    #[serde(default)]
    pub in_query: Vec<String>,
    /// Extra request headers; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Where the answer keeps its values, when not under the standard names.
    #[serde(default)]
    pub response: TokenResponse,
    /// Seconds to assume when the answer names no lifetime.
    #[serde(default)]
    pub lifetime_s: Option<u64>,
    /// Tokens are bound to a key of the connection (RFC 9449). What the token is presented with has to prove that key.
    #[serde(default)]
    pub dpop: bool,
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
    /// The same, signed with the client secret (RFC 7523 §2.2, `OpenID` Connect Core §9).
    ClientSecretJwt,
    /// The secret as Basic user name with an empty password, nothing in the body.
    SecretAsBasicUser,
    /// Identifier and secret as the parameters `username` and `password`.
    UsernamePassword,
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

/// Where an answer keeps its values; dotted paths.
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
    /// Path of the point in time at which the token ends; `expires_at` when absent.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The unit of the lifetime.
    #[serde(default)]
    pub expires_unit: TimeUnit,
    /// Object that holds the whole answer (e.g. `data`); the other paths begin in it.
    #[serde(default)]
    pub wrapper: Option<String>,
    /// Object that holds the tokens when the top level has none (e.g. `authed_user`).
    #[serde(default)]
    pub fallback_object: Option<String>,
    /// The whole body is the access token, as text.
    #[serde(default)]
    pub whole_body: bool,
    /// `ok = false` in a 200 answer is an error whose code stands in `error`.
    #[serde(default)]
    pub ok_flag: bool,
    /// Headers of the answer that are kept with the token, names in lower case. `set-cookie` becomes
    /// `{session.cookies}`.
    #[serde(default)]
    pub keep_headers: Vec<String>,
}

/// The unit of a lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TimeUnit {
    /// Seconds.
    #[default]
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
}

/// How a refresh request (RFC 6749 §6) differs from the token request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Endpoint, when it is not the token endpoint.
    #[serde(default)]
    pub url: Option<Alternatives>,
    /// HTTP method. `GET` puts the parameters in the query.
    #[serde(default)]
    pub method: TokenMethod,
    /// What is presented.
    #[serde(default)]
    pub presents: Presented,
    /// Extra parameters; when absent those of the token endpoint are repeated without `grant_type`.
    #[serde(default)]
    pub params: Option<Texts>,
    /// Standard parameters that are left out; when absent those of the token endpoint.
    #[serde(default)]
    pub omit: Option<Vec<String>>,
    /// Headers beyond those of the token endpoint, names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Tokens never expire and are never refreshed.
    #[serde(default)]
    pub never: bool,
    /// Refreshed only when somebody asks, never because of age.
    #[serde(default)]
    pub on_request: bool,
    /// Seconds before expiry at which a refresh is due; replaces the general rule.
    #[serde(default)]
    pub early_s: Option<u64>,
    /// When this is filled with `true`, the old refresh token stays even if the answer brings a new one.
    #[serde(default)]
    pub keep_token_if: Option<Template>,
    /// The answer brings no token: the old one lives on.
    #[serde(default)]
    pub extends: Option<Extension>,
}

/// HTTP method of token calls that have a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum TokenMethod {
    #[default]
    Post,
    Get,
}

/// What a refresh presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presented {
    /// `grant_type=refresh_token` and the refresh token.
    #[default]
    RefreshToken,
    /// The access token, in `refresh.params`; no other parameter is added but the client.
    AccessToken,
    /// Nothing but the client: the token request is made again.
    Nothing,
}

/// An answer that prolongs the token one has.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// Dotted path of the value that tells success.
    pub path: String,
    /// The value that means success.
    pub equals: String,
    /// For how many seconds from now the token lives on.
    pub lifetime_s: u64,
}

/// A call that exchanges the short-lived access token for a long-lived one, at once after the code is redeemed. The
/// answer is read like that of the token endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongToken {
    /// The endpoint.
    pub url: Alternatives,
    /// HTTP method. `GET` puts the parameters in the query.
    #[serde(default)]
    pub method: TokenMethod,
    /// All parameters.
    pub params: Texts,
}

/// A token for another audience, fetched after connecting and with each refresh, and kept as a secret connection
/// field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondToken {
    /// The connection field that keeps it; an automated, secret connection input.
    pub field: String,
    /// The endpoint.
    pub url: Alternatives,
    /// The grant it is asked for with.
    pub grant: SecondGrant,
    /// Its scope.
    pub scope: Template,
}

/// Grants of a second token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondGrant {
    /// The integration's client alone.
    ClientCredentials,
    /// The refresh token of the first.
    RefreshToken,
}
