//! Removing what has ended: sessions and flows that nobody can use any more.

use jiff::SignedDuration;

use crate::Engine;
use crate::error::Error;

/// Ended rows are kept a day, so that a late visitor is told «expired» and not «unknown».
const KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Engine {
    pub(crate) async fn purge(&self) -> Result<(), Error> {
        let before = self.ports().now() - KEPT;
        let mut tx = self.store().begin().await?;
        let flows = store::flows::purge(&mut tx, before).await?;
        let sessions = store::sessions::purge(&mut tx, before).await?;
        tx.commit().await?;
        if flows + sessions > 0 {
            tracing::debug!(flows, sessions, "ended rows were removed");
        }
        Ok(())
    }
}
