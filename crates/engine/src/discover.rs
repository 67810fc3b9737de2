//! Providers made concrete: the generic ones from the operator's inputs and, where only an issuer is given, from the
//! issuer's metadata (RFC 8414), remembered for an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Provider;
use egress::Limits;
use jiff::{SignedDuration, Timestamp};
use model::Integration;
use protocol::discovery::{self, Metadata};
use protocol::resolve;

use crate::Engine;
use crate::error::{Error, Rule};

const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
const MOST_ISSUERS: usize = 1000;

/// Metadata read lately, by issuer.
#[derive(Debug, Default)]
pub(crate) struct Discovered(Mutex<HashMap<String, (Arc<Metadata>, Timestamp)>>);

impl Discovered {
    fn find(&self, issuer: &str, now: Timestamp) -> Option<Arc<Metadata>> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (metadata, read_at) = table.get(issuer)?;
        (now.duration_since(*read_at).abs() < BELIEVED).then(|| Arc::clone(metadata))
    }

    fn keep(&self, issuer: &str, metadata: &Arc<Metadata>, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST_ISSUERS {
            table.clear();
        }
        table.insert(issuer.to_owned(), (Arc::clone(metadata), now));
    }
}

impl Engine {
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
        if let Some(known) = self.0.discovered.find(issuer, now) {
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
                        self.0.discovered.keep(issuer, &metadata, now);
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
