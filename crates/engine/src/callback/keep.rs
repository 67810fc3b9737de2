//! From what was granted to a stored connection.

use std::sync::Arc;

use protocol::after_token::Context;
use protocol::{Client, Credential};
use serde_json::{Map, Value};

use super::failure::{CallbackFailure, FailureKind, Setback, failure, internal};
use super::returned::Returned;
use crate::connect::Connected;
use crate::error::Error;
use crate::integrations::connection_key;
use crate::introspect::End;
use crate::save::Save;
use crate::seals::SecretMap;
use crate::token_calls::sooner;
use crate::{Engine, entered};

/// What the provider granted.
pub(crate) struct Granted {
    pub(crate) credential: Credential,
    /// Connection fields by their name on the wire, with those that the answers brought.
    pub(crate) config: Map<String, Value>,
    /// Scopes that were asked for and not granted.
    pub(crate) missing_scopes: Vec<String>,
    /// The client that the grant was given to.
    pub(crate) client: Client,
}

/// Why there is no grant, and how it is told.
pub(crate) enum Stop {
    /// A step at the provider came to nothing.
    Setback(Setback),
    /// It has been decided how to tell it.
    Told(String, Box<CallbackFailure>),
    /// It has been told.
    Done(Box<CallbackFailure>),
}

impl From<Setback> for Stop {
    fn from(setback: Setback) -> Self {
        Self::Setback(setback)
    }
}

impl Engine {
    pub(super) async fn stopped(&self, returned: &Returned, stop: Stop) -> CallbackFailure {
        match stop {
            Stop::Setback(setback) => self.set_back(returned, setback).await,
            Stop::Told(code, failure) => self.fail(returned, &code, *failure).await,
            Stop::Done(failure) => *failure,
        }
    }

    /// Stores what was granted. It is whole by then but for what has to be asked with it.
    pub(crate) async fn keep(
        &self,
        returned: Returned,
        mut granted: Granted,
    ) -> Result<Connected, CallbackFailure> {
        let internal = || CallbackFailure {
            session: Some(returned.by.session.id),
            integration: Some(returned.integration.key.clone()),
            ..internal()
        };
        let key = connection_key(&returned.content.connection_key).map_err(|_| internal())?;
        let end = self.tried(&returned, &mut granted).await?;
        // Look-ups after connecting belong here: a second token may need what they find.
        if let Err(error) = self.add_second_token(&returned, &mut granted).await {
            tracing::error!(%error, "a second token could not be asked for");
        }
        let Granted { credential, config, missing_scopes, .. } = granted;
        let new = Save {
            missing_scopes,
            ..Save::of_session(
                &returned.by,
                returned.integration.clone(),
                Arc::clone(&returned.provider),
                key,
                credential,
                config,
            )
        };
        let saved = match self.save_connected(new, end).await {
            Ok(saved) => saved,
            Err(Error::Refused(_)) => {
                let failure = failure(
                    FailureKind::Rejected,
                    "The connection no longer exists",
                    "It was deleted while you were away, so nothing was stored. Go back to the app and connect anew.",
                );
                return Err(self.fail(&returned, "connection_gone", failure).await);
            }
            Err(error) => {
                tracing::error!(%error, "a new credential could not be stored");
                return Err(internal());
            }
        };
        Ok(saved.connected(returned.by.session.id, returned.integration.key))
    }

    /// Tries what was granted where the provider has a check, and asks when it ends where that was not said. A provider
    /// that cannot be asked just now has granted it all the same: the code is spent, so the grant is kept.
    async fn tried(&self, returned: &Returned, granted: &mut Granted) -> Result<End, CallbackFailure> {
        let Returned { integration, provider, .. } = returned;
        // A plugin's own credential was tried before it was taken for that of the installation.
        if matches!(granted.credential, Credential::Basic { .. }) {
            return Ok(End::Settled);
        }
        let fields = match self.all_fields(provider, integration, &granted.config, &SecretMap::new()) {
            Ok(fields) => fields,
            Err(error) => return Err(self.unresolved(returned, error).await),
        };
        let client = Some(&granted.client);
        match self.verify(provider, &granted.credential, &fields, client).await {
            Ok(()) => {}
            Err(Error::Refused(refusal)) => return Err(self.disproved(returned, refusal.message).await),
            Err(error) => {
                tracing::warn!(%error, integration = %integration.key, "a new credential could not be checked");
            }
        }
        match self.learn_end(provider, &granted.credential, client, &fields).await {
            End::At(end) => {
                granted.credential = granted.credential.clone().with_end(end);
                Ok(End::Settled)
            }
            End::Over(message) => Err(self.disproved(returned, message).await),
            end @ (End::Settled | End::Open(_)) => Ok(end),
        }
    }

    async fn disproved(&self, returned: &Returned, said: String) -> CallbackFailure {
        let failure = CallbackFailure {
            retry: true,
            provider_said: Some(said),
            ..failure(
                FailureKind::Provider,
                &format!("{} does not take its own credential", returned.provider.name),
                "Nothing was stored. Please try again; if it happens again, tell the app's support.",
            )
        };
        self.fail(returned, "credential_rejected", failure).await
    }

    /// The token for another audience stands among the connection's fields, and the credential is due when the first
    /// of the two ends.
    async fn add_second_token(&self, returned: &Returned, granted: &mut Granted) -> Result<(), Error> {
        let Returned { integration, provider, .. } = returned;
        let Credential::OAuth2(tokens) = &mut granted.credential else { return Ok(()) };
        if provider.second_token.is_none() {
            return Ok(());
        }
        let fields = self.all_fields(provider, integration, &granted.config, &SecretMap::new())?;
        let context = Context { provider, client: &granted.client, fields: &fields };
        if let Some(second) = self.second_token(context, tokens).await {
            tokens.expires_at = sooner(tokens.expires_at, second.expires_at);
            let name = entered::wire_name(provider, &second.field);
            granted.config.insert(name, Value::String(second.access_token.into_inner()));
        }
        Ok(())
    }
}
