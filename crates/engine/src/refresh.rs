//! Refreshing a credential: one at a time for each connection, on this node and on all.
//!
//! On this node everyone who asks while a refresh runs waits for that one. Between nodes a lease in the connection's
//! row decides; it names the version it was taken for, and the result is stored only if that version still stands.
//! The work runs to its end even when nobody waits any more, because a refresh token may be spent by the first byte
//! that reaches the provider.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::Provider;
use egress::Limits;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::SignedDuration;
use model::audit::Action;
use model::connection::RefreshFailure;
use model::integration::CLIENT_SECRET;
use model::webhook::{EventError, Operation};
use model::{Actor, Connection, ConnectionId, Integration};
use protocol::{Client, Credential, Fields, client_credentials, refresh};
use serde_json::Value;
use store::connections::Refreshed;
use uuid::Uuid;

use crate::audit::Event;
use crate::error::{Error, Rule, Thing, Upstream};
use crate::notify::Happened;
use crate::save::is_refreshable;
use crate::seals::{ConnectionSecrets, Place};
use crate::send::token_failure;
use crate::{Engine, entered};

/// A lease outlives the longest token call, so that no second node begins while the first may still be sending.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// Looks at another node's lease before giving up: a little longer than the lease lasts.
const MOST_POLLS: usize = 350;

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

/// What a failed attempt leaves behind.
struct Attempt {
    code: String,
    message: String,
    grant_gone: bool,
    retry_after_s: Option<u64>,
}

impl Engine {
    /// Refreshes the connection's credential, or waits for the refresh that is under way.
    pub(crate) async fn refresh(&self, connection: &Connection) -> Result<Connection, Error> {
        let id = connection.id;
        let refreshing = {
            let mut running = self.0.refreshes.0.lock().unwrap_or_else(PoisonError::into_inner);
            match running.get(&id) {
                Some(under_way) => under_way.clone(),
                None => {
                    let started = self.start_refresh(connection.clone());
                    running.insert(id, started.clone());
                    started
                }
            }
        };
        refreshing.await.map_err(Error::from)
    }

    fn start_refresh(&self, connection: Connection) -> Refreshing {
        let (engine, id) = (self.clone(), connection.id);
        let task = self.0.tasks.spawn(async move {
            let outcome = engine.refresh_in_turn(connection).await.map_err(Failed::from);
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

    /// Takes the lease, or waits for the node that has it and takes over its result.
    async fn refresh_in_turn(&self, mut connection: Connection) -> Result<Connection, Error> {
        let owner = self.ports().row_id();
        let environment = connection.environment;
        let known = connection.version;
        for _ in 0..MOST_POLLS {
            let now = self.ports().now();
            let leased = store::connections::set_refresh_lease(
                self.store(),
                environment,
                connection.id,
                connection.version,
                owner,
                now + LEASE,
                now,
            )
            .await?;
            if leased {
                return self.refresh_with_lease(connection, owner).await;
            }
            let current = store::connections::find_by_id(self.store(), environment, connection.id).await?;
            connection = current.ok_or(Error::NotFound(Thing::Connection))?;
            if connection.version != known {
                return Ok(connection);
            }
            tokio::time::sleep(POLL).await;
        }
        Err(self.upstream("refresh_busy", "another node has been refreshing this connection for too long"))
    }

    async fn refresh_with_lease(&self, connection: Connection, owner: Uuid) -> Result<Connection, Error> {
        let result = self.ask_provider(&connection).await;
        let stored = match result {
            Ok(Ok((secrets, provider))) => self.store_refreshed(&connection, &secrets, &provider).await,
            Ok(Err(attempt)) => self.store_failure(&connection, attempt).await,
            Err(error) => Err(error),
        };
        if stored.is_err() {
            // A stored success clears the lease by itself.
            store::connections::release_refresh_lease(
                self.store(),
                connection.environment,
                connection.id,
                owner,
            )
            .await?;
        }
        stored
    }

    /// One request to the provider. The outer error is ours, the inner one the provider's.
    async fn ask_provider(
        &self,
        connection: &Connection,
    ) -> Result<Result<(ConnectionSecrets, Arc<Provider>), Attempt>, Error> {
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let integration = integration.ok_or(Error::NotFound(Thing::Integration))?;
        let provider = self.resolved(&integration).await?;
        let secrets = self.open_connection(connection)?;
        let fields = self.fields(&provider, &integration, &connection.config);
        let client_secret = self.open_integration(&integration)?.remove(CLIENT_SECRET);
        let own = Client { id: integration.client_id.clone().unwrap_or_default(), secret: client_secret };
        let fresh = match &secrets.credential {
            Credential::OAuth2(tokens) => {
                let client = tokens.client_override.as_ref().unwrap_or(&own);
                let request = match refresh::request(&provider, client, tokens, &fields) {
                    Ok(request) => request,
                    Err(error) => return Ok(Err(Attempt::unusable(&error))),
                };
                let response = match self.send(request, &Limits::token()).await {
                    Ok(response) => response,
                    Err(no_answer) => return Ok(Err(Attempt::no_answer(no_answer.code, no_answer.message))),
                };
                refresh::outcome(&provider, tokens, &fields, &response, self.ports().now())
                    .map(Credential::OAuth2)
            }
            Credential::ClientCredentials { client_id, client_secret, .. } => {
                let client = Client { id: client_id.clone(), secret: Some(client_secret.clone()) };
                match self.client_credentials(&provider, &integration, client, &fields).await {
                    Ok(credential) => Ok(credential),
                    Err(Error::Upstream(upstream)) => {
                        return Ok(Err(Attempt::no_answer(&upstream.code, upstream.message)));
                    }
                    Err(error) => return Err(error),
                }
            }
            Credential::TwoStep(_)
            | Credential::Jwt(_)
            | Credential::Signature(_)
            | Credential::Session(_)
            | Credential::Aws(_)
            | Credential::App { .. } => {
                let message = "renewing this kind of credential is not supported in this release";
                return Err(Error::refused(Rule::Body, message));
            }
            Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::ApiKey { .. }
            | Credential::Basic { .. }
            | Credential::None => {
                return Err(Error::refused(Rule::Body, "this kind of credential cannot be refreshed"));
            }
        };
        Ok(match fresh {
            Ok(credential) => Ok((ConnectionSecrets { credential, fields: secrets.fields }, provider)),
            Err(error) => Err(Attempt::refused(&error)),
        })
    }

    /// A token by client credentials (RFC 6749 §4.4).
    pub(crate) async fn client_credentials(
        &self,
        provider: &Provider,
        integration: &Integration,
        client: Client,
        fields: &Fields,
    ) -> Result<Credential, Error> {
        let request = client_credentials::request(provider, &client, &integration.scopes, fields)
            .map_err(|error| Error::refused(Rule::CredentialRejected, error.to_string()))?;
        let response = self
            .send(request, &Limits::token())
            .await
            .map_err(|no_answer| self.upstream(no_answer.code, no_answer.message))?;
        let tokens =
            client_credentials::outcome(provider, &response, self.ports().now()).map_err(|error| {
                let (code, message) = token_failure(&error);
                self.upstream(code, message)
            })?;
        let client_secret = client.secret.unwrap_or_else(|| vault::Secret::new(String::new()));
        Ok(Credential::ClientCredentials { tokens, client_id: client.id, client_secret })
    }

    async fn store_refreshed(
        &self,
        connection: &Connection,
        secrets: &ConnectionSecrets,
        provider: &Provider,
    ) -> Result<Connection, Error> {
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
            updated_at: now,
        };
        let mut tx = self.store().begin().await?;
        let environment = connection.environment;
        let written = store::connections::store_refreshed(
            &mut tx,
            environment,
            connection.id,
            connection.version,
            &refreshed,
        )
        .await?;
        tx.commit().await?;
        if !written {
            tracing::warn!(connection = %connection.id, "a refreshed credential came too late: a newer one is stored");
        }
        self.trace(connection, Action::CredentialRefreshed, None).await?;
        let current = store::connections::find_by_id(self.store(), environment, connection.id).await?;
        current.ok_or(Error::NotFound(Thing::Connection))
    }

    /// Records a failed attempt and tells the app. When the version moved meanwhile, somebody else succeeded.
    async fn store_failure(&self, connection: &Connection, attempt: Attempt) -> Result<Connection, Error> {
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
        if counted {
            self.tell_refresh_failure(&mut tx, connection, &attempt).await?;
        }
        tx.commit().await?;
        if !counted {
            let current = store::connections::find_by_id(self.store(), environment, connection.id).await?;
            return current.ok_or(Error::NotFound(Thing::Connection));
        }
        self.0.nudge.wake();
        self.trace(connection, Action::RefreshFailed, Some(format!("{} ({log_id})", attempt.code))).await?;
        Err(Error::Upstream(Upstream {
            code: attempt.code,
            message: attempt.message,
            log_id,
            not_tried: false,
        }))
    }

    async fn tell_refresh_failure(
        &self,
        tx: &mut store::Tx,
        connection: &Connection,
        attempt: &Attempt,
    ) -> Result<(), Error> {
        let environment = store::environments::find(self.store(), connection.environment).await?;
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let (Some(environment), Some(integration)) = (environment, integration) else { return Ok(()) };
        let provider = self.provider_of(&integration)?;
        let happened = Happened {
            environment: &environment,
            integration_key: integration.key.as_str(),
            provider: &provider,
            connection_key: connection.key.as_str(),
            stream: connection.id.0,
            operation: Operation::Refresh,
            error: Some(EventError { description: attempt.message.clone(), kind: attempt.code.clone() }),
            tags: Some(&connection.tags),
            end_user: None,
            url_override: connection.webhook_url_override.as_deref(),
        };
        Ok(self.notify(tx, happened).await?)
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

/// Connection fields that the token answer brings along; `None` when there are none.
fn captured(
    connection: &Connection,
    provider: &Provider,
    credential: &Credential,
) -> Option<serde_json::Map<String, Value>> {
    let Credential::OAuth2(tokens) = credential else { return None };
    let captures = protocol::exchange::captures(provider, &tokens.raw, &std::collections::BTreeMap::new());
    if captures.is_empty() {
        return None;
    }
    let mut config = connection.config.clone();
    for (name, value) in captures {
        config.insert(entered::wire_name(provider, &name), Value::String(value));
    }
    Some(config)
}

impl Attempt {
    fn unusable(error: &protocol::RequestError) -> Self {
        Self::no_answer("unusable_integration", format!("the refresh request cannot be built: {error}"))
    }

    fn no_answer(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), message, grant_gone: false, retry_after_s: None }
    }

    fn refused(error: &protocol::TokenError) -> Self {
        use protocol::TokenError;
        let retry_after = match error {
            TokenError::RateLimited { retry_after } | TokenError::Unavailable { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        };
        let (code, message) = token_failure(error);
        Self {
            code,
            message,
            grant_gone: error.is_final(),
            retry_after_s: retry_after.map(|wait| wait.as_secs()),
        }
    }
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
