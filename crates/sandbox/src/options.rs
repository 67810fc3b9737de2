//! What one sandbox is like: its clients, lifetimes and secrets. Faults are not options; they come and go by request.

use std::time::Duration;

/// An app that is registered at the simulated provider. The fields hold published or test secrets only.
#[derive(Clone)]
pub struct Client {
    /// The `client_id`.
    pub id: String,
    /// The `client_secret`; a client without one is public and sends its id alone.
    pub secret: Option<String>,
    /// What the consent page calls the app.
    pub name: String,
    /// The redirect URIs that are accepted, compared character by character. Empty accepts any http or https URI.
    pub redirect_uris: Vec<String>,
    /// Whether an authorization request must carry a PKCE challenge.
    pub pkce: Pkce,
}

impl Client {
    /// A client with a secret that may redirect anywhere and must use PKCE.
    pub fn confidential(id: &str, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..Self::public(id) }
    }

    /// A client without a secret that may redirect anywhere and must use PKCE.
    pub fn public(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: None,
            name: id.to_owned(),
            redirect_uris: Vec::new(),
            pkce: Pkce::Required,
        }
    }
}

/// Whether a client must send a PKCE challenge. Only S256 is understood (RFC 9700 §2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// An authorization request without a challenge is refused.
    Required,
    /// A challenge is checked when there is one.
    Optional,
}

/// What using a refresh token does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshPolicy {
    /// The token stays as it is and answers carry none.
    Fixed,
    /// Each use gives a successor. A spent token that comes again within `grace` is given the same successor, as long
    /// as nobody used that one; later, it is reuse and ends the whole grant (RFC 9700 §4.14.2).
    Rotating {
        /// How long a spent token may come again. Zero is the strict server.
        grace: Duration,
    },
}

/// Everything a sandbox is started with.
#[derive(Clone)]
pub struct SandboxOptions {
    /// The registered clients.
    pub clients: Vec<Client>,
    /// What every code and token begins with, so that a test can look for a marker in logs and files.
    pub token_prefix: String,
    /// How long an access token lives.
    pub access_token_ttl: Duration,
    /// How long a refresh token lives.
    pub refresh_token_ttl: Duration,
    /// What using a refresh token does to it.
    pub refresh_policy: RefreshPolicy,
    /// The keys that `/api/key` accepts.
    pub api_keys: Vec<String>,
    /// The user name and password that `/api/basic` accepts.
    pub basic_account: (String, String),
}

impl Default for SandboxOptions {
    fn default() -> Self {
        let client = Client {
            name: "Sandbox app".to_owned(),
            ..Client::confidential("sandbox-client", "sandbox-secret")
        };
        Self {
            clients: vec![client],
            token_prefix: "sbx_".to_owned(),
            access_token_ttl: Duration::from_hours(1),
            refresh_token_ttl: Duration::from_hours(30 * 24),
            refresh_policy: RefreshPolicy::Rotating { grace: Duration::ZERO },
            api_keys: vec!["sandbox-api-key".to_owned()],
            basic_account: ("sandbox".to_owned(), "sandbox-password".to_owned()),
        }
    }
}
