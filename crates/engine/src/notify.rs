//! Telling the app: the event is written to the outbox in the transaction that made it needful.

use catalog::Provider;
use jiff::Timestamp;
use model::webhook::{AuthEvent, EventEndUser, EventError, Operation};
use model::{Environment, EnvironmentId, OutboxId, OutboxMessage, Tags, WebhookSettings};
use store::Tx;
use uuid::Uuid;

use crate::Engine;

/// What an event is about.
pub(crate) struct Happened<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) integration_key: &'a str,
    pub(crate) provider: &'a Provider,
    pub(crate) connection_key: &'a str,
    /// Events of one stream are delivered in order: the connection's row, or the flow's.
    pub(crate) stream: Uuid,
    pub(crate) operation: Operation,
    /// Absent when it went well.
    pub(crate) error: Option<EventError>,
    /// Scopes that were asked for and not granted.
    pub(crate) missing_scopes: &'a [String],
    pub(crate) tags: Option<&'a Tags>,
    pub(crate) end_user: Option<EventEndUser>,
    pub(crate) url_override: Option<&'a str>,
}

impl Engine {
    /// Where events of an environment go. Read before the transaction begins: one that waits for a second connection
    /// of the pool can wait for itself.
    pub(crate) async fn event_settings(
        &self,
        environment: EnvironmentId,
    ) -> Result<Option<WebhookSettings>, store::Error> {
        store::webhooks::find(self.store(), environment).await
    }

    /// Writes the event for every URL that wants it. The caller wakes the delivery after the commit.
    pub(crate) async fn notify(
        &self,
        tx: &mut Tx,
        settings: &WebhookSettings,
        happened: Happened<'_>,
    ) -> Result<(), store::Error> {
        self.notify_at(tx, settings, happened, self.ports().now()).await
    }

    /// [`Engine::notify`], with the event held back until a time.
    pub(crate) async fn notify_at(
        &self,
        tx: &mut Tx,
        settings: &WebhookSettings,
        happened: Happened<'_>,
        due_at: Timestamp,
    ) -> Result<(), store::Error> {
        let environment = happened.environment.id;
        if !settings.wants(happened.operation) {
            return Ok(());
        }
        let targets = settings.targets(happened.url_override);
        let stream = happened.stream;
        let body = event(happened).body();
        let now = self.ports().now();
        for url in targets {
            let message = OutboxMessage {
                id: OutboxId(self.ports().row_id()),
                environment,
                stream,
                url,
                body: body.clone(),
                attempts: 0,
                due_at,
                created_at: now,
            };
            store::outbox::enqueue(tx, &message).await?;
        }
        Ok(())
    }
}

fn event(happened: Happened<'_>) -> AuthEvent {
    AuthEvent {
        auth_mode: happened.provider.auth.wire().to_owned(),
        connection_id: happened.connection_key.to_owned(),
        end_user: happened.end_user,
        environment: happened.environment.name.to_string(),
        success: happened.error.is_none(),
        error: happened.error,
        from: "nango",
        missing_scopes: happened.missing_scopes.to_vec(),
        operation: happened.operation,
        provider: happened.provider.slug.clone(),
        provider_config_key: happened.integration_key.to_owned(),
        tags: happened.tags.map(|tags| tags.as_map().clone()),
        kind: "auth",
    }
}
