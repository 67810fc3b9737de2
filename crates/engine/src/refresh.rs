//! Refreshing a credential: one at a time for each connection, on this node and on all.
//!
//! On this node everyone who asks while a refresh runs waits for that one. Between nodes a lease in the connection's
//! row decides; it names the version it was taken for, and the result is stored only if that version still stands.
//! Whoever gets the lease looks at the row again, so that a failure that was recorded a moment ago is not repeated.
//! The work runs to its end even when nobody waits any more, because a refresh token may be spent by the first byte
//! that reaches the provider.

mod app;
pub(crate) mod ask;
mod keep;
mod renew;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::Provider;
use egress::Limits;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};
use model::{Connection, ConnectionId, Integration};
use uuid::Uuid;

use crate::Engine;
use crate::error::{Error, Thing, Upstream};
use ask::Attempt;

/// A lease outlives the longest token call, so that no second node begins while the first may still be sending.
/// Some providers take several calls for one refresh.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// For each call beyond the first.
const LONGER: SignedDuration = SignedDuration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// How long a caller waits for another node that holds the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// The token has ended: a little longer than a lease lasts.
    Long,
    /// The token still works and can be served in the meantime.
    Short,
}

impl Patience {
    const fn polls(self) -> usize {
        match self {
            Self::Long => 350,
            Self::Short => 30,
        }
    }
}

type Outcome = Result<Connection, Failed>;
type Refreshing = Shared<BoxFuture<'static, Outcome>>;

/// A failure that several callers can be told.
#[derive(Debug, Clone)]
enum Failed {
    Upstream(Upstream),
    Refused(crate::Refusal),
    Integrity,
    Unavailable,
    Gone,
    Internal,
}

/// Refreshes under way on this node.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<ConnectionId, Refreshing>>);

/// The right to refresh, for a time.
struct Lease {
    owner: Uuid,
    until: Timestamp,
}

/// What a refresh needs beside the connection. It is found before the lease is taken, because reading the metadata of
/// an issuer may take longer than a lease lasts.
struct Prepared {
    integration: Integration,
    provider: Arc<Provider>,
}

impl Engine {
    /// Refreshes the connection's credential, or waits for the refresh that is under way.
    pub(crate) async fn refresh(
        &self,
        connection: &Connection,
        patience: Patience,
    ) -> Result<Connection, Error> {
        let id = connection.id;
        let refreshing = {
            let mut running = self.0.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner);
            running.entry(id).or_insert_with(|| self.start_refresh(connection.clone(), patience)).clone()
        };
        refreshing.await.map_err(Error::from)
    }

    fn start_refresh(&self, connection: Connection, patience: Patience) -> Refreshing {
        let (engine, id) = (self.clone(), connection.id);
        let task = self.0.tasks.spawn(async move {
            let outcome = engine.refresh_in_turn(&connection, patience).await.map_err(Failed::from);
            engine.0.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            outcome
        });
        let engine = self.clone();
        async move {
            match task.await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::error!(%error, "a refresh ended without a result");
                    engine.0.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    Err(Failed::Internal)
                }
            }
        }
        .boxed()
        .shared()
    }

    /// Takes the lease, or waits for the node that has it and takes over what became of it.
    async fn refresh_in_turn(&self, known: &Connection, patience: Patience) -> Result<Connection, Error> {
        let prepared = match self.prepare(known).await {
            Ok(prepared) => prepared,
            Err(Error::Upstream(upstream)) => {
                return self.store_failure(known, Attempt::no_answer(upstream.code, upstream.message)).await;
            }
            Err(error) => return Err(error),
        };
        for _ in 0..patience.polls() {
            let lease = self.take_lease(known, &prepared.provider).await?;
            let current = self.current(known).await;
            if let Some(lease) = lease {
                return self.refresh_with_lease(known, current, &prepared, lease).await;
            }
            let current = current?;
            if current.version != known.version {
                return Ok(current);
            }
            self.not_failed_since(known, &current)?;
            tokio::time::sleep(POLL).await;
        }
        Err(self.upstream("refresh_busy", "another node has been refreshing this connection for too long"))
    }

    async fn prepare(&self, connection: &Connection) -> Result<Prepared, Error> {
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let integration = integration.ok_or(Error::NotFound(Thing::Integration))?;
        let provider = self.resolved_for(&integration, &connection.config).await?;
        Ok(Prepared { integration, provider })
    }

    /// The lease, unless somebody holds it or the row has another version by now.
    async fn take_lease(&self, known: &Connection, provider: &Provider) -> Result<Option<Lease>, Error> {
        let now = self.ports().now();
        let lease =
            Lease { owner: self.ports().row_id(), until: now + LEASE + LONGER * further_calls(provider) };
        let (environment, id, version) = (known.environment, known.id, known.version);
        let taken = store::connections::set_refresh_lease(
            self.store(),
            environment,
            id,
            version,
            lease.owner,
            lease.until,
            now,
        )
        .await?;
        Ok(taken.then_some(lease))
    }

    async fn current(&self, known: &Connection) -> Result<Connection, Error> {
        let found = store::connections::find_by_id(self.store(), known.environment, known.id).await?;
        found.ok_or(Error::NotFound(Thing::Connection))
    }

    /// Somebody else's attempt that failed since we looked is our answer too: a second one would only spend the
    /// provider's patience, and after `invalid_grant` would be taken for an attack.
    fn not_failed_since(&self, known: &Connection, current: &Connection) -> Result<(), Error> {
        if current.refresh == known.refresh || current.refresh.error_code.is_none() {
            return Ok(());
        }
        Err(Error::Upstream(self.too_early(current)))
    }

    async fn refresh_with_lease(
        &self,
        known: &Connection,
        current: Result<Connection, Error>,
        prepared: &Prepared,
        lease: Lease,
    ) -> Result<Connection, Error> {
        let (environment, id, owner) = (known.environment, known.id, lease.owner);
        let refreshed = async {
            let current = current?;
            self.not_failed_since(known, &current)?;
            match self.ask_provider(&current, prepared, &lease).await? {
                Ok(asked) => {
                    let stored = self.store_refreshed(&current, &asked, &prepared.provider).await?;
                    match asked.setback {
                        Some(attempt) => self.store_failure(&stored, attempt).await,
                        None => Ok(stored),
                    }
                }
                Err(attempt) => self.store_failure(&current, attempt).await,
            }
        }
        .await;
        // A stored success clears the lease by itself.
        if refreshed.is_err()
            && let Err(error) =
                store::connections::release_refresh_lease(self.store(), environment, id, owner).await
        {
            tracing::warn!(%error, connection = %id, "a lease was not given back and will lapse");
        }
        refreshed
    }

    /// Nothing may be sent when the answer could come after the lease: then a second node may send as well.
    fn in_time(&self, lease: &Lease) -> Result<(), Error> {
        if self.has_time(lease) {
            return Ok(());
        }
        tracing::warn!("a refresh was not begun because too little of its lease was left");
        Err(Error::Unavailable)
    }

    fn has_time(&self, lease: &Lease) -> bool {
        let call = SignedDuration::try_from(Limits::token().total).unwrap_or(SignedDuration::MAX);
        lease.until.duration_since(self.ports().now()) >= call
    }
}

/// How many calls a refresh can take beyond the first.
fn further_calls(provider: &Provider) -> i32 {
    let repeats_for_nonce = provider.token.as_ref().is_some_and(|token| token.dpop);
    let has_user_beside = provider.app.is_some() && provider.token.is_some();
    let further = [
        repeats_for_nonce,
        has_user_beside,
        provider.second_token.is_some(),
        !provider.quirks.is_empty(),
        provider.lifecycle.introspection_url.is_some(),
    ];
    further.into_iter().map(i32::from).sum()
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::Upstream(upstream) => Self::Upstream(upstream),
            Error::Refused(refusal) => Self::Refused(refusal),
            Error::Integrity => Self::Integrity,
            Error::Unavailable => Self::Unavailable,
            Error::NotFound(_) => Self::Gone,
            Error::Denied(_) | Error::Invalid(_) | Error::Internal => Self::Internal,
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Upstream(upstream) => Self::Upstream(upstream),
            Failed::Refused(refusal) => Self::Refused(refusal),
            Failed::Integrity => Self::Integrity,
            Failed::Unavailable => Self::Unavailable,
            Failed::Gone => Self::NotFound(Thing::Connection),
            Failed::Internal => Self::Internal,
        }
    }
}
