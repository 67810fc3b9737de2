//! The audit trail's writer: entries of many requests are committed together.
//!
//! A caller waits until its entry is durable and only then answers; while one group is being written the next one
//! gathers, so that the cost of a commit is shared by all who wait. A trail with a journal takes them at the cost of a line
//! in a file, and here they are only folded into its table from time to time.

use std::time::Duration;

use futures_util::future::join_all;
use model::audit::Action;
use model::{Actor, AuditEntry, AuditId, EnvironmentId};
use store::{AuditLog, Tx};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::actor::{Grant, right};
use crate::{Engine, Error};

/// Entries that may wait; beyond that callers wait for a place.
const QUEUE: usize = 4096;
/// Entries written together at most.
const GROUP: usize = 512;
/// How long entries gather in the journal before they are folded.
const FOLD_AFTER: Duration = Duration::from_millis(250);
/// How long a fold that failed waits.
const FOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);

type Waiting = (AuditEntry, oneshot::Sender<bool>);

/// Hands entries to the task that writes them.
pub(crate) struct AuditWriter {
    queue: mpsc::Sender<Waiting>,
    log: AuditLog,
    /// Ends the folding when the writer is dropped.
    _folding: DropGuard,
}

impl AuditWriter {
    /// Starts the tasks. They end when the writer is dropped and what it was given is written.
    pub(crate) fn start(log: AuditLog, tasks: &TaskTracker) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tasks.spawn(write(log.clone(), waiting));
        let closed = CancellationToken::new();
        tasks.spawn(fold_until(closed.clone(), log.clone()));
        Self { queue, log, _folding: closed.drop_guard() }
    }

    async fn record(&self, entry: AuditEntry) -> Result<(), Error> {
        match self.log.note(entry).await? {
            None => Ok(()),
            // Boxed, so that where there is a journal this costs a read nothing.
            Some(entry) => Box::pin(self.enqueue(entry)).await,
        }
    }

    async fn enqueue(&self, entry: AuditEntry) -> Result<(), Error> {
        let (done, written) = oneshot::channel();
        self.queue.send((entry, done)).await.map_err(|_| Error::Unavailable)?;
        if written.await.unwrap_or(false) { Ok(()) } else { Err(Error::Unavailable) }
    }
}

async fn write(log: AuditLog, mut waiting: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let (entries, callers): (Vec<_>, Vec<_>) = group.drain(..).unzip();
        let written = match log.append(&entries).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, entries = entries.len(), "audit entries could not be written");
                false
            }
        };
        for caller in callers {
            // A caller that went away no longer asks.
            let _ = caller.send(written);
        }
    }
}

/// What is folded.
trait Journal {
    /// Waits until there is something to fold.
    fn noted(&self) -> impl Future<Output = ()> + Send;

    /// Folds what there is at this moment.
    fn fold(&self) -> impl Future<Output = Result<(), store::Error>> + Send;
}

impl Journal for AuditLog {
    async fn noted(&self) {
        self.noted().await;
    }

    async fn fold(&self) -> Result<(), store::Error> {
        self.fold().await
    }
}

/// Folds the journal from time to time, and a last time after it was closed.
async fn fold_until(closed: CancellationToken, journal: impl Journal) {
    let mut pause = FOLD_AFTER;
    loop {
        let gathered = async {
            journal.noted().await;
            tokio::time::sleep(pause).await;
        };
        // Asked before the fold: one that is under way when the journal is closed may miss what came last.
        let is_last = tokio::select! {
            () = gathered => false,
            () = closed.cancelled() => true,
        };
        pause = match journal.fold().await {
            Ok(()) => FOLD_AFTER,
            Err(error) => {
                tracing::error!(%error, "the journal of the audit trail could not be folded and waits");
                FOLD_AGAIN_AFTER
            }
        };
        if is_last {
            return;
        }
    }
}

/// What happened, before it has an id and a time.
pub(crate) struct Event<'a> {
    pub(crate) environment: EnvironmentId,
    pub(crate) actor: Actor,
    pub(crate) action: Action,
    pub(crate) subject: &'a str,
    pub(crate) detail: Option<String>,
}

impl Engine {
    /// Writes an entry and waits until it is durable.
    pub(crate) async fn record(&self, event: Event<'_>) -> Result<(), Error> {
        self.0.audit.record(self.entry(event)).await
    }

    /// Commits a change and writes its entry. Both run to their end even when the request that asked for the change
    /// goes away between the two, so that no change is without a trace.
    pub(crate) async fn commit(&self, tx: Tx, event: Event<'_>) -> Result<(), Error> {
        self.commit_all(tx, vec![self.entry(event)]).await
    }

    /// [`Engine::commit`] for a change with several entries.
    pub(crate) async fn commit_all(&self, tx: Tx, entries: Vec<AuditEntry>) -> Result<(), Error> {
        let engine = self.clone();
        self.to_the_end(async move {
            tx.commit().await?;
            let written = entries.into_iter().map(|entry| engine.0.audit.record(entry));
            join_all(written).await.into_iter().collect()
        })
        .await
    }

    /// An entry of now.
    pub(crate) fn entry(&self, event: Event<'_>) -> AuditEntry {
        AuditEntry {
            id: AuditId(self.ports().row_id()),
            environment: event.environment,
            at: self.ports().now(),
            actor: event.actor.to_string(),
            action: event.action.as_str().into(),
            subject: event.subject.to_owned(),
            detail: event.detail,
        }
    }

    /// The newest entries of the environment, at most `limit` (1 to 1000), older than `before`.
    pub async fn audit_trail(
        &self,
        by: &Grant<right::ReadAudit>,
        limit: u32,
        before: Option<AuditId>,
    ) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.0.audit.log.list(by.environment.id, limit.clamp(1, 1000), before).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A journal that is closed while its first fold is under way.
    struct ClosedMeanwhile<'a> {
        closed: CancellationToken,
        folds: &'a AtomicUsize,
    }

    impl Journal for ClosedMeanwhile<'_> {
        async fn noted(&self) {}

        async fn fold(&self) -> Result<(), store::Error> {
            self.closed.cancel();
            self.folds.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_noted_during_a_fold_is_folded_even_when_the_journal_is_closed_then() {
        let closed = CancellationToken::new();
        let folds = AtomicUsize::new(0);
        fold_until(closed.clone(), ClosedMeanwhile { closed, folds: &folds }).await;
        assert_eq!(folds.into_inner(), 2);
    }
}
