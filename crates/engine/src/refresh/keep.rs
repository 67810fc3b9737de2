//! What is kept of an attempt: the new credential, or the failure and the event that tells of it.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::Provider;
use jiff::Timestamp;
use model::audit::Action;
use model::connection::{LookupHealth, RefreshFailure};
use model::webhook::{EventError, Operation};
use model::{Actor, Connection};
use protocol::Credential;
use serde_json::{Map, Value};
use store::connections::Refreshed;

use super::ask::{Asked, Attempt};
use crate::audit::Event;
use crate::error::{Error, Upstream};
use crate::notify::Happened;
use crate::save::is_refreshable;
use crate::seals::Place;
use crate::{Engine, entered};

/// Writing a credential that nobody else has is tried this often, about a minute in all.
const MOST_TRIES: u32 = 12;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Engine {
    pub(super) async fn store_refreshed(
        &self,
        connection: &Connection,
        asked: &Asked,
        provider: &Provider,
    ) -> Result<Connection, Error> {
        let Asked { secrets, open, .. } = asked;
        let version = connection.version + 1;
        let place = Place::credential(connection.environment, connection.id.0, version);
        let now = self.ports().now();
        let refreshed = Refreshed {
            credential: self.seal_connection(&place, secrets),
            version,
            kind: secrets.credential.kind(),
            obtained_at: now,
            expires_at: secrets.credential.expires_at(),
            refreshable: is_refreshable(provider, &secrets.credential),
            config: captured(connection, provider, &secrets.credential),
            lookups: looked_up(connection, provider, open.as_ref(), now),
            updated_at: now,
        };
        let is_written = self.write_refreshed(connection, &refreshed).await?;
        if is_written {
            self.trace(connection, Action::CredentialRefreshed, None).await?;
        } else {
            tracing::warn!(connection = %connection.id, "a refreshed credential came too late: a newer one is stored");
        }
        let current = self.current(connection).await?;
        if is_written && open.is_some() {
            self.trace_look_up(connection, &current).await;
        }
        Ok(current)
    }

    /// The provider may have ended the old refresh token already, so a store that does not answer is asked again.
    async fn write_refreshed(&self, connection: &Connection, refreshed: &Refreshed) -> Result<bool, Error> {
        let (mut tries, mut wait) = (1, FIRST_WAIT);
        loop {
            match self.try_write_refreshed(connection, refreshed).await {
                Err(error @ store::Error::Unavailable(_)) if tries < MOST_TRIES => {
                    tracing::error!(%error, connection = %connection.id, tries, "a refreshed credential is not stored yet");
                }
                written => return Ok(written?),
            }
            tokio::time::sleep(wait).await;
            (tries, wait) = (tries + 1, (wait * 2).min(LONGEST_WAIT));
        }
    }

    async fn try_write_refreshed(
        &self,
        connection: &Connection,
        refreshed: &Refreshed,
    ) -> Result<bool, store::Error> {
        let (environment, id, version) = (connection.environment, connection.id, connection.version);
        let mut tx = self.store().begin().await?;
        let written =
            store::connections::store_refreshed(&mut tx, environment, id, version, refreshed).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// Records a failed attempt and tells the app. When the version moved meanwhile, somebody else succeeded.
    pub(super) async fn store_failure(
        &self,
        connection: &Connection,
        attempt: Attempt,
    ) -> Result<Connection, Error> {
        let environment = connection.environment;
        let log_id = self.ports().log_id();
        let now = self.ports().now();
        let health = connection.refresh.failed(
            now,
            RefreshFailure {
                code: attempt.code.clone(),
                log_id: log_id.clone(),
                grant_gone: attempt.grant_gone,
                retry_after_s: attempt.retry_after_s,
            },
        );
        let told = self.told(connection).await?;
        let mut tx = self.store().begin().await?;
        let counted = store::connections::record_refresh_failure(
            &mut tx,
            environment,
            connection.id,
            connection.version,
            &health,
            now,
        )
        .await?;
        if !counted {
            drop(tx);
            return self.current(connection).await;
        }
        if let Some(told) = &told {
            self.notify(&mut tx, &told.settings, told.failure(connection, &attempt)).await?;
        }
        tx.commit().await?;
        self.0.nudge.wake();
        self.trace(connection, Action::RefreshFailed, Some(format!("{} ({log_id})", attempt.code))).await?;
        Err(Error::Upstream(Upstream {
            code: attempt.code,
            message: attempt.message,
            log_id,
            not_tried: false,
        }))
    }

    /// What an event about the connection says beside the failure. It is read before the transaction begins: a
    /// transaction that waits for a second connection of the pool can wait for itself.
    async fn told(&self, connection: &Connection) -> Result<Option<Told>, Error> {
        let environment = store::environments::find(self.store(), connection.environment).await?;
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let settings = self.event_settings(connection.environment).await?;
        let (Some(environment), Some(integration), Some(settings)) = (environment, integration, settings)
        else {
            return Ok(None);
        };
        let provider = self.provider_of(&integration)?;
        Ok(Some(Told { environment, integration, provider, settings }))
    }

    async fn trace(
        &self,
        connection: &Connection,
        action: Action,
        detail: Option<String>,
    ) -> Result<(), Error> {
        self.record(Event {
            environment: connection.environment,
            actor: Actor::System,
            action,
            subject: &connection.id.to_string(),
            detail,
        })
        .await
    }
}

struct Told {
    environment: model::Environment,
    integration: model::Integration,
    provider: std::sync::Arc<Provider>,
    settings: model::WebhookSettings,
}

impl Told {
    fn failure<'a>(&'a self, connection: &'a Connection, attempt: &Attempt) -> Happened<'a> {
        Happened {
            environment: &self.environment,
            integration_key: self.integration.key.as_str(),
            provider: &self.provider,
            connection_key: connection.key.as_str(),
            stream: connection.id.0,
            operation: Operation::Refresh,
            error: Some(EventError { description: attempt.message.clone(), kind: attempt.code.clone() }),
            missing_scopes: &[],
            tags: Some(&connection.tags),
            end_user: None,
            url_override: connection.webhook_url_override.as_deref(),
        }
    }
}

/// How look-ups fare after a refresh; `None` when it tells nothing of them.
fn looked_up(
    connection: &Connection,
    provider: &Provider,
    open: Option<&String>,
    now: Timestamp,
) -> Option<LookupHealth> {
    match open {
        // The job asks for the end of this token; how often it did for an earlier one does not count.
        Some(problem) => Some(LookupHealth::default().failed(now, problem.clone())),
        // What was given up may be the end of the earlier token: the job sees what is still open.
        None if provider.lifecycle.introspection_url.is_some() && connection.lookups.is_given_up() => {
            Some(LookupHealth { retry_at: Some(now), ..connection.lookups.clone() })
        }
        None => None,
    }
}

/// Connection fields that the token answer brings along; `None` when there are none.
fn captured(
    connection: &Connection,
    provider: &Provider,
    credential: &Credential,
) -> Option<Map<String, Value>> {
    let tokens = credential.tokens()?;
    let captures = protocol::exchange::captures(provider, &tokens.raw, &BTreeMap::new());
    if captures.is_empty() {
        return None;
    }
    let mut config = connection.config.clone();
    for (name, value) in captures {
        config.insert(entered::wire_name(provider, &name), Value::String(value));
    }
    Some(config)
}
