//! What follows a connection: look-ups that fill its fields, and the call that names the account.
//!
//! The credential is stored first, so nothing here can lose it; the event that tells the app waits for the look-ups.
//! A look-up that fails is shown, recorded and tried again by a job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use catalog::Provider;
use egress::Limits;
use jiff::{SignedDuration, Timestamp};
use model::audit::Action;
use model::connection::LookupHealth;
use model::{Actor, Connection, Integration};
use protocol::after_connect::{self, Changes, Context, Failure, Step};
use protocol::{Client, Credential, Fields, Occasion, identity};
use serde_json::Value;
use store::connections::LookedUp;
use tokio::time::Instant;
use vault::Secret;

use crate::Engine;
use crate::audit::Event;
use crate::entered::{told, wire_name};
use crate::error::{Error, Thing};
use crate::introspect::End;
use crate::save::{LookUp, Save, Saved, is_secret};
use crate::scrub::scrubbed;
use crate::seals::Place;

/// All look-ups of one connection together; what has not been asked by then is left to the job.
const WHOLE: Duration = Duration::from_secs(25);
/// A node that dies while it looks up keeps nobody else from it for longer.
const CLAIM: SignedDuration = SignedDuration::from_mins(5);
const MOST_TRIES: u32 = 5;

/// What the look-ups brought, by our own names.
#[derive(Default)]
struct Found {
    sets: BTreeMap<String, String>,
    erases: BTreeSet<String>,
    account: Option<String>,
    /// When the token that was looked up with ends.
    ends_at: Option<Timestamp>,
    /// What is still open, in words fit to be shown.
    error: Option<String>,
}

impl Engine {
    /// [`Engine::save`], and then what follows. The provider was asked when the token ends, with this outcome; what was
    /// learned stands in the credential.
    pub(crate) async fn save_connected(&self, new: Save, end: End) -> Result<Saved, Error> {
        let is_followed = is_followed(&new.provider) || matches!(end, End::Open(_));
        let (provider, integration) = (Arc::clone(&new.provider), new.integration.clone());
        let look_up = if is_followed { LookUp::Now } else { LookUp::Never };
        // On the heap: these are large, and whoever waits for them is large already.
        let saved = Box::pin(self.save(Save { look_up, ..new })).await?;
        if !is_followed {
            return Ok(saved);
        }
        match Box::pin(self.look_up(&saved.connection, &provider, &integration, Some(end))).await {
            Ok(connection) => Ok(Saved { connection, ..saved }),
            Err(error) => {
                tracing::error!(%error, connection = %saved.connection.id, "look-ups are left to the job");
                Ok(saved)
            }
        }
    }

    /// Looks up for the connection that is due longest. `false` when none is.
    pub(crate) async fn look_up_next(&self) -> Result<bool, Error> {
        let now = self.ports().now();
        let claimed = store::connections::claim_lookup(self.store(), now, now + CLAIM).await?;
        let Some((environment, id)) = claimed else { return Ok(false) };
        let found = store::connections::find_by_id(self.store(), environment, id).await?;
        let Some(connection) = found.map(Arc::new) else { return Ok(true) };
        let integration =
            store::integrations::find_by_id(self.store(), environment, connection.integration).await?;
        let Some(integration) = integration else { return Ok(true) };
        let resolved = self.resolved(&integration).await;
        let ready = match resolved {
            Ok(provider) => match self.serveable(Arc::clone(&connection), &provider, false).await {
                Ok(connection) => Ok((connection, provider)),
                Err((_, error)) => Err(error),
            },
            Err(error) => Err(error),
        };
        match ready {
            Ok((connection, provider)) => self.look_up(&connection, &provider, &integration, None).await?,
            Err(error) => {
                let found = Found { error: Some(error.to_string()), ..Found::default() };
                let provider = self.provider_of(&integration)?;
                self.keep_found(&connection, &provider, &found).await?
            }
        };
        Ok(true)
    }

    async fn look_up(
        &self,
        connection: &Connection,
        provider: &Provider,
        integration: &Integration,
        end: Option<End>,
    ) -> Result<Connection, Error> {
        let secrets = self.open_connection(connection)?;
        let fields = self.all_fields(provider, integration, &connection.config, &secrets.fields)?;
        let client = self.client_with(integration, &secrets.credential)?;
        let end = match end {
            Some(end) => end,
            None => self.learn_end(provider, &secrets.credential, client.as_ref(), &fields).await,
        };
        let asking = Asking {
            engine: self,
            provider,
            credential: &secrets.credential,
            client: client.as_ref(),
            fields,
        };
        let found = asking.all(end).await;
        self.keep_found(connection, provider, &found).await
    }

    /// Stores what was found, over whatever the row holds by now.
    async fn keep_found(
        &self,
        connection: &Connection,
        provider: &Provider,
        found: &Found,
    ) -> Result<Connection, Error> {
        let mut current = connection.clone();
        for _ in 0..MOST_TRIES {
            // Whoever brought another token meanwhile has asked for the end of that one.
            let is_same_token = current.obtained_at == connection.obtained_at;
            let ends_at = found.ends_at.filter(|_| is_same_token);
            if let Some(written) = self.try_keep(&current, provider, found, ends_at).await? {
                self.0.nudge.wake();
                self.trace_look_up(&current, &written).await;
                return Ok(written);
            }
            let read = store::connections::find_by_id(self.store(), current.environment, current.id).await?;
            current = read.ok_or(Error::NotFound(Thing::Connection))?;
        }
        Err(Error::Unavailable)
    }

    /// `None` when somebody else wrote the row meanwhile.
    async fn try_keep(
        &self,
        current: &Connection,
        provider: &Provider,
        found: &Found,
        ends_at: Option<Timestamp>,
    ) -> Result<Option<Connection>, Error> {
        let mut secrets = self.open_connection(current)?;
        let expires_at = match ends_at {
            Some(end) => {
                secrets.credential = secrets.credential.with_end(end);
                secrets.credential.expires_at()
            }
            None => current.expires_at,
        };
        let mut config = current.config.clone();
        for name in &found.erases {
            let name = wire_name(provider, name);
            config.remove(&name);
            secrets.fields.remove(&name);
        }
        for (name, value) in &found.sets {
            let name = wire_name(provider, name);
            if is_secret(provider, &name) {
                secrets.fields.insert(name, Secret::new(value.clone()));
            } else {
                config.insert(name, Value::String(value.clone()));
            }
        }
        let (now, version) = (self.ports().now(), current.version + 1);
        let place = Place::credential(current.environment, current.id.0, version);
        let looked_up = LookedUp {
            credential: self.seal_connection(&place, &secrets),
            version,
            expires_at,
            config,
            account: found.account.clone().or_else(|| current.account.clone()),
            lookups: match &found.error {
                None => LookupHealth::default(),
                Some(error) => current.lookups.failed(now, error.clone()),
            },
            updated_at: now,
        };
        let (environment, id) = (current.environment, current.id);
        let mut tx = self.store().begin().await?;
        let written =
            store::connections::store_looked_up(&mut tx, environment, id, current.version, &looked_up)
                .await?;
        if !written {
            return Ok(None);
        }
        store::outbox::release(&mut tx, id.0, now).await?;
        tx.commit().await?;
        let LookedUp { credential, config, account, lookups, updated_at, .. } = looked_up;
        let written = Connection { credential, version, expires_at, config, account, ..current.clone() };
        Ok(Some(Connection { lookups, updated_at, ..written }))
    }

    /// What failed, and that it no longer does. The connection is there either way, so an entry that cannot be written
    /// ends nothing.
    pub(crate) async fn trace_look_up(&self, before: &Connection, after: &Connection) {
        let action = match (&before.lookups.error, &after.lookups.error) {
            (_, Some(_)) => Action::LookupFailed,
            (Some(_), None) => Action::LookupDone,
            (None, None) => return,
        };
        let entry = Event {
            environment: after.environment,
            actor: Actor::System,
            action,
            subject: &after.id.to_string(),
            detail: after.lookups.error.clone(),
        };
        if let Err(error) = self.record(entry).await {
            tracing::error!(%error, connection = %after.id, "the outcome of a look-up could not be recorded");
        }
    }
}

/// Whether anything follows a connection at this provider.
pub(crate) fn is_followed(provider: &Provider) -> bool {
    !provider.after_connect.is_empty() || provider.identity.is_some()
}

/// The look-ups of one connection under way.
struct Asking<'a> {
    engine: &'a Engine,
    provider: &'a Provider,
    credential: &'a Credential,
    client: Option<&'a Client>,
    fields: Fields,
}

impl Asking<'_> {
    async fn all(mut self, end: End) -> Found {
        let begun = Instant::now();
        let mut step = after_connect::begin(self.context());
        let changes = loop {
            match step {
                Step::Done(changes) => break changes,
                Step::Send(request, run) => {
                    let answer = self.send(*request, begun).await;
                    // Each call has a time and a chance of its own: a signature is good once.
                    self.renew_occasion();
                    step = run.answered(self.context(), answer.as_ref());
                }
            }
        };
        let Changes { sets, erases, failures } = changes;
        self.fields.connection.extend(sets.clone());
        self.renew_occasion();
        let (ends_at, open) = match end {
            End::Settled => (None, None),
            End::At(end) => (Some(end), None),
            // It is refreshed when it is read next.
            End::Over(_) => (Some(self.engine.ports().now()), None),
            End::Open(problem) => (None, Some(problem)),
        };
        let failed = failures.iter().map(|failure| self.words(failure));
        let mut errors: Vec<String> = failed.chain(open).collect();
        let account = match self.account(begun).await {
            Ok(account) => account,
            Err(error) => {
                errors.push(error);
                None
            }
        };
        let error = (!errors.is_empty()).then(|| errors.join("; "));
        Found { sets, erases, account, ends_at, error }
    }

    fn context(&self) -> Context<'_> {
        let Self { provider, credential, client, fields, .. } = self;
        Context { provider, credential, fields, client: *client }
    }

    fn renew_occasion(&mut self) {
        let ports = self.engine.ports();
        self.fields.occasion = Some(Occasion { now: ports.now(), random: ports.random() });
    }

    async fn send(&self, request: protocol::Request, begun: Instant) -> Option<protocol::Response> {
        let left = WHOLE.checked_sub(begun.elapsed()).filter(|left| !left.is_zero())?;
        let usual = Limits::metadata();
        let limits = Limits { total: usual.total.min(left), ..usual };
        match self.engine.send(request, &limits).await {
            Ok(response) => Some(response),
            Err(no_answer) => {
                tracing::warn!(provider = self.provider.slug, no_answer.message, "a look-up got no answer");
                None
            }
        }
    }

    /// The name of the account. A provider that refuses to tell it is not asked again: not every grant covers that.
    async fn account(&self, begun: Instant) -> Result<Option<String>, String> {
        let Some(request) = identity::request(self.provider, self.credential, &self.fields, self.client)
        else {
            return Ok(None);
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(provider = self.provider.slug, %error, "the account cannot be asked for");
                return Ok(None);
            }
        };
        let unnamed = || format!("{} did not tell the name of the account", self.provider.name);
        let response = self.send(request, begun).await.ok_or_else(unnamed)?;
        if response.status.is_server_error() || matches!(response.status.as_u16(), 408 | 425 | 429) {
            return Err(format!("{} (status {})", unnamed(), response.status.as_u16()));
        }
        let account = identity::outcome(self.provider, &response);
        Ok(account.and_then(|account| account.name.or(account.id)).map(|name| self.safe(&name)))
    }

    /// What failed, in words for the end user and for the app.
    fn words(&self, failure: &Failure) -> String {
        let Self { provider, .. } = self;
        let labels: Vec<&str> = failure.fields.iter().map(|name| label(provider, name)).collect();
        let what = if labels.is_empty() {
            format!("{} could not be told that the connection was made", provider.name)
        } else {
            format!("{} could not be looked up at {}", labels.join(" and "), provider.name)
        };
        let why = match (failure.status, &failure.said) {
            (None, _) => "it gave no answer".to_owned(),
            (Some(status), Some(said)) => format!("status {}: {}", status.as_u16(), self.safe(said)),
            (Some(status), None) => format!("status {}", status.as_u16()),
        };
        format!("{what} ({why})")
    }

    fn safe(&self, said: &str) -> String {
        let secrets = self.credential.secrets();
        let mut hidden: Vec<&str> = secrets.iter().map(|secret| secret.expose().as_str()).collect();
        hidden.extend(told(self.provider, &self.fields));
        scrubbed(said, &hidden)
    }
}

/// What people call a connection field.
fn label<'a>(provider: &'a Provider, name: &'a str) -> &'a str {
    let input = provider.inputs.connection.iter().find(|input| input.name == name);
    input.map_or(name, |input| &input.label)
}
