//! A flow that came back, with everything it belongs to.

use std::sync::Arc;

use catalog::Provider;
use model::{Integration, PendingFlow};

use super::failure::{CallbackFailure, internal};
use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::Error;
use crate::seals::FlowContent;

/// A flow that came back, with everything it belongs to.
pub(crate) struct Returned {
    pub(crate) by: SessionCaller,
    pub(crate) integration: Integration,
    pub(crate) provider: Arc<Provider>,
    pub(crate) pending: PendingFlow,
    pub(crate) content: FlowContent,
}

impl Engine {
    pub(crate) async fn returned(&self, pending: PendingFlow) -> Result<Returned, CallbackFailure> {
        self.load_returned(pending).await.map_err(|error| {
            tracing::error!(%error, "a returning flow could not be loaded");
            internal()
        })
    }

    async fn load_returned(&self, pending: PendingFlow) -> Result<Returned, Error> {
        let gone = || Error::NotFound(crate::Thing::Session);
        let session = store::sessions::find(self.store(), pending.session).await?.ok_or_else(gone)?;
        let environment =
            store::environments::find(self.store(), pending.environment).await?.ok_or_else(gone)?;
        let integration =
            store::integrations::find_by_id(self.store(), pending.environment, pending.integration).await?;
        let integration = integration.ok_or(Error::NotFound(crate::Thing::Integration))?;
        let provider = self.provider_of(&integration)?;
        let content = self.open_flow(&pending)?;
        Ok(Returned { by: SessionCaller { environment, session }, integration, provider, pending, content })
    }

    /// The same with its provider as the connection will use it.
    pub(crate) async fn concrete(&self, returned: Returned) -> Result<Returned, CallbackFailure> {
        match self.resolved_for(&returned.integration, &returned.content.config).await {
            Ok(provider) => Ok(Returned { provider, ..returned }),
            Err(error) => Err(self.unresolved(&returned, error).await),
        }
    }
}
