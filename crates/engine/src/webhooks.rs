//! Where events go and with which key they are signed.

use model::audit::Action;
use model::{Environment, Issue, IssueCode, WebhookSettings};
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::{Caller, Grant, right};
use crate::audit::Event;
use crate::error::{Error, Rule, Thing};
use crate::seals::Place;

/// Webhook settings as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSettingsView {
    /// Where events go.
    pub primary_url: Option<String>,
    /// A second place.
    pub secondary_url: Option<String>,
    /// Whether created connections and failed authorizations are reported.
    pub on_auth_creation: bool,
    /// Whether failed refreshes are reported.
    pub on_auth_refresh_error: bool,
}

/// Changes to webhook settings; what is absent stays, an empty URL clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookPatch {
    /// Where events go.
    pub primary_url: Option<String>,
    /// A second place.
    pub secondary_url: Option<String>,
    /// Whether created connections and failed authorizations are reported.
    pub on_auth_creation: Option<bool>,
    /// Whether failed refreshes are reported.
    pub on_auth_refresh_error: Option<bool>,
}

impl Engine {
    /// The environment's settings, without the key.
    pub async fn webhook_settings(
        &self,
        by: &Grant<right::ReadWebhooks>,
    ) -> Result<WebhookSettingsView, Error> {
        Ok(view(&self.settings_of(by).await?))
    }

    /// Changes settings.
    pub async fn update_webhooks(
        &self,
        by: &Grant<right::UpdateWebhooks>,
        patch: WebhookPatch,
    ) -> Result<WebhookSettingsView, Error> {
        let mut settings = self.settings_of(by).await?;
        let mut issues = Vec::new();
        for (name, given, stored) in [
            ("primary_url", patch.primary_url, &mut settings.primary_url),
            ("secondary_url", patch.secondary_url, &mut settings.secondary_url),
        ] {
            let Some(url) = given else { continue };
            match self.check_webhook_url(&url) {
                Ok(()) => *stored = Some(url).filter(|url| !url.is_empty()),
                Err(message) => issues.push(Issue::new(IssueCode::Custom, [name], message)),
            }
        }
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        settings.on_auth_creation = patch.on_auth_creation.unwrap_or(settings.on_auth_creation);
        settings.on_auth_refresh_error =
            patch.on_auth_refresh_error.unwrap_or(settings.on_auth_refresh_error);
        // The key is sealed anew, because the version it is bound to counts every write: two changes at the same
        // moment must not undo one another.
        let (expected, key) = (settings.version, self.open_signing_key(&settings)?);
        self.seal_signing_key(&mut settings, &key);
        self.store_settings(by, &settings, expected, Action::WebhooksUpdated).await?;
        Ok(view(&settings))
    }

    /// Whether events may be sent to a URL; empty is fine (it clears). The name is not resolved here: that is done,
    /// and checked, at every delivery.
    pub fn check_webhook_url(&self, url: &str) -> Result<(), String> {
        if url.is_empty() {
            return Ok(());
        }
        let parsed = Url::parse(url.trim()).map_err(|_| "must be a full URL, or empty".to_owned())?;
        self.0.egress.check_url(&parsed).map_err(|denied| denied.to_string())
    }

    /// The signing key, for somebody who must check signatures.
    pub async fn signing_key(&self, by: &Grant<right::RotateSigningKey>) -> Result<Secret<String>, Error> {
        let settings = self.settings_of(by).await?;
        let key = self.open_signing_key(&settings)?;
        self.record(trace(by, Action::SigningKeyRead)).await?;
        Ok(key)
    }

    /// A new signing key, in force for the next delivery.
    pub async fn rotate_signing_key(
        &self,
        by: &Grant<right::RotateSigningKey>,
    ) -> Result<Secret<String>, Error> {
        let mut settings = self.settings_of(by).await?;
        let expected = settings.version;
        let key = model::token::mint_signing_key(self.ports().random());
        self.seal_signing_key(&mut settings, &key);
        self.store_settings(by, &settings, expected, Action::SigningKeyRotated).await?;
        Ok(key)
    }

    fn seal_signing_key(&self, settings: &mut WebhookSettings, key: &Secret<String>) {
        settings.version += 1;
        let place = Place::signing_key(settings.environment, settings.version);
        settings.signing_key = self.seal(&place, key.expose().as_bytes());
    }

    pub(crate) fn open_signing_key(&self, settings: &WebhookSettings) -> Result<Secret<String>, Error> {
        let place = Place::signing_key(settings.environment, settings.version);
        let key = self.open_sealed(&place, &settings.signing_key)?;
        let text = std::str::from_utf8(key.expose()).map_err(|_| Error::Internal)?;
        Ok(Secret::new(text.to_owned()))
    }

    /// The settings a new environment begins with.
    pub(crate) fn first_settings(&self, environment: &Environment) -> WebhookSettings {
        let key = model::token::mint_signing_key(self.ports().random());
        WebhookSettings {
            environment: environment.id,
            primary_url: None,
            secondary_url: None,
            on_auth_creation: true,
            on_auth_refresh_error: true,
            signing_key: self.seal(&Place::signing_key(environment.id, 1), key.expose().as_bytes()),
            version: 1,
        }
    }

    async fn settings_of(&self, by: &Caller) -> Result<WebhookSettings, Error> {
        let settings = store::webhooks::find(self.store(), by.environment.id).await?;
        settings.ok_or(Error::NotFound(Thing::WebhookSettings))
    }

    async fn store_settings(
        &self,
        by: &Caller,
        settings: &WebhookSettings,
        expected: u64,
        action: Action,
    ) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        if !store::webhooks::update(&mut tx, settings, expected).await? {
            return Err(Error::refused(
                Rule::Conflict,
                "the webhook settings were changed at the same moment; try again",
            ));
        }
        self.commit(tx, trace(by, action)).await
    }
}

fn trace(by: &Caller, action: Action) -> Event<'_> {
    Event {
        environment: by.environment.id,
        actor: by.actor(),
        action,
        subject: by.environment.name.as_str(),
        detail: None,
    }
}

fn view(settings: &WebhookSettings) -> WebhookSettingsView {
    WebhookSettingsView {
        primary_url: settings.primary_url.clone(),
        secondary_url: settings.secondary_url.clone(),
        on_auth_creation: settings.on_auth_creation,
        on_auth_refresh_error: settings.on_auth_refresh_error,
    }
}
