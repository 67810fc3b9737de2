//! The sections of single schemes: OAuth 1.0a, logins, signed tokens, apps, plugins, AWS, MCP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Texts;
use super::calls::{Body, Call, Method};
use super::token::TokenResponse;
use crate::template::{Alternatives, Template, Tree};

/// OAuth 1.0a (RFC 5849).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oauth1 {
    /// Where temporary credentials come from (§2.1).
    #[serde(default)]
    pub request_url: Option<Alternatives>,
    /// More parameters of that request.
    #[serde(default)]
    pub request_params: Texts,
    /// Where a verifier becomes a token (§2.3).
    #[serde(default)]
    pub token_url: Option<Alternatives>,
    /// How requests are signed (§3.4).
    #[serde(default)]
    pub signature_method: SignatureMethod,
    /// The realm of the `authorization` header (§3.5.1).
    #[serde(default)]
    pub realm: Option<Template>,
}

/// Signature methods of OAuth 1.0a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 5849 §3.4 and of its SHA-256 successor")]
pub enum SignatureMethod {
    #[default]
    #[serde(rename = "HMAC-SHA1")]
    HmacSha1,
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
    #[serde(rename = "RSA-SHA1")]
    RsaSha1,
    #[serde(rename = "PLAINTEXT")]
    Plaintext,
}

/// Calls that turn entered credentials into a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The calls in order, at least one. A later one may use `{step.N.PATH}`, the answer of step N counted from 1.
    pub steps: Vec<LoginStep>,
    /// Where the last answer keeps its values.
    #[serde(default)]
    pub response: TokenResponse,
    /// Seconds to assume when the answer names no lifetime.
    #[serde(default)]
    pub lifetime_s: Option<u64>,
    /// The call that renews the token while a refresh token is held; without it the login is repeated.
    #[serde(default)]
    pub refresh: Option<LoginStep>,
}

/// One call of a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginStep {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
    /// HTTP method; `POST` with a body and `GET` without when absent.
    #[serde(default)]
    pub method: Option<Method>,
    /// Headers; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Query parameters beyond those of the URL.
    #[serde(default)]
    pub query: Texts,
    /// What is sent.
    #[serde(default)]
    pub body: Option<Body>,
}

impl LoginStep {
    /// The call.
    pub const fn call(&self) -> Call<'_> {
        Call::new(self.method, &self.url, &self.headers, &self.query, self.body.as_ref())
    }
}

/// A token that is signed here (RFC 7519). With `auth = "jwt"` it is the API token, else it is `{jwt}`. `iat` and
/// `exp` are added; `typ` is `JWT` unless the header says otherwise. When a template here reads `{one_time.NAME}`, the
/// token is made once, when connecting, and kept sealed in place of the key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// The algorithm, and with it the kind of key.
    pub algorithm: JwtAlgorithm,
    /// The key: PEM, or the shared secret of `HS256`.
    pub key: Template,
    /// How a shared secret is written.
    #[serde(default)]
    pub key_encoding: KeyEncoding,
    /// Seconds from `iat` to `exp`.
    pub lifetime_s: u64,
    /// More header fields.
    #[serde(default)]
    pub header: BTreeMap<String, Template>,
    /// Claims. One that cannot be filled is left out; an element of a list is split at commas.
    #[serde(default)]
    pub claims: BTreeMap<String, Tree>,
}

/// Algorithms of RFC 7518 §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are registered ones")]
pub enum JwtAlgorithm {
    Hs256,
    Rs256,
    Ps256,
    Es256,
}

/// How a shared secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEncoding {
    /// Its bytes are those of the text.
    #[default]
    Utf8,
    /// Hex.
    Hex,
}

/// A signed SAML 2.0 assertion (RFC 7522), base64 as it is sent. Made once when it reads `{one_time.NAME}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saml {
    /// The private RSA key, PEM; base64 around it is undone.
    pub key: Template,
    /// The issuer.
    pub issuer: Template,
    /// The audience.
    pub audience: Template,
    /// Where it is presented.
    pub recipient: Template,
    /// The subject.
    pub name_id: Template,
    /// Index of the session.
    #[serde(default)]
    pub session_index: Option<Template>,
    /// Seconds until it ends.
    pub lifetime_s: u64,
    /// Attributes of the subject.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// A header computed from the credential; it stands as `{token.access}` in `api.headers`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// How it is computed.
    pub scheme: SignatureScheme,
    /// Seconds for which it is good.
    pub lifetime_s: u64,
}

/// Ways to compute a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureScheme {
    /// `UsernameToken` of Web Services Security: the digest is base64 of hex SHA-1 of nonce, creation time and secret;
    /// the nonce is 16 random bytes in hex.
    Wsse,
}

/// What AWS requests are signed for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// The service in the credential scope.
    pub service: Template,
    /// The region in the credential scope; the first alternative that can be filled.
    pub region: Alternatives,
    /// The Security Token Service, when it is not the one that AWS runs in the region.
    #[serde(default)]
    pub sts_url: Option<Alternatives>,
}

/// Tokens of an installed app. A token request carries an RS256 token with the app as issuer, good for ten minutes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Where a token for the installation comes from.
    pub token_url: Alternatives,
    /// The identifier of the app.
    pub app_id: Template,
    /// Its private RSA key, PEM.
    pub private_key: Template,
    /// A call with the user's own token that succeeds only when the installation is theirs. The number of an
    /// installation comes from a browser, so without this anybody's could be claimed.
    #[serde(default)]
    pub proof_url: Option<Alternatives>,
}

/// A server of the Model Context Protocol as OAuth sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// The server whose metadata leads to the endpoints (RFC 9728), when they are not written here.
    #[serde(default)]
    pub server_url: Option<Template>,
    /// How a client comes to its identifier.
    pub registration: Registration,
    /// The registration endpoint (RFC 7591 §3), when it is not discovered.
    #[serde(default)]
    pub registration_url: Option<Alternatives>,
    /// More client metadata (RFC 7591 §2).
    #[serde(default)]
    pub registration_params: BTreeMap<String, Tree>,
}

/// How a client comes to its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Registered by request (RFC 7591), as a public client.
    Dynamic,
    /// Entered by the operator.
    Static,
    /// The identifier is the URL of a published metadata document.
    MetadataDocument,
}

/// How a plugin is installed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Where the installation begins.
    pub started_by: Starter,
    /// Dotted path of the authorization code in the notification of an installation.
    #[serde(default)]
    pub code_path: Option<String>,
}

/// Where an installation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starter {
    /// With us: the end user is sent to `authorization.url`.
    User,
    /// At the vendor, who notifies us.
    Vendor,
}

/// The client certificate of token and API calls (RFC 8705).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutualTls {
    /// The certificate chain, PEM.
    pub certificate: Template,
    /// Its private key, PEM.
    pub private_key: Template,
}
