//! The app's own data on a connection: set as a whole, or merged key by key.

use model::audit::Action;
use model::{Connection, ConnectionKey, IntegrationKey};
use serde_json::{Map, Value};

use crate::Engine;
use crate::actor::{Grant, right};
use crate::audit::Event;
use crate::error::{Error, Thing};

/// How metadata is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataWrite {
    /// What was there is gone.
    Replace,
    /// Top-level keys are laid over what was there.
    Merge,
}

impl Engine {
    /// Writes metadata of several connections: all of them, or none when one is unknown.
    pub async fn write_metadata(
        &self,
        by: &Grant<right::UpdateConnection>,
        integration: &IntegrationKey,
        keys: &[ConnectionKey],
        metadata: &Map<String, Value>,
        write: MetadataWrite,
    ) -> Result<(), Error> {
        let environment = by.environment.id;
        let found = store::integrations::find(self.store(), environment, integration).await?;
        let integration = found.ok_or(Error::NotFound(Thing::Connection))?;
        let mut tx = self.store().begin().await?;
        let found =
            store::connections::find_all_to_change(&mut tx, environment, integration.id, keys).await?;
        let connections = found.ok_or(Error::NotFound(Thing::Connection))?;
        for connection in &connections {
            let mut written = match write {
                MetadataWrite::Replace => Map::new(),
                MetadataWrite::Merge => connection.metadata.clone().unwrap_or_default(),
            };
            written.extend(metadata.clone());
            store::connections::set_metadata(&mut tx, environment, connection.id, &written).await?;
        }
        let entry = |connection: &Connection| {
            self.entry(Event {
                environment,
                actor: by.actor(),
                action: Action::ConnectionUpdated,
                subject: &connection.id.to_string(),
                detail: Some("metadata".to_owned()),
            })
        };
        self.commit_all(tx, connections.iter().map(entry).collect()).await
    }
}
