//! Who asks, and what they may do. A [`Grant`] is the proof that a right is held; use cases take it as an argument.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use model::scope::Scope;
use model::token::{self, ApiKeyToken, SessionTokenForm, TokenHash};
use model::{Actor, ApiKeyId, ConnectSession, Environment};

use crate::keys_seen::Known;
use crate::{Engine, Error};

/// The holder of an API key.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The environment the key opens.
    pub environment: Environment,
    /// The key.
    pub key: ApiKeyId,
    /// Shared with the table of keys seen, because a key may have many scopes and every request makes a caller.
    known: Arc<Known>,
}

impl Caller {
    /// The caller with a right, or a refusal that names it.
    pub fn grant<R: Right>(self) -> Result<Grant<R>, Error> {
        if R::ANY_OF.iter().any(|scope| self.holds(*scope)) {
            return Ok(Grant { caller: self, right: PhantomData });
        }
        let wanted: Vec<_> = R::ANY_OF.iter().map(|scope| scope.as_str()).collect();
        Err(Error::Denied(format!("this API key lacks the scope {}", wanted.join(" or "))))
    }

    /// Whether the key holds a further right, for answers that grow with it.
    pub fn holds(&self, scope: Scope) -> bool {
        self.known.key.scopes.allow(scope)
    }

    /// The caller in the audit trail.
    pub fn actor(&self) -> Actor {
        Actor::Key(self.key)
    }
}

/// The browser of an end user, in a connect session.
#[derive(Debug, Clone)]
pub struct SessionCaller {
    /// The environment of the session.
    pub environment: Environment,
    /// The session.
    pub session: ConnectSession,
}

impl SessionCaller {
    /// The caller in the audit trail.
    pub fn actor(&self) -> Actor {
        Actor::Session(self.session.id)
    }
}

/// A right, and the scopes of which any one gives it.
pub trait Right: Send + Sync + 'static {
    /// Holding one of these is enough.
    const ANY_OF: &'static [Scope];
}

/// A caller known to hold a right.
#[derive(Debug, Clone)]
pub struct Grant<R> {
    caller: Caller,
    right: PhantomData<R>,
}

impl<R> Deref for Grant<R> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// The rights that use cases name.
pub mod right {
    use super::{Right, Scope};

    macro_rules! rights {
        ($($(#[$doc:meta])* $name:ident = $($scope:ident)|+;)+) => {$(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Right for $name {
                const ANY_OF: &'static [Scope] = &[$(Scope::$scope),+];
            }
        )+};
    }

    rights! {
        /// See which integrations there are.
        ListIntegrations = IntegrationsList | IntegrationsListCredentials;
        /// Read one integration.
        ReadIntegration = IntegrationsRead | IntegrationsReadCredentials;
        /// Create an integration.
        CreateIntegration = IntegrationsCreate;
        /// Change an integration.
        UpdateIntegration = IntegrationsUpdate;
        /// Delete an integration.
        DeleteIntegration = IntegrationsDelete;
        /// Create connect sessions.
        CreateSession = ConnectSessionsWrite;
        /// See which connections there are.
        ListConnections = ConnectionsList | ConnectionsListCredentials;
        /// Read one connection; the credential only with `read_credentials`.
        ReadConnection = ConnectionsRead | ConnectionsReadCredentials;
        /// Import a connection.
        CreateConnection = ConnectionsCreate;
        /// Change a connection.
        UpdateConnection = ConnectionsUpdate;
        /// Delete a connection.
        DeleteConnection = ConnectionsDelete;
        /// Read webhook settings.
        ReadWebhooks = WebhooksRead;
        /// Change webhook settings.
        UpdateWebhooks = WebhooksUpdate;
        /// Rotate the webhook signing key.
        RotateSigningKey = WebhookSigningKeyRotate;
        /// Read the audit trail.
        ReadAudit = LogsRead;
        /// Read the environment's settings.
        ReadEnvironment = SettingsRead;
        /// Change the environment's settings.
        UpdateEnvironment = SettingsUpdate;
    }
}

/// Why a bearer token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Not the form of an API key.
    #[error(
        "the API key does not have the form of a Claviger key (clv_…); check for a typo or a missing part"
    )]
    KeyFormat,
    /// Well formed, but unknown, expired or revoked.
    #[error("the API key is unknown, expired or revoked")]
    UnknownKey,
    /// Not the form of a session token.
    #[error("the connect session token does not have the form clv_cs_…")]
    SessionFormat,
    /// Well formed, but unknown, expired or deleted.
    #[error("the connect session is unknown or has expired; create a new one")]
    UnknownSession,
}

impl Engine {
    /// Finds the holder of an API key.
    pub async fn authenticate_key(&self, text: &str) -> Result<Caller, AuthOutage> {
        let now = self.ports().now();
        let presented = token::hash(text);
        let known = match self.keys_seen().find(&presented, now) {
            Some(known) => known,
            // Boxed, because futures are moved, this one is large, and most requests never come here.
            None => Box::pin(self.meet_key(text, presented, now)).await?,
        };
        if !known.key.is_live(now) {
            return Err(AuthError::UnknownKey.into());
        }
        self.usage().key_used(known.key.id, now);
        Ok(Caller { environment: known.environment.clone(), key: known.key.id, known })
    }

    /// Finds the session of a connect session token.
    pub async fn authenticate_session(&self, text: &str) -> Result<SessionCaller, AuthOutage> {
        if token::session_token_form(text) != SessionTokenForm::WellFormed {
            return Err(AuthError::SessionFormat.into());
        }
        let session = store::sessions::find_by_token(self.store(), &token::hash(text)).await?;
        let session = session.filter(|session| self.ports().now() < session.expires_at);
        let Some(session) = session else { return Err(AuthError::UnknownSession.into()) };
        let environment = store::environments::find(self.store(), session.environment).await?;
        let environment = environment.ok_or(AuthError::UnknownSession)?;
        Ok(SessionCaller { environment, session })
    }

    /// Looks up a presented key and remembers it.
    async fn meet_key(
        &self,
        text: &str,
        presented: TokenHash,
        now: Timestamp,
    ) -> Result<Arc<Known>, AuthOutage> {
        let token = ApiKeyToken::parse(text).ok_or(AuthError::KeyFormat)?;
        let key = store::api_keys::find_by_public_id(self.store(), &token.public_id).await?;
        let key = key.filter(|key| vault::constant_time_eq(&key.hash, &presented));
        let key = key.ok_or(AuthError::UnknownKey)?;
        let environment = store::environments::find(self.store(), key.environment).await?;
        let known = Arc::new(Known { key, environment: environment.ok_or(AuthError::UnknownKey)? });
        self.keys_seen().keep(presented, Arc::clone(&known), now);
        Ok(known)
    }
}

/// Authentication failed, or could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum AuthOutage {
    /// The token opens nothing.
    #[error(transparent)]
    Refused(#[from] AuthError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
}
