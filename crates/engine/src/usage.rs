//! When keys and connections were last used: gathered in memory, written in batches, so that reading costs no write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use model::{ApiKeyId, ConnectionId};

use crate::{Engine, Error};

/// Latest uses not yet written.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Latest>);

#[derive(Debug, Default)]
struct Latest {
    keys: HashMap<ApiKeyId, Timestamp>,
    connections: HashMap<ConnectionId, Timestamp>,
}

impl Usage {
    pub(crate) fn key_used(&self, key: ApiKeyId, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys.insert(key, at);
    }

    pub(crate) fn connection_fetched(&self, connection: ConnectionId, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).connections.insert(connection, at);
    }

    fn take(&self) -> Latest {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What could not be written waits for the next time; uses seen meanwhile are later and stay.
    fn put_back(&self, unwritten: Latest) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, at) in unwritten.keys {
            latest.keys.entry(key).or_insert(at);
        }
        for (connection, at) in unwritten.connections {
            latest.connections.entry(connection).or_insert(at);
        }
    }
}

impl Engine {
    /// Writes what has gathered. A crash loses at most the uses since the last time.
    pub(crate) async fn flush_usage(&self) -> Result<(), Error> {
        let latest = self.usage().take();
        if latest.keys.is_empty() && latest.connections.is_empty() {
            return Ok(());
        }
        let written = self.write_usage(&latest).await;
        if written.is_err() {
            self.usage().put_back(latest);
        }
        Ok(written?)
    }

    async fn write_usage(&self, latest: &Latest) -> Result<(), store::Error> {
        let keys: Vec<_> = latest.keys.iter().map(|(id, at)| (*id, *at)).collect();
        let connections: Vec<_> = latest.connections.iter().map(|(id, at)| (*id, *at)).collect();
        let mut tx = self.store().begin().await?;
        store::api_keys::touch(&mut tx, &keys).await?;
        store::connections::touch(&mut tx, &connections).await?;
        tx.commit().await
    }
}
