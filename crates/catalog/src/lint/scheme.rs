//! What each authorization scheme means for a file: one row a scheme.

use crate::provider::{ApiAuth, AuthMode};

/// What a scheme asks of a file.
pub(super) struct Scheme {
    /// Sections it needs.
    pub(super) needs: &'static [&'static str],
    /// Sections it may have beside them. Those that every scheme may have are not listed.
    pub(super) allows: &'static [&'static str],
    /// What may authenticate API calls.
    pub(super) api_auth: &'static [ApiAuth],
    /// The parts of an entered credential when the file declares none.
    pub(super) credential: &'static [&'static str],
    /// Whether API calls are made with a token that is fetched or made.
    pub(super) has_token: bool,
}

const WITH_TOKEN: Scheme = Scheme {
    needs: &[],
    allows: &[],
    api_auth: &[ApiAuth::Bearer, ApiAuth::Custom, ApiAuth::None],
    credential: &[],
    has_token: true,
};

const ENTERED: Scheme = Scheme {
    needs: &["api.base_url"],
    allows: &[],
    api_auth: &[ApiAuth::Basic, ApiAuth::Custom],
    credential: &["username", "password"],
    has_token: false,
};

const SIGNED: Scheme = Scheme { api_auth: &[ApiAuth::Oauth1], ..WITH_TOKEN };

/// The row of a scheme.
pub(super) const fn of(mode: AuthMode) -> Scheme {
    match mode {
        AuthMode::Oauth2 => Scheme {
            needs: &["authorization", "token"],
            allows: &["device", "long_token", "second_token", "revocation", "mutual_tls", "plugin"],
            ..WITH_TOKEN
        },
        AuthMode::Oauth2ClientCredentials => Scheme {
            needs: &["token"],
            allows: &["second_token", "revocation", "mutual_tls"],
            credential: &["client_id", "client_secret"],
            ..WITH_TOKEN
        },
        AuthMode::Oauth1 => {
            Scheme { needs: &["authorization", "oauth1", "oauth1.request_url", "oauth1.token_url"], ..SIGNED }
        }
        AuthMode::Oauth1TokenBased => {
            Scheme { needs: &["oauth1"], credential: &["token_id", "token_secret"], ..SIGNED }
        }
        AuthMode::TwoStep => {
            Scheme { needs: &["login"], allows: &["jwt", "saml", "revocation"], ..WITH_TOKEN }
        }
        AuthMode::SessionLogin => Scheme {
            needs: &["login"],
            allows: &["revocation"],
            credential: &["username", "password", "organization_id", "dev_key"],
            ..WITH_TOKEN
        },
        AuthMode::Jwt => Scheme { needs: &["jwt"], ..WITH_TOKEN },
        AuthMode::Signature => {
            Scheme { needs: &["signature"], credential: &["username", "password"], ..WITH_TOKEN }
        }
        AuthMode::AppInstallation => Scheme { needs: &["authorization", "app"], ..WITH_TOKEN },
        AuthMode::AppInstallationWithUserOauth => Scheme {
            needs: &["authorization", "app", "token"],
            allows: &["revocation", "device"],
            ..WITH_TOKEN
        },
        AuthMode::McpOauth2 => {
            Scheme { needs: &["authorization", "token", "mcp"], allows: &["revocation"], ..WITH_TOKEN }
        }
        AuthMode::McpOauth2Discovery => Scheme { needs: &["mcp"], ..WITH_TOKEN },
        AuthMode::AwsSigv4 => {
            Scheme { needs: &["aws"], api_auth: &[ApiAuth::AwsSigv4], credential: &["role_arn"], ..ENTERED }
        }
        AuthMode::PluginInstall => Scheme { needs: &["plugin"], allows: &["authorization"], ..ENTERED },
        AuthMode::ApiKey => Scheme { api_auth: &[ApiAuth::Custom], credential: &["api_key"], ..ENTERED },
        AuthMode::Basic => ENTERED,
        AuthMode::None => Scheme { needs: &[], api_auth: &[ApiAuth::None], credential: &[], ..ENTERED },
    }
}
