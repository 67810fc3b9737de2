//! The thing that is sealed: what a connection holds after someone granted it.
//!
//! A credential becomes text in one place only, on its way into the vault, and is read back from there.

mod seal_text;

use jiff::Timestamp;
use vault::Secret;

use crate::fields::Client;

/// What a connection holds, by scheme.
#[derive(Clone)]
pub enum Credential {
    /// Tokens of the authorization code grant.
    OAuth2(OAuth2Tokens),
    /// Tokens of the client credentials grant, with the client of this connection.
    ClientCredentials {
        /// The current tokens.
        tokens: OAuth2Tokens,
        /// The connection's own client.
        client_id: String,
        /// Its secret; empty when it has none.
        client_secret: Secret<String>,
    },
    /// An OAuth 1.0a token pair.
    OAuth1 {
        /// The token.
        token: Secret<String>,
        /// The secret that signs with it.
        token_secret: Secret<String>,
        /// The token answer as received.
        raw: Secret<String>,
    },
    /// One key.
    ApiKey {
        /// The key.
        api_key: Secret<String>,
    },
    /// A user name and a password.
    Basic {
        /// The user name.
        username: String,
        /// The password; may be empty.
        password: Secret<String>,
    },
    /// Nothing is needed.
    None,
}

/// What a token endpoint answered (RFC 6749 §5.1).
#[derive(Clone)]
pub struct OAuth2Tokens {
    /// The access token; never empty.
    pub access_token: Secret<String>,
    /// The refresh token, when one was ever given.
    pub refresh_token: Option<Secret<String>>,
    /// When the access token ends; absent when nobody said.
    pub expires_at: Option<Timestamp>,
    /// The scope granted, as answered.
    pub scope: Option<String>,
    /// The answer as JSON text, as received. An answer in form encoding is kept as an object of strings.
    pub raw: Secret<String>,
    /// The client this grant was given to, when it is not the integration's.
    pub client_override: Option<Client>,
}

/// The schemes, as API clients spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are those of `Credential`")]
pub enum CredentialKind {
    OAuth2,
    ClientCredentials,
    OAuth1,
    ApiKey,
    Basic,
    None,
}

/// A sealed credential opened to something that is no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored credential cannot be read")]
pub struct CorruptCredential;

impl Credential {
    /// The text to seal.
    pub fn seal_text(&self) -> Secret<Vec<u8>> {
        seal_text::write(self)
    }

    /// Reads what [`Credential::seal_text`] wrote, in this or an earlier release.
    pub fn from_seal_text(text: &[u8]) -> Result<Self, CorruptCredential> {
        seal_text::read(text)
    }

    /// When the credential ends, as far as is known.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.tokens()?.expires_at
    }

    /// The scheme.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::OAuth2(_) => CredentialKind::OAuth2,
            Self::ClientCredentials { .. } => CredentialKind::ClientCredentials,
            Self::OAuth1 { .. } => CredentialKind::OAuth1,
            Self::ApiKey { .. } => CredentialKind::ApiKey,
            Self::Basic { .. } => CredentialKind::Basic,
            Self::None => CredentialKind::None,
        }
    }

    /// Whether a refresh token is held.
    pub fn has_refresh_token(&self) -> bool {
        self.tokens().is_some_and(|tokens| tokens.refresh_token.is_some())
    }

    /// The tokens of the two OAuth 2 schemes.
    pub const fn tokens(&self) -> Option<&OAuth2Tokens> {
        match self {
            Self::OAuth2(tokens) | Self::ClientCredentials { tokens, .. } => Some(tokens),
            Self::OAuth1 { .. } | Self::ApiKey { .. } | Self::Basic { .. } | Self::None => None,
        }
    }
}

impl CredentialKind {
    /// The kind as API clients spell it, e.g. `OAUTH2_CC`.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::OAuth2 => "OAUTH2",
            Self::ClientCredentials => "OAUTH2_CC",
            Self::OAuth1 => "OAUTH1",
            Self::ApiKey => "API_KEY",
            Self::Basic => "BASIC",
            Self::None => "NONE",
        }
    }
}
