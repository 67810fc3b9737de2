//! The client of an integration: the operator's own, or the one that was registered at a server of the Model Context
//! Protocol.

use catalog::Provider;
use catalog::provider::AuthMode;
use model::Integration;
use model::integration::CLIENT_SECRET;
use protocol::{Client, Credential, OAuth2Tokens};

use crate::Engine;
use crate::error::Error;

/// Whether the client may be one that was registered, and not entered.
pub(crate) const fn may_be_registered(provider: &Provider) -> bool {
    matches!(provider.auth, AuthMode::McpOauth2 | AuthMode::McpOauth2Discovery)
}

impl Engine {
    /// The client that the operator entered, with its secret.
    pub(crate) fn own_client(&self, integration: &Integration) -> Result<Client, Error> {
        let secret = self.open_integration(integration)?.remove(CLIENT_SECRET);
        Ok(Client { id: integration.client_id.clone().unwrap_or_default(), secret })
    }

    /// The client of this identifier, as far as it still is the integration's. A code can be redeemed by nobody else,
    /// so for an unknown one the own client is given, which the exchange refuses.
    pub(crate) fn client_named(
        &self,
        integration: &Integration,
        provider: &Provider,
        id: &str,
    ) -> Result<Client, Error> {
        if may_be_registered(provider)
            && integration.client_id.as_deref() != Some(id)
            && let Some(registered) = self.registered_client(integration, id)?
        {
            return Ok(registered);
        }
        self.own_client(integration)
    }

    /// The client that a grant was given to.
    pub(crate) fn client_of(
        &self,
        integration: &Integration,
        tokens: &OAuth2Tokens,
    ) -> Result<Client, Error> {
        match &tokens.client_override {
            Some(client) => Ok(client.clone()),
            None => self.own_client(integration),
        }
    }

    /// The client that a credential of any kind is used with: the one it was made for, else the integration's, where it
    /// has one.
    pub(crate) fn client_with(
        &self,
        integration: &Integration,
        credential: &Credential,
    ) -> Result<Option<Client>, Error> {
        let own = if let Credential::OAuth1TokenBased { client_override, .. } = credential {
            client_override.as_ref()
        } else {
            credential.tokens().and_then(|tokens| tokens.client_override.as_ref())
        };
        match own {
            Some(client) => Ok(Some(client.clone())),
            None => Ok(Some(self.own_client(integration)?).filter(|client| !client.id.is_empty())),
        }
    }
}
