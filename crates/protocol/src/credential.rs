//! The thing that is sealed: what a connection holds after someone granted it.
//!
//! A credential becomes text in one place only, on its way into the vault, and is read back from there.

mod aws_keys;
mod contents;
mod minted;
mod seal_text;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vault::Secret;

use crate::dpop::DpopKey;
use crate::fields::Client;

pub use aws_keys::AwsKeys;
pub use minted::{Assertion, Minted};

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
        /// What else was entered, by our names: a private key, a certificate.
        entered: BTreeMap<String, Secret<String>>,
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
    /// Tokens of an installed app, with those of the user who installed it where the scheme has both.
    App {
        /// The token of the installation.
        installation: InstallationToken,
        /// The user's tokens.
        user: Option<OAuth2Tokens>,
    },
    /// An OAuth 1.0a token pair that was made in the vendor's console.
    OAuth1TokenBased {
        /// The token.
        token_id: Secret<String>,
        /// The secret that signs with it.
        token_secret: Secret<String>,
        /// The client it was made for, when it is not the integration's.
        client_override: Option<Client>,
    },
    /// What calls of the vendor's own making answered to entered values.
    TwoStep(Minted),
    /// A token that is signed here and sent as it is.
    Jwt(Minted),
    /// A header computed from a user name and a password.
    Signature(Minted),
    /// A session that ends when unused.
    Session(Minted),
    /// Temporary keys of an assumed role.
    Aws(AwsKeys),
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
    /// What belongs to the tokens without being one of them.
    pub kept: Kept,
}

/// What is kept beside tokens.
#[derive(Clone, Default)]
pub struct Kept {
    /// Headers of the token answer that the definition keeps, names in lower case.
    pub headers: BTreeMap<String, Secret<String>>,
    /// The tokens of the person, where one grant gave tokens to an app and a person at once.
    pub person: Option<Box<OAuth2Tokens>>,
    /// The key that the tokens are bound to (RFC 9449), where they are.
    pub dpop_key: Option<DpopKey>,
}

/// The short-lived token of an app in one account.
#[derive(Clone)]
pub struct InstallationToken {
    /// The token.
    pub access_token: Secret<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The answer as JSON text, as received.
    pub raw: Secret<String>,
}

/// The schemes, as API clients spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are those of `Credential`")]
pub enum CredentialKind {
    OAuth2,
    ClientCredentials,
    OAuth1,
    App,
    OAuth1TokenBased,
    TwoStep,
    Jwt,
    Signature,
    Session,
    Aws,
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

    /// When the credential ends, as far as is known. Where it has several tokens the first end counts.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let of_tokens = self.tokens().into_iter().flat_map(|tokens| {
            let person = tokens.kept.person.as_ref().and_then(|person| person.expires_at);
            [tokens.expires_at, person]
        });
        let other = if let Self::App { installation: InstallationToken { expires_at, .. }, .. }
        | Self::Aws(AwsKeys { expires_at, .. }) = self
        {
            *expires_at
        } else {
            None
        };
        of_tokens.chain([other]).flatten().min()
    }

    /// The same with an end for its access token.
    #[must_use]
    pub fn with_end(mut self, end: Timestamp) -> Self {
        let tokens = match &mut self {
            Self::OAuth2(tokens) | Self::ClientCredentials { tokens, .. } => Some(tokens),
            Self::App { user, .. } => user.as_mut(),
            Self::TwoStep(minted) | Self::Jwt(minted) | Self::Signature(minted) | Self::Session(minted) => {
                Some(&mut minted.tokens)
            }
            Self::OAuth1 { .. }
            | Self::OAuth1TokenBased { .. }
            | Self::Aws(_)
            | Self::ApiKey { .. }
            | Self::Basic { .. }
            | Self::None => None,
        };
        if let Some(tokens) = tokens {
            tokens.expires_at = Some(end);
        }
        self
    }

    /// The scheme.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::OAuth2(_) => CredentialKind::OAuth2,
            Self::ClientCredentials { .. } => CredentialKind::ClientCredentials,
            Self::OAuth1 { .. } => CredentialKind::OAuth1,
            Self::OAuth1TokenBased { .. } => CredentialKind::OAuth1TokenBased,
            Self::TwoStep(_) => CredentialKind::TwoStep,
            Self::Jwt(_) => CredentialKind::Jwt,
            Self::Signature(_) => CredentialKind::Signature,
            Self::Session(_) => CredentialKind::Session,
            Self::Aws(_) => CredentialKind::Aws,
            Self::App { .. } => CredentialKind::App,
            Self::ApiKey { .. } => CredentialKind::ApiKey,
            Self::Basic { .. } => CredentialKind::Basic,
            Self::None => CredentialKind::None,
        }
    }

    /// What was entered and became a token.
    pub const fn minted(&self) -> Option<&Minted> {
        if let Self::TwoStep(minted) | Self::Jwt(minted) | Self::Signature(minted) | Self::Session(minted) =
            self
        {
            return Some(minted);
        }
        None
    }

    /// Whether a refresh token is held.
    pub fn has_refresh_token(&self) -> bool {
        self.tokens().is_some_and(|tokens| tokens.refresh_token.is_some())
    }

    /// The tokens of the OAuth 2 schemes; of an app those of its user.
    pub const fn tokens(&self) -> Option<&OAuth2Tokens> {
        match self {
            Self::OAuth2(tokens) | Self::ClientCredentials { tokens, .. } => Some(tokens),
            Self::App { user, .. } => user.as_ref(),
            Self::TwoStep(minted) | Self::Jwt(minted) | Self::Signature(minted) | Self::Session(minted) => {
                Some(&minted.tokens)
            }
            Self::OAuth1 { .. }
            | Self::OAuth1TokenBased { .. }
            | Self::Aws(_)
            | Self::ApiKey { .. }
            | Self::Basic { .. }
            | Self::None => None,
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
            Self::OAuth1TokenBased => "TBA",
            Self::TwoStep => "TWO_STEP",
            Self::Jwt => "JWT",
            Self::Signature => "SIGNATURE",
            Self::Session => "BILL",
            Self::Aws => "AWS_SIGV4",
            Self::App => "APP",
            Self::ApiKey => "API_KEY",
            Self::Basic => "BASIC",
            Self::None => "NONE",
        }
    }
}
