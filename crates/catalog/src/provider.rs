//! What a provider is: the shape of one catalog file, after inheritance.
//!
//! Every field is data that the `protocol` crate turns into requests. There is one way to say each thing; what a
//! file does not say has the default written here. Nothing in this module does I/O or knows HTTP libraries.

mod after_connect;
mod calls;
mod kinds;
mod lifecycle;
mod oauth;
mod revocation;
mod schemes;
mod token;
mod traffic;
mod webhook;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::after_connect::{AfterConnect, Captures, Choose, Otherwise};
pub use self::calls::{Api, ApiAuth, Body, Call, Expect, Identity, JsonKind, Method, Reject, Verify};
pub use self::kinds::{AuthMode, Category, Quirk, Support};
pub use self::lifecycle::{Lifecycle, Rotation};
pub use self::oauth::{Authorization, Device, Pkce, Scopes};
pub use self::revocation::{Revocation, RevocationAuth, RevokedToken};
pub use self::schemes::{
    App, Aws, Jwt, JwtAlgorithm, KeyEncoding, Login, LoginStep, Mcp, MutualTls, Oauth1, Plugin, Registration,
    Saml, Signature, SignatureMethod, SignatureScheme, Starter,
};
pub use self::token::{
    BodyFormat, ClientAuth, Extension, LongToken, Presented, Refresh, SecondGrant, SecondToken, TimeUnit,
    TokenEndpoint, TokenMethod, TokenResponse,
};
pub use self::traffic::{Pagination, PaginationKind, Retry, RetryBody, Wait};
pub use self::webhook::{
    Encoding, Envelope, Signed, Webhook, WebhookScheme, WebhookSecret, WebhookSignature,
};
use crate::input::{Input, Inputs};
use crate::template::Alternatives;

/// Names and values of headers or parameters. An entry that cannot be filled is left out of the request.
pub type Texts = BTreeMap<String, Alternatives>;

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
    /// Where devices without a browser ask for a code (RFC 8628).
    #[serde(default)]
    pub device: Option<Device>,
    /// Where codes and client credentials become tokens.
    #[serde(default)]
    pub token: Option<TokenEndpoint>,
    /// The exchange of the first, short-lived access token for a long-lived one.
    #[serde(default)]
    pub long_token: Option<LongToken>,
    /// A second token for another audience, kept beside the first.
    #[serde(default)]
    pub second_token: Option<SecondToken>,
    /// How a refresh differs from the token request.
    #[serde(default)]
    pub refresh: Refresh,
    /// How a grant is ended at the provider.
    #[serde(default)]
    pub revocation: Option<Revocation>,
    /// Scope vocabulary.
    #[serde(default)]
    pub scopes: Scopes,
    /// Endpoints and signatures of OAuth 1.0a.
    #[serde(default)]
    pub oauth1: Option<Oauth1>,
    /// The calls that turn entered credentials into a token.
    #[serde(default)]
    pub login: Option<Login>,
    /// The signed token that is `{jwt}`, or the API token itself.
    #[serde(default)]
    pub jwt: Option<Jwt>,
    /// The signed assertion that is `{saml}`.
    #[serde(default)]
    pub saml: Option<Saml>,
    /// A header computed from the credential.
    #[serde(default)]
    pub signature: Option<Signature>,
    /// What AWS requests are signed for.
    #[serde(default)]
    pub aws: Option<Aws>,
    /// Tokens of an installed app.
    #[serde(default)]
    pub app: Option<App>,
    /// Client registration at a server of the Model Context Protocol.
    #[serde(default)]
    pub mcp: Option<Mcp>,
    /// How a plugin is installed.
    #[serde(default)]
    pub plugin: Option<Plugin>,
    /// The client certificate of token and API calls (RFC 8705).
    #[serde(default)]
    pub mutual_tls: Option<MutualTls>,
    /// How API calls are made and authenticated.
    #[serde(default)]
    pub api: Api,
    /// The call that proves a credential before it is saved.
    #[serde(default)]
    pub verify: Option<Verify>,
    /// The call that names the connected account.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// What is looked up or called once a connection is made, in order.
    #[serde(default)]
    pub after_connect: Vec<AfterConnect>,
    /// What the provider's own notifications look like.
    #[serde(default)]
    pub webhook: Option<Webhook>,
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

impl Provider {
    /// The operator's input that limits which hosts a connection input may name.
    pub fn limit_of(&self, input: &Input) -> Option<&Input> {
        let limit = input.limited_by.as_ref()?;
        self.inputs.integration.iter().find(|operator| operator.name == *limit)
    }

    /// Whether an input of the operator limits another one.
    pub fn is_limit(&self, operator: &Input) -> bool {
        self.inputs.connection.iter().any(|input| input.limited_by.as_ref() == Some(&operator.name))
    }
}
