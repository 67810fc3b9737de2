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
}

impl Engine {
    /// Writes what has gathered. A crash loses at most the uses since the last time.
    pub(crate) async fn flush_usage(&self) -> Result<(), Error> {
        let latest = self.usage().take();
        if latest.keys.is_empty() && latest.connections.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = latest.keys.into_iter().collect();
        let connections: Vec<_> = latest.connections.into_iter().collect();
        let mut tx = self.store().begin().await?;
        store::api_keys::touch(&mut tx, &keys).await?;
        store::connections::touch(&mut tx, &connections).await?;
        tx.commit().await?;
        Ok(())
    }
}
