//! The identifier that an AWS role asks for, so that nobody else can have us assume it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>).
//!
//! It is ours to choose: whoever could choose it could name the identifier of somebody else's role. It is made and
//! stored with the session before it is shown, so that the one that the end user writes into the role is the one that
//! is presented. A connection that is authorized again keeps its own.

use catalog::{AuthMode, Provider};
use model::Connection;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Chosen;
use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Thing};
use crate::seals::Place;

pub(super) const EXTERNAL_ID: &str = "external_id";
/// What a connection that is authorized again keeps.
const PINNED: [&str; 2] = [EXTERNAL_ID, "region"];
const MOST_TRIES: u32 = 5;

impl Engine {
    /// The choice with the external identifier among its defaults, which a browser cannot change. Nothing changes for
    /// providers that know none.
    pub(super) async fn with_external_id(
        &self,
        by: &SessionCaller,
        mut chosen: Chosen,
        provider: &Provider,
    ) -> Result<Chosen, Error> {
        if provider.auth != AuthMode::AwsSigv4 {
            return Ok(chosen);
        }
        let config = chosen.defaults.connection_config.get_or_insert_default();
        if let Some(old) = self.target(by).await? {
            for name in PINNED {
                if let Some(value) = old.config.get(name) {
                    config.insert(name.to_owned(), value.clone());
                }
            }
        }
        if !is_known(config) {
            let id = self.stored_external_id(by, chosen.integration.key.as_str()).await?;
            config.insert(EXTERNAL_ID.to_owned(), Value::String(id));
        }
        Ok(chosen)
    }

    /// The connection that the session authorizes again.
    async fn target(&self, by: &SessionCaller) -> Result<Option<Connection>, Error> {
        let Some(target) = by.session.reconnects else { return Ok(None) };
        Ok(store::connections::find_by_id(self.store(), by.environment.id, target).await?)
    }

    /// The identifier in the session's defaults; a new one is stored first. Of two pages that are opened at once both
    /// show the same.
    async fn stored_external_id(&self, by: &SessionCaller, integration: &str) -> Result<String, Error> {
        for _ in 0..MOST_TRIES {
            let session = store::sessions::find(self.store(), by.session.id).await?;
            let session = session.ok_or(Error::NotFound(Thing::Session))?;
            let mut defaults = self.open_defaults(&session)?;
            let config =
                defaults.entry(integration.to_owned()).or_default().connection_config.get_or_insert_default();
            if let Some(known) = config.get(EXTERNAL_ID).and_then(Value::as_str).filter(|_| is_known(config))
            {
                return Ok(known.to_owned());
            }
            let id = self.ports().connection_key().to_string();
            config.insert(EXTERNAL_ID.to_owned(), Value::String(id.clone()));
            let sealed =
                self.seal_defaults(&Place::session_defaults(by.environment.id, session.id.0), &defaults);
            let mut tx = self.store().begin().await?;
            let (environment, old) = (by.environment.id, &session.defaults);
            if store::sessions::replace_defaults(&mut tx, environment, session.id, old, &sealed).await? {
                tx.commit().await?;
                return Ok(id);
            }
        }
        Err(Error::Unavailable)
    }
}

/// Whether there is an identifier that nobody guesses: the app's server may bring one, as a UUID.
fn is_known(config: &Map<String, Value>) -> bool {
    config.get(EXTERNAL_ID).and_then(Value::as_str).is_some_and(|id| Uuid::try_parse(id).is_ok())
}
