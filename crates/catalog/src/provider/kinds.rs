//! The closed lists a provider chooses from: schemes, categories, support, quirks.

use serde::{Deserialize, Serialize};

/// The authorization schemes. The spelling on the wire is [`AuthMode::wire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// OAuth 2.0 authorization code grant (RFC 6749 §4.1).
    Oauth2,
    /// OAuth 2.0 client credentials grant (RFC 6749 §4.4); each connection brings its own client.
    Oauth2ClientCredentials,
    /// OAuth 1.0a with the end user's consent (RFC 5849).
    Oauth1,
    /// OAuth 1.0a signatures with a token that was made in the vendor's console and entered.
    Oauth1TokenBased,
    /// Entered credentials become a token by calls of the vendor's own making.
    TwoStep,
    /// A token that is signed here and sent as it is (RFC 7519).
    Jwt,
    /// A header computed from the credential.
    Signature,
    /// User name and password open a session that ends when unused.
    SessionLogin,
    /// Requests signed with AWS Signature Version 4 and keys of an assumed role.
    AwsSigv4,
    /// An app that is installed in an account and signs for its own short tokens.
    AppInstallation,
    /// The same, together with an OAuth token of the user who installed it.
    AppInstallationWithUserOauth,
    /// A plugin that is installed at the vendor and brings its credential back.
    PluginInstall,
    /// OAuth 2.1 at a known server of the Model Context Protocol.
    McpOauth2,
    /// The same at a server whose endpoints are discovered (RFC 9728, RFC 8414).
    McpOauth2Discovery,
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
            Self::Oauth1TokenBased => "TBA",
            Self::TwoStep => "TWO_STEP",
            Self::Jwt => "JWT",
            Self::Signature => "SIGNATURE",
            Self::SessionLogin => "BILL",
            Self::AwsSigv4 => "AWS_SIGV4",
            Self::AppInstallation => "APP",
            Self::AppInstallationWithUserOauth => "CUSTOM",
            Self::PluginInstall => "INSTALL_PLUGIN",
            Self::McpOauth2 => "MCP_OAUTH2",
            Self::McpOauth2Discovery => "MCP_OAUTH2_GENERIC",
            Self::ApiKey => "API_KEY",
            Self::Basic => "BASIC",
            Self::None => "NONE",
        }
    }

    /// The mode as provider files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oauth2 => "oauth2",
            Self::Oauth2ClientCredentials => "oauth2_client_credentials",
            Self::Oauth1 => "oauth1",
            Self::Oauth1TokenBased => "oauth1_token_based",
            Self::TwoStep => "two_step",
            Self::Jwt => "jwt",
            Self::Signature => "signature",
            Self::SessionLogin => "session_login",
            Self::AwsSigv4 => "aws_sigv4",
            Self::AppInstallation => "app_installation",
            Self::AppInstallationWithUserOauth => "app_installation_with_user_oauth",
            Self::PluginInstall => "plugin_install",
            Self::McpOauth2 => "mcp_oauth2",
            Self::McpOauth2Discovery => "mcp_oauth2_discovery",
            Self::ApiKey => "api_key",
            Self::Basic => "basic",
            Self::None => "none",
        }
    }

    /// Whether an OAuth client of the whole integration takes part, be it entered or registered.
    pub const fn has_app(self) -> bool {
        match self {
            Self::Oauth2
            | Self::Oauth1
            | Self::Oauth1TokenBased
            | Self::AppInstallationWithUserOauth
            | Self::McpOauth2
            | Self::McpOauth2Discovery => true,
            Self::Oauth2ClientCredentials
            | Self::AppInstallation
            | Self::TwoStep
            | Self::Jwt
            | Self::Signature
            | Self::SessionLogin
            | Self::AwsSigv4
            | Self::PluginInstall
            | Self::ApiKey
            | Self::Basic
            | Self::None => false,
        }
    }

    /// Whether connecting leads through a page of the provider.
    pub const fn has_consent(self) -> bool {
        match self {
            Self::Oauth2
            | Self::Oauth1
            | Self::AppInstallation
            | Self::AppInstallationWithUserOauth
            | Self::PluginInstall
            | Self::McpOauth2
            | Self::McpOauth2Discovery => true,
            Self::Oauth2ClientCredentials
            | Self::Oauth1TokenBased
            | Self::TwoStep
            | Self::Jwt
            | Self::Signature
            | Self::SessionLogin
            | Self::AwsSigv4
            | Self::ApiKey
            | Self::Basic
            | Self::None => false,
        }
    }
}

/// What a service is for; one category a provider, used to sort lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    Accounting,
    Ai,
    Analytics,
    Automation,
    Banking,
    Calendar,
    Commerce,
    Communication,
    Crm,
    Design,
    DeveloperTools,
    Documents,
    Education,
    Email,
    Forms,
    Generic,
    Health,
    Hr,
    Identity,
    Infrastructure,
    Legal,
    Logistics,
    Marketing,
    Media,
    Payments,
    Productivity,
    ProjectManagement,
    Property,
    Security,
    Signature,
    Social,
    Storage,
    Support,
    Travel,
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
    /// One answer may hold a bot token and, under `authed_user`, a user token. Each has its own refresh token and is
    /// refreshed for itself; the earlier expiry counts. The authorization takes `user_scope` beside `scope` (Slack).
    BotAndUserTokens,
    /// After each token or refresh answer the access token opens a REST session:
    /// `POST https://rest-west.bullhornstaffing.com/rest-services/login?version=*&access_token=…&ttl=10080`.
    /// `BhRestToken` is the API token, `restUrl` the root of the API, kept as `rest_url` (Bullhorn).
    BullhornRestLogin,
    /// All OAuth endpoints come from the integration's inputs or from its issuer's metadata (RFC 8414).
    OperatorDefined,
    /// The refresh body carries `md5_secret`, the first 20 characters of the client secret, and no `client_id`
    /// (Agiloft).
    RefreshMd5Secret,
    /// The client proves itself by an RS256 assertion whose issuer is the host of the redirect URI, subject the client
    /// identifier and audience `https://revolut.com`; the client secret holds the private key (Revolut).
    RevolutClientAssertion,
    /// The token request is the JSON object `{code}` with the headers `appkey`, `timestamp` (milliseconds) and
    /// `sign`, the hex HMAC-SHA256 of body and timestamp under the client secret. A refresh has no body and signs the
    /// timestamp alone (Shopline).
    ShoplineSignedToken,
}
