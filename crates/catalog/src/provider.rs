//! What a provider is: the shape of one catalog file, after inheritance.
//!
//! Every field is data that the `protocol` crate turns into requests. There is one way to say each thing; what a
//! file does not say has the default written here. Nothing in this module does I/O or knows HTTP libraries.

mod calls;
mod lifecycle;
mod oauth;

use serde::{Deserialize, Serialize};

pub use self::calls::{Api, ApiAuth, Captures, Identity, Verify, VerifyMethod};
pub use self::lifecycle::{Lifecycle, Rotation};
pub use self::oauth::{
    Authorization, BodyFormat, ClientAuth, Pkce, Refresh, Revocation, RevocationAuth, RevocationMethod,
    RevokedToken, Scopes, TokenEndpoint, TokenResponse,
};
use crate::input::Inputs;

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
