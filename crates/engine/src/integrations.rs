//! Setting up providers: create, read, change, delete integrations.

mod apply;
mod warnings;

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Provider;
use model::audit::Action;
use model::integration::{CLIENT_SECRET, State};
use model::{ConnectionKey, Integration, IntegrationId, IntegrationKey, Issue};
use store::Constraint;
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::{Caller, Grant, SessionCaller, right};
use crate::audit::Event;
use crate::error::{Error, Rule, Thing};
use crate::seals::{Place, SecretMap};
use apply::{Change, defaults};

/// Name under which the secret of inbound webhooks stands among an integration's secrets.
pub(crate) const WEBHOOK_SECRET: &str = "webhook_secret";

/// An integration to be made.
#[derive(Default)]
pub struct NewIntegration {
    /// Slug of the provider.
    pub provider: String,
    /// Its name on the wire.
    pub key: String,
    /// Shown instead of the provider's name.
    pub display_name: Option<String>,
    /// Whether inbound provider webhooks are passed on.
    pub forward_webhooks: bool,
    /// The OAuth client.
    pub credentials: Option<ClientInput>,
    /// Operator inputs by their name on the wire.
    pub config: BTreeMap<String, String>,
    /// Free-form values.
    pub custom: BTreeMap<String, String>,
}

/// The OAuth client as sent.
#[derive(Default)]
pub struct ClientInput {
    /// The mode the client names, e.g. `OAUTH2`.
    pub mode: String,
    /// Client identifier.
    pub client_id: Option<String>,
    /// Client secret.
    pub client_secret: Option<Secret<String>>,
    /// Scopes; absent keeps what is stored.
    pub scopes: Option<Vec<String>>,
    /// Secret of inbound webhooks; empty removes it.
    pub webhook_secret: Option<Secret<String>>,
    /// What names an installed app, by the names of the operator's inputs: its number, its page, its private key.
    pub app: BTreeMap<String, String>,
}

/// Changes to an integration; what is absent stays.
#[derive(Default)]
pub struct IntegrationPatch {
    /// A new name on the wire; only while there are no connections.
    pub key: Option<String>,
    /// A new display name.
    pub display_name: Option<String>,
    /// Whether inbound provider webhooks are passed on.
    pub forward_webhooks: Option<bool>,
    /// The OAuth client: a new secret is a rotation.
    pub credentials: Option<ClientInput>,
    /// Operator inputs to change; an empty text clears an optional one.
    pub config: BTreeMap<String, String>,
    /// Free-form values to change.
    pub custom: BTreeMap<String, String>,
}

/// An integration as it is shown.
pub struct IntegrationView {
    /// The stored integration.
    pub integration: Integration,
    /// Its provider.
    pub provider: Arc<Provider>,
    /// Whether connections can start.
    pub state: State,
    /// Things an operator should know, in words.
    pub warnings: Vec<String>,
    /// Where the provider must send browsers back to.
    pub callback_url: Url,
}

/// The secrets of an integration, for a caller who may read them.
pub struct IntegrationSecrets {
    /// Client secret.
    pub client_secret: Option<Secret<String>>,
    /// Secret of inbound webhooks.
    pub webhook_secret: Option<Secret<String>>,
    /// Private key of an installed app.
    pub private_key: Option<Secret<String>>,
}

impl Engine {
    /// All integrations of the environment, by provider and age.
    pub async fn integrations(
        &self,
        by: &Grant<right::ListIntegrations>,
    ) -> Result<Vec<IntegrationView>, Error> {
        self.views(by, |_| true).await
    }

    /// The integrations a connect session may use.
    pub async fn integrations_of_session(&self, by: &SessionCaller) -> Result<Vec<IntegrationView>, Error> {
        let all = store::integrations::list(self.store(), by.environment.id).await?;
        Ok(all
            .iter()
            .filter(|integration| by.session.allows(integration.key.as_str()))
            .filter_map(|integration| self.view(integration.clone(), &all))
            .collect())
    }

    async fn views(
        &self,
        by: &Caller,
        wanted: impl Fn(&Integration) -> bool,
    ) -> Result<Vec<IntegrationView>, Error> {
        let all = store::integrations::list(self.store(), by.environment.id).await?;
        Ok(all
            .iter()
            .filter(|integration| wanted(integration))
            .filter_map(|integration| self.view(integration.clone(), &all))
            .collect())
    }

    /// One integration.
    pub async fn integration(
        &self,
        by: &Grant<right::ReadIntegration>,
        key: &IntegrationKey,
    ) -> Result<IntegrationView, Error> {
        let views = self.views(by, |integration| integration.key == *key).await?;
        views.into_iter().next().ok_or(Error::NotFound(Thing::Integration))
    }

    /// The secrets of an integration. The caller's right to read credentials is checked here.
    pub async fn integration_secrets(
        &self,
        by: &Grant<right::ReadIntegration>,
        view: &IntegrationView,
    ) -> Result<IntegrationSecrets, Error> {
        if !by.holds(model::Scope::IntegrationsReadCredentials) {
            return Err(Error::Denied(format!(
                "this API key lacks the scope {}",
                model::Scope::IntegrationsReadCredentials
            )));
        }
        let mut secrets = self.open_integration(&view.integration)?;
        self.record(Event {
            environment: by.environment.id,
            actor: by.actor(),
            action: Action::IntegrationRead,
            subject: view.integration.key.as_str(),
            detail: None,
        })
        .await?;
        Ok(IntegrationSecrets {
            client_secret: secrets.remove(CLIENT_SECRET),
            webhook_secret: secrets.remove(WEBHOOK_SECRET),
            private_key: secrets.remove("private_key"),
        })
    }

    /// Makes an integration. It may be a draft: what is missing stands in the answer.
    pub async fn create_integration(
        &self,
        by: &Grant<right::CreateIntegration>,
        new: NewIntegration,
    ) -> Result<IntegrationView, Error> {
        let provider = self.catalog().get(&new.provider).ok_or_else(|| {
            Error::refused(Rule::UnknownProvider, format!("there is no provider «{}»", new.provider))
        })?;
        let key = IntegrationKey::parse(&new.key)
            .map_err(|e| Error::Invalid(vec![Issue::new(e.code, ["unique_key"], e.message)]))?;
        let now = self.ports().now();
        let mut integration = Integration {
            id: IntegrationId(self.ports().row_id()),
            environment: by.environment.id,
            key,
            provider: new.provider,
            display_name: new.display_name,
            forward_webhooks: new.forward_webhooks,
            client_id: None,
            scopes: Vec::new(),
            config: defaults(&provider),
            custom: BTreeMap::new(),
            secrets: self
                .seal(&Place::integration_secrets(by.environment.id, self.ports().row_id(), 0), b"{}"),
            secret_names: Vec::new(),
            version: 0,
            created_at: now,
            updated_at: now,
        };
        let mut secrets = SecretMap::new();
        let given = Change { credentials: new.credentials, config: new.config, custom: new.custom };
        self.apply(&mut integration, &mut secrets, &provider, given)?;
        self.reseal(&mut integration, &secrets);
        let mut tx = self.store().begin().await?;
        store::integrations::create(&mut tx, &integration).await.map_err(key_taken)?;
        self.commit(tx, change(by, Action::IntegrationCreated, &integration)).await?;
        self.changed(by, integration).await
    }

    /// Changes an integration.
    pub async fn update_integration(
        &self,
        by: &Grant<right::UpdateIntegration>,
        key: &IntegrationKey,
        patch: IntegrationPatch,
    ) -> Result<IntegrationView, Error> {
        let stored = store::integrations::find(self.store(), by.environment.id, key).await?;
        let mut integration = stored.ok_or(Error::NotFound(Thing::Integration))?;
        let provider = self.provider_of(&integration)?;
        let expected = integration.version;
        let mut secrets = self.open_integration(&integration)?;
        if let Some(new_key) = patch.key.filter(|new_key| new_key != key.as_str()) {
            self.rename(&mut integration, &new_key).await?;
        }
        if patch.display_name.is_some() {
            integration.display_name = patch.display_name;
        }
        integration.forward_webhooks = patch.forward_webhooks.unwrap_or(integration.forward_webhooks);
        let given = Change { credentials: patch.credentials, config: patch.config, custom: patch.custom };
        self.apply(&mut integration, &mut secrets, &provider, given)?;
        integration.updated_at = self.ports().now();
        self.reseal(&mut integration, &secrets);
        let mut tx = self.store().begin().await?;
        let written = store::integrations::update(&mut tx, by.environment.id, &integration, expected)
            .await
            .map_err(key_taken)?;
        if !written {
            return Err(Error::refused(
                Rule::Conflict,
                "the integration was changed at the same moment; try again",
            ));
        }
        self.commit(tx, change(by, Action::IntegrationUpdated, &integration)).await?;
        self.changed(by, integration).await
    }

    /// Deletes an integration with its connections. Their credentials are destroyed at once; upstream grants of
    /// deleted connections are left to the provider, because an integration may have a hundred thousand of them.
    pub async fn delete_integration(
        &self,
        by: &Grant<right::DeleteIntegration>,
        key: &IntegrationKey,
    ) -> Result<(), Error> {
        let stored = store::integrations::find(self.store(), by.environment.id, key).await?;
        let integration = stored.ok_or(Error::NotFound(Thing::Integration))?;
        let mut tx = self.store().begin().await?;
        if !store::integrations::delete(&mut tx, by.environment.id, integration.id).await? {
            return Err(Error::NotFound(Thing::Integration));
        }
        self.commit(
            tx,
            Event {
                environment: by.environment.id,
                actor: by.actor(),
                action: Action::IntegrationDeleted,
                subject: key.as_str(),
                detail: None,
            },
        )
        .await
    }

    pub(crate) fn provider_of(&self, integration: &Integration) -> Result<Arc<Provider>, Error> {
        self.catalog().get(&integration.provider).ok_or_else(|| {
            tracing::error!(
                provider = integration.provider,
                "an integration names a provider that is not in the catalog"
            );
            Error::NotFound(Thing::Provider)
        })
    }

    async fn rename(&self, integration: &mut Integration, new_key: &str) -> Result<(), Error> {
        let new_key = IntegrationKey::parse(new_key)
            .map_err(|e| Error::Invalid(vec![Issue::new(e.code, ["unique_key"], e.message)]))?;
        let live =
            store::integrations::connection_count(self.store(), integration.environment, integration.id)
                .await?;
        if live > 0 {
            let message =
                format!("the integration has {live} connection(s) and cannot be renamed; delete them first");
            return Err(Error::refused(Rule::Body, message));
        }
        integration.key = new_key;
        Ok(())
    }

    /// Seals the secrets anew, for the next version of the row.
    pub(crate) fn reseal(&self, integration: &mut Integration, secrets: &SecretMap) {
        integration.version += 1;
        let place =
            Place::integration_secrets(integration.environment, integration.id.0, integration.version);
        integration.secrets = self.seal_secrets(&place, secrets);
        integration.secret_names = secrets.keys().cloned().collect();
    }

    async fn changed(&self, by: &Caller, integration: Integration) -> Result<IntegrationView, Error> {
        let all = store::integrations::list(self.store(), by.environment.id).await?;
        self.view(integration, &all).ok_or(Error::NotFound(Thing::Provider))
    }

    /// An integration as it is shown; `None` when its provider left the catalog.
    fn view(&self, integration: Integration, all: &[Integration]) -> Option<IntegrationView> {
        let provider = self.provider_of(&integration).ok()?;
        let state = integration.state(&provider);
        let mut warnings = warnings::exclusive(&integration, &provider, all);
        warnings.extend(warnings::unknown_scopes(&integration, &provider));
        warnings.extend(warnings::any_server(&integration, &provider));
        Some(IntegrationView { state, warnings, provider, callback_url: self.callback_url(), integration })
    }
}

fn change<'a>(by: &Caller, action: Action, integration: &'a Integration) -> Event<'a> {
    Event {
        environment: by.environment.id,
        actor: by.actor(),
        action,
        subject: integration.key.as_str(),
        detail: None,
    }
}

fn key_taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(Constraint::IntegrationKey) => {
            Error::refused(Rule::KeyTaken, "an integration with this unique_key exists already")
        }
        other @ (store::Error::Conflict(_) | store::Error::Corrupt { .. } | store::Error::Unavailable(_)) => {
            other.into()
        }
    }
}

/// A connection's name, checked where a path or body brings it.
pub(crate) fn connection_key(text: &str) -> Result<ConnectionKey, Error> {
    ConnectionKey::parse(text)
        .map_err(|e| Error::Invalid(vec![Issue::new(e.code, ["connection_id"], e.message)]))
}
