//! One server for each SQLite store, kept by a lock on a file beside it. The lock goes with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};

use anyhow::{Context as _, bail};

use crate::config::Settings;

/// The lock; held as long as it lives.
pub(crate) struct Sole {
    _held: File,
}

impl Sole {
    /// Takes the lock, or refuses because another server has it.
    pub(crate) fn take(settings: &Settings) -> anyhow::Result<Self> {
        let path = settings.data_dir.join("server.lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.with_context(|| format!("{} cannot be made", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another claviger server runs on {}; SQLite serves one, PostgreSQL serves several",
                settings.data_dir.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}
