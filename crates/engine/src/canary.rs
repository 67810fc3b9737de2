//! Proof that the master key is the one the store was made with.
//!
//! A known text is sealed when a store is new. A later start must be able to open it; otherwise nothing is started and
//! nothing is changed, because values sealed with a second key would split the store.

use model::EnvironmentId;
use store::{Location, OpenError, Store};
use uuid::Uuid;
use vault::{Context, KeyRing, Sealed};

use crate::ports::Ports;

const TEXT: &[u8] = b"claviger canary 1";

/// Why the start was refused.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// The store was made with another key.
    #[error(
        "the master key does not open this store: give the key the store was created with (nothing was changed)"
    )]
    WrongKey,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The store could not be looked at.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Opens the canary, or plants it in a store that has none.
pub(crate) async fn prove(store: &Store, keys: &KeyRing, ports: &Ports) -> Result<(), CanaryError> {
    if let Some((row, sealed)) = store::canary::find(store).await? {
        return open(keys, row, &sealed);
    }
    let row = ports.row_id();
    let sealed = keys.seal(&context(row), TEXT, ports.random());
    let mut tx = store.begin().await?;
    match store::canary::create(&mut tx, row, &sealed).await {
        Ok(()) => Ok(tx.commit().await?),
        // Another node planted one at the same moment: its key counts.
        Err(store::Error::Conflict(_)) => {
            drop(tx);
            let (row, sealed) = store::canary::find(store).await?.ok_or(CanaryError::WrongKey)?;
            open(keys, row, &sealed)
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks the key against a database before it is opened for work, and changes nothing there. `false` when the
/// database has no canary yet.
pub async fn check(location: &Location, keys: &KeyRing) -> Result<bool, CanaryError> {
    match store::canary::glance(location).await? {
        Some((row, sealed)) => open(keys, row, &sealed).map(|()| true),
        None => Ok(false),
    }
}

fn open(keys: &KeyRing, row: Uuid, sealed: &Sealed) -> Result<(), CanaryError> {
    match keys.open(&context(row), sealed) {
        Ok(text) if text.expose() == TEXT => Ok(()),
        Ok(_) | Err(_) => Err(CanaryError::WrongKey),
    }
}

fn context(row: Uuid) -> Context<'static> {
    let environment = EnvironmentId(Uuid::nil()).bytes();
    Context { table: "canary", column: "sealed", environment, row: row.into_bytes(), version: 1 }
}
