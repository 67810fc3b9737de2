//! Handing out a credential: fresh when it can be, and never without a trace.

use std::sync::Arc;

use catalog::Provider;
use jiff::Timestamp;
use model::audit::Action;
use model::{Connection, ConnectionKey, Freshness, IntegrationKey, RefreshMargin, Scope};
use protocol::Credential;
use store::connections::Found;

use crate::Engine;
use crate::actor::{Caller, Grant, right};
use crate::audit::Event;
use crate::error::{Error, Thing, Upstream};
use crate::refresh::Patience;
use crate::seals::{ConnectionSecrets, SecretMap};

/// What the reader asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Refresh even when nothing is due.
    pub force_refresh: bool,
    /// Include refresh tokens in the answer.
    pub include_refresh_token: bool,
}

/// A connection as it is read.
pub struct ReadConnection {
    /// The stored connection.
    pub connection: Arc<Connection>,
    /// The integration's name on the wire.
    pub integration: IntegrationKey,
    /// Its provider.
    pub provider: Arc<Provider>,
    /// The credential, for a caller who may read it.
    pub credential: Option<Credential>,
    /// Secret connection fields, for a caller who may read the credential.
    pub secret_fields: SecretMap,
    /// The credential has expired and cannot be refreshed.
    pub stale: bool,
}

/// Why a connection was not read.
pub enum ReadError {
    /// The request could not be met.
    Error(Error),
    /// The connection is there, but its credential has expired and could not be refreshed.
    Failing {
        /// The connection without its credential.
        connection: Box<ReadConnection>,
        /// What happened.
        upstream: Upstream,
    },
}

impl<E: Into<Error>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Engine {
    /// Reads a connection; with the right to credentials it is refreshed when due, and the hand-out is recorded before
    /// this returns.
    pub async fn read_connection(
        &self,
        by: &Grant<right::ReadConnection>,
        integration: &IntegrationKey,
        key: &ConnectionKey,
        options: ReadOptions,
    ) -> Result<ReadConnection, ReadError> {
        let (found, provider) = self.find_readable(by, integration, key, options).await?;
        if !by.holds(Scope::ConnectionsReadCredentials) {
            return Ok(plain(found.connection, integration.clone(), provider));
        }
        let connection = self.fit_to_serve(by, found.connection, integration, &provider, options).await?;
        self.open_and_hand_out(by, connection, integration, provider).await
    }

    /// [`Engine::read_connection`] for an answer that `render` makes. The answer is kept, veiled, as long as the
    /// connection stays as it is, so that the next reader gets it without opening and rendering again; each reader
    /// leaves its entry in the audit trail.
    pub async fn answer_connection(
        &self,
        by: &Grant<right::ReadConnection>,
        integration: &IntegrationKey,
        key: &ConnectionKey,
        options: ReadOptions,
        render: impl Fn(&ReadConnection) -> Vec<u8>,
    ) -> Result<Vec<u8>, ReadError> {
        let (found, provider) = self.find_readable(by, integration, key, options).await?;
        if !by.holds(Scope::ConnectionsReadCredentials) {
            return Ok(render(&plain(found.connection, integration.clone(), provider)));
        }
        let (before, kept) = (Arc::clone(&found.connection), found.kept);
        let connection = self.fit_to_serve(by, found.connection, integration, &provider, options).await?;
        // Answers are kept for readers without options, and not of a state that a refresh has just ended.
        let kept = kept.filter(|_| options == ReadOptions::default() && Arc::ptr_eq(&before, &connection));
        let owner = connection.id.0.into_bytes();
        if let Some(veiled) = kept.as_ref().and_then(|kept| kept.get()) {
            let answer = self.veil().unveil(&owner, veiled).map_err(|_| Error::Integrity)?;
            self.hand_out(by, &connection).await?;
            return Ok(answer.into_inner());
        }
        let opened = Box::pin(self.open_and_hand_out(by, connection, integration, provider));
        let answer = render(&opened.await?);
        if let Some(kept) = kept {
            // When another reader was first, its answer is the same.
            let _ = kept.set(self.veil().veil(&owner, &answer));
        }
        Ok(answer)
    }

    async fn find_readable(
        &self,
        by: &Grant<right::ReadConnection>,
        integration: &IntegrationKey,
        key: &ConnectionKey,
        options: ReadOptions,
    ) -> Result<(Found, Arc<Provider>), Error> {
        if !by.holds(Scope::ConnectionsReadCredentials) && options != ReadOptions::default() {
            let message = format!("this option needs the scope {}", Scope::ConnectionsReadCredentials);
            return Err(Error::Denied(message));
        }
        self.find_connection(by, integration, key).await
    }

    /// [`Engine::serveable`], with the failure as a reader is told it.
    async fn fit_to_serve(
        &self,
        by: &Caller,
        connection: Arc<Connection>,
        integration: &IntegrationKey,
        provider: &Arc<Provider>,
        options: ReadOptions,
    ) -> Result<Arc<Connection>, ReadError> {
        match self.serveable(connection, provider, options.force_refresh).await {
            Ok(connection) => Ok(connection),
            Err((connection, Error::Upstream(upstream))) => {
                let connection = Box::new(plain(connection, integration.clone(), Arc::clone(provider)));
                Err(ReadError::Failing { connection, upstream })
            }
            Err((connection, error)) => {
                if matches!(error, Error::Integrity) {
                    Box::pin(self.report_integrity(by, &connection)).await;
                }
                Err(error.into())
            }
        }
    }

    async fn open_and_hand_out(
        &self,
        by: &Caller,
        connection: Arc<Connection>,
        integration: &IntegrationKey,
        provider: Arc<Provider>,
    ) -> Result<ReadConnection, ReadError> {
        let secrets = match self.open_connection(&connection) {
            Ok(secrets) => secrets,
            Err(error) => {
                self.report_integrity(by, &connection).await;
                return Err(error.into());
            }
        };
        let now = self.hand_out(by, &connection).await?;
        let ConnectionSecrets { credential, fields } = secrets;
        let stale = connection.expires_at.is_some_and(|end| end <= now);
        Ok(ReadConnection {
            connection,
            integration: integration.clone(),
            provider,
            credential: Some(credential),
            secret_fields: fields,
            stale,
        })
    }

    pub(crate) async fn find_connection(
        &self,
        by: &Caller,
        integration: &IntegrationKey,
        key: &ConnectionKey,
    ) -> Result<(Found, Arc<Provider>), Error> {
        let environment = by.environment.id;
        if let Some(found) = store::connections::find(self.store(), environment, integration, key).await? {
            let provider = self.catalog().get(&found.provider).ok_or(Error::NotFound(Thing::Provider))?;
            return Ok((found, provider));
        }
        // Boxed, as is every future below that nearly no read needs: futures are moved, and all of a read's together.
        let integration = Box::pin(store::integrations::find(self.store(), environment, integration)).await?;
        Err(Error::NotFound(if integration.is_some() { Thing::Connection } else { Thing::Integration }))
    }

    /// The connection with a credential that may be served, refreshed where that is due. A token that still works is
    /// served even when its refresh fails.
    pub(crate) async fn serveable(
        &self,
        connection: Arc<Connection>,
        provider: &Provider,
        forced: bool,
    ) -> Result<Arc<Connection>, (Arc<Connection>, Error)> {
        if !connection.refreshable || (provider.refresh.on_request && !forced) {
            return Ok(connection);
        }
        let now = self.ports().now();
        let standing = standing(&connection, provider, now);
        if !forced && standing == Freshness::Fresh {
            return Ok(connection);
        }
        Box::pin(self.freshened(connection, standing, now, forced)).await
    }

    async fn freshened(
        &self,
        connection: Arc<Connection>,
        standing: Freshness,
        now: Timestamp,
        forced: bool,
    ) -> Result<Arc<Connection>, (Arc<Connection>, Error)> {
        if !forced && !connection.refresh.may_try(now) {
            if standing == Freshness::Due {
                return Ok(connection);
            }
            let error = Error::Upstream(self.too_early(&connection));
            return Err((connection, error));
        }
        let patience = if standing == Freshness::Due && !forced { Patience::Short } else { Patience::Long };
        match self.refresh(&connection, patience).await {
            Ok(refreshed) => Ok(Arc::new(refreshed)),
            Err(error) if !forced && standing == Freshness::Due => {
                tracing::warn!(%error, connection = %connection.id, "a due refresh failed; the valid token is served");
                Ok(self.reread(&connection).await.unwrap_or(connection))
            }
            Err(error) => {
                let connection = self.reread(&connection).await.unwrap_or(connection);
                Err((connection, error))
            }
        }
    }

    async fn reread(&self, connection: &Connection) -> Option<Arc<Connection>> {
        let found = store::connections::find_by_id(self.store(), connection.environment, connection.id).await;
        found.ok().flatten().map(Arc::new)
    }

    /// What is known of the last failure, when no attempt is made now.
    pub(crate) fn too_early(&self, connection: &Connection) -> Upstream {
        let health = &connection.refresh;
        let code = health.error_code.clone().unwrap_or_else(|| "refresh_failed".to_owned());
        let message = if health.needs_reauth {
            "the provider no longer accepts this grant; the end user has to connect again (create a reconnect session)"
                .to_owned()
        } else {
            let until = health.retry_at.map(|at| at.to_string()).unwrap_or_default();
            format!(
                "the access token has expired and the last refresh failed; the next attempt is possible at {until}, or at once with force_refresh=true"
            )
        };
        let log_id = health.error_log_id.clone().unwrap_or_else(|| self.ports().log_id());
        Upstream { code, message, log_id, not_tried: true }
    }

    /// Records that the credential leaves, and answers when.
    async fn hand_out(&self, by: &Caller, connection: &Connection) -> Result<Timestamp, Error> {
        self.record(Event {
            environment: connection.environment,
            actor: by.actor(),
            action: Action::CredentialRead,
            subject: &connection.id.to_string(),
            detail: None,
        })
        .await?;
        let now = self.ports().now();
        self.usage().connection_fetched(connection.id, now);
        Ok(now)
    }

    async fn report_integrity(&self, by: &Caller, connection: &Connection) {
        let event = Event {
            environment: connection.environment,
            actor: by.actor(),
            action: Action::IntegrityFailed,
            subject: &connection.id.to_string(),
            detail: Some(format!("version {}", connection.version)),
        };
        if let Err(error) = self.record(event).await {
            tracing::error!(%error, "a failed integrity check could not be recorded");
        }
    }
}

/// How the access token of a connection stands.
pub(crate) fn standing(connection: &Connection, provider: &Provider, now: Timestamp) -> Freshness {
    let Some(end) = connection.expires_at else { return Freshness::Fresh };
    let margin = RefreshMargin::of(Some(connection.obtained_at), end, provider.refresh.early_s);
    Freshness::at(now, Some(end), margin)
}

pub(crate) fn plain(
    connection: Arc<Connection>,
    integration: IntegrationKey,
    provider: Arc<Provider>,
) -> ReadConnection {
    ReadConnection {
        connection,
        integration,
        provider,
        credential: None,
        secret_fields: SecretMap::new(),
        stale: false,
    }
}
