//! Storing a credential: the connection, its event and nothing else, in one transaction.

use std::sync::Arc;

use catalog::Provider;
use catalog::input::Input;
use jiff::{SignedDuration, Timestamp};
use model::audit::Action;
use model::connection::{LookupHealth, RefreshHealth};
use model::webhook::{EventEndUser, Operation};
use model::{
    Actor, Connection, ConnectionId, ConnectionKey, EndUser, Environment, Integration, IntegrationKey,
    SessionId, Tags,
};
use protocol::Credential;
use serde_json::{Map, Value};
use store::Constraint;
use vault::Secret;

use crate::Engine;
use crate::actor::SessionCaller;
use crate::audit::Event;
use crate::connect::{Connected, text_of};
use crate::error::{Error, Rule};
use crate::notify::Happened;
use crate::seals::{ConnectionSecrets, Place, SecretMap};

/// Everything a stored connection begins with.
#[derive(Clone)]
pub(crate) struct Save {
    pub(crate) environment: Environment,
    pub(crate) integration: Integration,
    pub(crate) provider: Arc<Provider>,
    pub(crate) key: ConnectionKey,
    pub(crate) credential: Credential,
    /// Connection fields by their name on the wire; secret ones are sealed.
    pub(crate) config: Map<String, Value>,
    /// Secret connection fields that stay as they were; those in `config` win.
    pub(crate) kept_fields: SecretMap,
    /// When what follows the connection is looked up.
    pub(crate) look_up: LookUp,
    /// The connection that is authorized again: there must be exactly this one.
    pub(crate) reconnects: Option<ConnectionId>,
    pub(crate) end_user: Option<EndUser>,
    pub(crate) tags: Option<Tags>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) webhook_url_override: Option<String>,
    /// Scopes that were asked for and not granted.
    pub(crate) missing_scopes: Vec<String>,
    /// The person as the event names them; only for connect sessions.
    pub(crate) event_end_user: Option<EventEndUser>,
    pub(crate) actor: Actor,
}

/// When what follows a connection is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookUp {
    /// There is nothing to look up.
    Never,
    /// By the caller, at once. The event is held back until then; should the process end before, it leaves by itself and
    /// a job looks up.
    Now,
    /// By a job.
    Later,
}

/// How long an event waits for look-ups that somebody is making.
const HELD: SignedDuration = SignedDuration::from_mins(1);

/// A stored connection and whether it was there before.
pub(crate) struct Saved {
    pub(crate) connection: Connection,
    pub(crate) operation: Operation,
}

impl Engine {
    /// Creates the connection, or puts a new credential into the one of that name. The caller has made sure that the
    /// future runs to its end.
    pub(crate) async fn save(&self, new: Save) -> Result<Saved, Error> {
        let mut tries = 0;
        let saved = loop {
            match self.try_save(&new).await {
                // Somebody made the same connection, or the same number, at the same moment: look again.
                Err(store::Error::Conflict(Constraint::ConnectionKey | Constraint::ConnectionNumber))
                    if tries < 3 =>
                {
                    tries += 1;
                }
                result => break result?,
            }
        };
        let saved = saved
            .ok_or_else(|| Error::refused(Rule::ConnectionGone, "the connection was deleted meanwhile"))?;
        self.0.nudge.wake();
        let action = match saved.operation {
            Operation::Creation => Action::ConnectionCreated,
            Operation::Override | Operation::Refresh => Action::ConnectionReplaced,
        };
        let written = self
            .record(Event {
                environment: new.environment.id,
                actor: new.actor,
                action,
                subject: &saved.connection.id.to_string(),
                detail: Some(format!("{} / {}", new.integration.key, new.key)),
            })
            .await;
        if let Err(error) = written {
            // The connection is there. Whoever is told otherwise authorizes again, which ends this grant at strict
            // providers.
            tracing::error!(%error, connection = %saved.connection.id, action = action.as_str(), "an audit entry is lost");
        }
        Ok(saved)
    }

    /// `None` when the connection to authorize again is gone.
    async fn try_save(&self, new: &Save) -> Result<Option<Saved>, store::Error> {
        let environment = new.environment.id;
        let now = self.ports().now();
        let settings = self.event_settings(environment).await?;
        let mut tx = self.store().begin().await?;
        let existing =
            store::connections::find_to_change(&mut tx, environment, new.integration.id, &new.key).await?;
        if new.reconnects.is_some() && new.reconnects != existing.as_ref().map(|old| old.id) {
            return Ok(None);
        }
        let (connection, operation) = match existing {
            None => {
                let connection = self.assemble(new, None, now);
                store::connections::insert(&mut tx, &connection).await?;
                (connection, Operation::Creation)
            }
            Some(old) => {
                let connection = self.assemble(new, Some(&old), now);
                let written =
                    store::connections::replace(&mut tx, environment, &connection, old.version).await?;
                if !written {
                    return Err(store::Error::Conflict(Constraint::ConnectionKey));
                }
                (connection, Operation::Override)
            }
        };
        if let Some(settings) = &settings {
            let due_at = if new.look_up == LookUp::Now { now + HELD } else { now };
            self.notify_at(&mut tx, settings, new.happened(&connection, operation), due_at).await?;
        }
        tx.commit().await?;
        Ok(Some(Saved { connection, operation }))
    }

    fn assemble(&self, new: &Save, old: Option<&Connection>, now: Timestamp) -> Connection {
        let id = old.map_or_else(|| ConnectionId(self.ports().row_id()), |old| old.id);
        let version = old.map_or(1, |old| old.version + 1);
        let (config, entered) = split_secrets(&new.provider, &new.config);
        let mut fields = new.kept_fields.clone();
        fields.extend(entered);
        let secrets = ConnectionSecrets { credential: new.credential.clone(), fields };
        let place = Place::credential(new.environment.id, id.0, version);
        Connection {
            id,
            number: old.map_or_else(|| self.ports().number(), |old| old.number),
            environment: new.environment.id,
            integration: new.integration.id,
            key: new.key.clone(),
            end_user: new.end_user.clone().or_else(|| old.and_then(|old| old.end_user.clone())),
            tags: new.tags.clone().or_else(|| old.map(|old| old.tags.clone())).unwrap_or_default(),
            metadata: new.metadata.clone().or_else(|| old.and_then(|old| old.metadata.clone())),
            config,
            webhook_url_override: new
                .webhook_url_override
                .clone()
                .or_else(|| old.and_then(|old| old.webhook_url_override.clone()))
                .filter(|url| !url.is_empty()),
            credential: self.seal_connection(&place, &secrets),
            kind: new.credential.kind(),
            version,
            obtained_at: now,
            expires_at: new.credential.expires_at(),
            refreshable: is_refreshable(&new.provider, &new.credential),
            refresh: RefreshHealth::default(),
            missing_scopes: new.missing_scopes.clone(),
            // Whoever authorizes again may do so with another account.
            account: None,
            lookups: match new.look_up {
                LookUp::Never => LookupHealth::default(),
                LookUp::Now => LookupHealth::pending(now + HELD),
                LookUp::Later => LookupHealth::pending(now),
            },
            last_fetched_at: old.and_then(|old| old.last_fetched_at),
            created_at: old.map_or(now, |old| old.created_at),
            updated_at: now,
        }
    }
}

impl Save {
    /// What a connect session makes of a credential.
    pub(crate) fn of_session(
        by: &SessionCaller,
        integration: Integration,
        provider: Arc<Provider>,
        key: ConnectionKey,
        credential: Credential,
        config: Map<String, Value>,
    ) -> Self {
        let session = &by.session;
        let organization = session.organization.as_ref().map(|organization| organization.id.as_str());
        Self {
            environment: by.environment.clone(),
            integration,
            provider,
            key,
            credential,
            config,
            kept_fields: SecretMap::new(),
            look_up: LookUp::Never,
            reconnects: session.reconnects,
            end_user: session.end_user.clone(),
            tags: Some(session.tags.clone()),
            metadata: None,
            webhook_url_override: session.webhook_url_override.clone(),
            missing_scopes: Vec::new(),
            event_end_user: session.end_user.as_ref().map(|user| EventEndUser::of(user, organization)),
            actor: by.actor(),
        }
    }

    fn happened<'a>(&'a self, connection: &'a Connection, operation: Operation) -> Happened<'a> {
        Happened {
            environment: &self.environment,
            integration_key: self.integration.key.as_str(),
            provider: &self.provider,
            connection_key: connection.key.as_str(),
            stream: connection.id.0,
            operation,
            error: None,
            missing_scopes: &connection.missing_scopes,
            tags: Some(&connection.tags),
            end_user: self.event_end_user.clone(),
            url_override: connection.webhook_url_override.as_deref(),
        }
    }
}

/// Whether a fresh credential can be had without the user.
pub(crate) fn is_refreshable(provider: &Provider, credential: &Credential) -> bool {
    match credential {
        Credential::OAuth2(tokens) => protocol::refresh::is_possible(provider, tokens),
        Credential::App { .. } => provider.app.is_some(),
        Credential::ClientCredentials { .. }
        | Credential::TwoStep(_)
        | Credential::Jwt(_)
        | Credential::Signature(_)
        | Credential::Session(_)
        | Credential::Aws(_) => true,
        Credential::OAuth1 { .. }
        | Credential::OAuth1TokenBased { .. }
        | Credential::ApiKey { .. }
        | Credential::Basic { .. }
        | Credential::None => false,
    }
}

impl Saved {
    /// What is told of it.
    pub(crate) fn connected(self, session: SessionId, integration: IntegrationKey) -> Connected {
        let Connection { key: connection, account, lookups, missing_scopes, .. } = self.connection;
        Connected { session, integration, connection, account, incomplete: lookups.error, missing_scopes }
    }
}

/// Secret connection fields leave the plain part of a connection.
fn split_secrets(provider: &Provider, config: &Map<String, Value>) -> (Map<String, Value>, SecretMap) {
    let mut plain = Map::new();
    let mut secret = SecretMap::new();
    for (name, value) in config {
        if is_secret(provider, name) && !value.is_null() {
            secret.insert(name.clone(), Secret::new(text_of(value)));
        } else {
            plain.insert(name.clone(), value.clone());
        }
    }
    (plain, secret)
}

/// Whether a connection field is kept sealed, by its name on the wire.
pub(crate) fn is_secret(provider: &Provider, name: &str) -> bool {
    provider.inputs.connection.iter().any(|input: &Input| input.secret && input.wire_name() == name)
        || SECRET_BY_NAME.contains(&name)
}

/// Fields that apps put into `connection_config` under the contract's own names and that are secret whatever the
/// provider's definition says.
const SECRET_BY_NAME: &[&str] = &["oauth_client_secret_override", "oauth_refresh_token_override"];
