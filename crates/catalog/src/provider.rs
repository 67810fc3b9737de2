//! What a provider is: the shape of one catalog file, after inheritance.
//!
//! Every field is data that the `protocol` crate turns into requests. There is one way to say each thing; what a
//! file does not say has the default written here. Nothing in this module does I/O or knows HTTP libraries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::input::Inputs;
use crate::template::{Alternatives, Template};

/// One provider, as written in `catalog/<slug>.toml` with its family merged in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Stable identifier in kebab case: the file name without `.toml`. Never written inside the file.
    pub slug: String,
    /// The service's name as people write it.
    pub name: String,
    /// How one authorizes.
    pub auth: AuthMode,
    /// What the service is for.
    pub category: Category,
    /// The vendor's page about authorization, for operators.
    #[serde(default)]
    pub docs: Option<String>,
    /// Where the end user's browser is sent.
    #[serde(default)]
    pub authorization: Option<Authorization>,
    /// Where codes and client credentials become tokens.
    #[serde(default)]
    pub token: Option<TokenEndpoint>,
    /// How a refresh differs from the token request.
    #[serde(default)]
    pub refresh: Refresh,
    /// How a grant is ended at the provider.
    #[serde(default)]
    pub revocation: Option<Revocation>,
    /// Scope vocabulary.
    #[serde(default)]
    pub scopes: Scopes,
    /// How API calls are made and authenticated.
    #[serde(default)]
    pub api: Api,
    /// The call that proves a credential before it is saved.
    #[serde(default)]
    pub verify: Option<Verify>,
    /// The call that names the connected account.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// What is asked of operators and end users.
    #[serde(default)]
    pub inputs: Inputs,
    /// What is kept from the provider's answers.
    #[serde(default)]
    pub captures: Captures,
    /// How long things live and what happens to used refresh tokens.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Integration inputs that, when equal on two integrations (with this connection or integration field), make
    /// their tokens invalidate each other. Creating the second one warns.
    #[serde(default)]
    pub exclusive_by: Vec<String>,
    /// Oddities that data cannot express, by name.
    #[serde(default)]
    pub quirks: Vec<Quirk>,
    /// How well the facts are supported.
    #[serde(default)]
    pub support: Support,
    /// Where the facts come from (URLs of vendor pages or names of public sources).
    #[serde(default)]
    pub sources: Vec<String>,
}

/// The authorization schemes. The spelling on the wire is [`AuthMode::wire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// OAuth 2.0 authorization code grant (RFC 6749 §4.1).
    Oauth2,
    /// OAuth 2.0 client credentials grant (RFC 6749 §4.4); each connection brings its own client.
    Oauth2ClientCredentials,
    /// OAuth 1.0a (RFC 5849).
    Oauth1,
    /// One secret key.
    ApiKey,
    /// User name and password (RFC 7617).
    Basic,
    /// No credential at all.
    None,
}

impl AuthMode {
    /// The mode as API clients spell it, e.g. `OAUTH2_CC`.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Oauth2 => "OAUTH2",
            Self::Oauth2ClientCredentials => "OAUTH2_CC",
            Self::Oauth1 => "OAUTH1",
            Self::ApiKey => "API_KEY",
            Self::Basic => "BASIC",
            Self::None => "NONE",
        }
    }
}

/// What a service is for; one category a provider, used to sort lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    Accounting,
    Analytics,
    Automation,
    Calendar,
    Commerce,
    Communication,
    Crm,
    Design,
    DeveloperTools,
    Documents,
    Email,
    Generic,
    Hr,
    Identity,
    Infrastructure,
    Marketing,
    Payments,
    ProjectManagement,
    Productivity,
    Signature,
    Social,
    Storage,
    Support,
    Video,
}

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

/// API calls of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Root of the API; the first alternative whose placeholders can all be filled.
    #[serde(default)]
    pub base_url: Option<Alternatives>,
    /// What goes into `authorization`.
    #[serde(default)]
    pub auth: ApiAuth,
    /// Headers of every call; names in lower case. One whose placeholder is empty is dropped.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Query parameters of every call.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
}

/// What authenticates an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiAuth {
    /// `Bearer` and the access token (RFC 6750).
    #[default]
    Bearer,
    /// HTTP Basic.
    Basic,
    /// An OAuth 1.0a signature.
    Oauth1,
    /// `headers` or `query` carry the credential.
    Custom,
    /// Nothing.
    None,
}

/// A call that proves a credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// `GET` or `POST`.
    #[serde(default)]
    pub method: VerifyMethod,
    /// Path below the API root, or a whole URL.
    pub url: Template,
    /// Headers beyond those of the API; names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Body, sent as it stands once filled.
    #[serde(default)]
    pub body: Option<Template>,
}

/// Method of a verification call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum VerifyMethod {
    #[default]
    Get,
    Post,
}

/// The call that names the connected account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// `GET` or `POST`.
    #[serde(default)]
    pub method: VerifyMethod,
    /// Path below the API root, or a whole URL.
    pub url: Template,
    /// Body of a `POST`.
    #[serde(default)]
    pub body: Option<Template>,
    /// Dotted path of the name people know.
    #[serde(default)]
    pub name_path: Option<String>,
    /// Dotted path of the stable identifier.
    #[serde(default)]
    pub id_path: Option<String>,
}

/// Values kept from answers: our connection field → the vendor's path or parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captures {
    /// From the token answer (dotted path).
    #[serde(default)]
    pub token_response: BTreeMap<String, String>,
    /// From the callback query (parameter name).
    #[serde(default)]
    pub callback: BTreeMap<String, String>,
}

/// Lifetimes and the fate of used refresh tokens; unknown stays unknown.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Usual lifetime of an access token in seconds. The answer's own value wins.
    #[serde(default)]
    pub access_token_s: Option<u64>,
    /// Usual lifetime of a refresh token in seconds.
    #[serde(default)]
    pub refresh_token_s: Option<u64>,
    /// Whether a refresh gives a new refresh token.
    #[serde(default)]
    pub rotation: Option<Rotation>,
    /// What a second use of a replaced refresh token does: `allowed`, `kills_grant`, `until_new_used`,
    /// or `grace:SECONDS`.
    #[serde(default)]
    pub reuse: Option<String>,
    /// Seconds without use after which a refresh token ends.
    #[serde(default)]
    pub idle_limit_s: Option<u64>,
    /// RFC 7662 endpoint.
    #[serde(default)]
    pub introspection_url: Option<Alternatives>,
    /// Day on which these facts were read, `YYYY-MM-DD`.
    #[serde(default)]
    pub checked: Option<String>,
}

/// Refresh token rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The refresh token stays.
    None,
    /// Every refresh gives a new one.
    Rotates,
    /// Depends on a setting of the app or account.
    Optional,
}

/// How well the facts about a provider are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// At least two independent sources agree on an endpoint.
    Agreed,
    /// One source only.
    #[default]
    Single,
    /// Stated by the vendor.
    Vendor,
}

/// Oddities that live in code, one file each under `protocol/src/quirks/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// The refresh body carries `md5_secret`, the first 20 characters of the client secret, and no `client_id`
    /// (Agiloft).
    RefreshMd5Secret,
    /// All OAuth endpoints come from the integration's inputs or from its issuer's metadata (RFC 8414).
    OperatorDefined,
}
