//! Removing what has ended: sessions and flows that nobody can use any more, and events that were given up long ago.

use jiff::SignedDuration;

use crate::Engine;
use crate::error::Error;

/// Ended rows are kept a day, so that a late visitor is told «expired» and not «unknown».
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Events that could not be delivered are kept a month, for whoever looks into why.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Engine {
    pub(crate) async fn purge(&self) -> Result<(), Error> {
        let now = self.ports().now();
        let before = now - KEPT;
        let mut tx = self.store().begin().await?;
        let flows = store::flows::purge(&mut tx, before).await?;
        let sessions = store::sessions::purge(&mut tx, before).await?;
        let events = store::outbox::purge(&mut tx, now - EVENTS_KEPT).await?;
        tx.commit().await?;
        if flows + sessions + events > 0 {
            tracing::debug!(flows, sessions, events, "ended rows were removed");
        }
        Ok(())
    }
}
