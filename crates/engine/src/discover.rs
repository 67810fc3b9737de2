//! Providers made concrete: the generic ones from the operator's inputs and, where only an issuer is given, from the
//! issuer's metadata (RFC 8414), remembered for an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Provider;
use egress::Limits;
use jiff::{SignedDuration, Timestamp};
use model::Integration;
use protocol::discovery::{self, Metadata};
use protocol::{mcp, resolve};
use serde_json::{Map, Value};

use crate::Engine;
use crate::client::may_be_registered;
use crate::error::{Error, Rule};

const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
const MOST_REMEMBERED: usize = 1000;

/// What was read lately.
#[derive(Default)]
pub(crate) struct Discovered {
    /// By issuer.
    issuers: Remembered<Metadata>,
    /// By the address of a server of the Model Context Protocol.
    pub(crate) servers: Remembered<mcp::Server>,
}

/// Documents by where they were read.
pub(crate) struct Remembered<T>(Mutex<HashMap<String, (Arc<T>, Timestamp)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Remembered<T> {
    pub(crate) fn find(&self, place: &str, now: Timestamp) -> Option<Arc<T>> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (document, read_at) = table.get(place)?;
        (now.duration_since(*read_at).abs() < BELIEVED).then(|| Arc::clone(document))
    }

    pub(crate) fn keep(&self, place: &str, document: &Arc<T>, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST_REMEMBERED {
            table.clear();
        }
        table.insert(place.to_owned(), (Arc::clone(document), now));
    }
}

impl Engine {
    /// The provider as one connection uses it, ready to build requests from: a connection may name the server.
    pub(crate) async fn resolved_for(
        &self,
        integration: &Integration,
        config: &Map<String, Value>,
    ) -> Result<Arc<Provider>, Error> {
        let provider = self.provider_of(integration)?;
        if may_be_registered(&provider) {
            return self.resolved_mcp(integration, &provider, config).await;
        }
        self.resolved(integration).await
    }

    /// The provider of an integration, ready to build requests from.
    pub(crate) async fn resolved(&self, integration: &Integration) -> Result<Arc<Provider>, Error> {
        let provider = self.provider_of(integration)?;
        let metadata = match resolve::needs_metadata(&provider, &integration.config) {
            Some(issuer) => Some(self.metadata(&issuer).await?),
            None => None,
        };
        resolve::provider(&provider, &integration.config, metadata.as_deref())
            .map(Arc::new)
            .map_err(|error| Error::refused(Rule::Draft, format!("the integration cannot be used: {error}")))
    }

    async fn metadata(&self, issuer: &str) -> Result<Arc<Metadata>, Error> {
        let now = self.ports().now();
        if let Some(known) = self.0.discovered.issuers.find(issuer, now) {
            return Ok(known);
        }
        let requests = discovery::requests(issuer).map_err(|error| {
            self.upstream("discovery_failed", format!("the issuer cannot be used: {error}"))
        })?;
        let mut last = "no metadata was found".to_owned();
        for request in requests {
            match self.send(request, &Limits::metadata()).await {
                Ok(response) => match discovery::outcome(issuer, &response) {
                    Ok(metadata) => {
                        let metadata = Arc::new(metadata);
                        self.0.discovered.issuers.keep(issuer, &metadata, now);
                        return Ok(metadata);
                    }
                    Err(error) => last = error.to_string(),
                },
                Err(no_answer) => last = no_answer.message,
            }
        }
        Err(self.upstream("discovery_failed", format!("the issuer's metadata could not be read: {last}")))
    }
}
