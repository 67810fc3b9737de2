//! An integration as clients see it.

use engine::{IntegrationSecrets, IntegrationView};
use model::integration::State;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;
use vault::Secret;

use crate::api::times::Zulu;

/// An integration.
#[derive(Serialize, ToSchema)]
pub(crate) struct IntegrationJson<'a> {
    /// Its name.
    unique_key: &'a str,
    /// Slug of the provider.
    provider: &'a str,
    /// Its own name, else that of the provider.
    display_name: &'a str,
    /// Address of a picture.
    logo: String,
    /// Whether inbound provider webhooks are passed on.
    forward_webhooks: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Zulu,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Zulu,
    /// `configured`, or `draft` while something is missing.
    state: &'static str,
    /// The fields to fill, by their path in the body of a change.
    missing_fields: &'a [String],
    /// The address to enter at the provider as redirect or callback URL.
    callback_url: &'a str,
    /// Things to know.
    warnings: &'a [String],
    /// With `include=webhook`; always null, because inbound webhooks are not received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) webhook_url: Option<()>,
    /// With `include=credentials`; null for providers whose credentials belong to each connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credentials: Option<CredentialsJson<'a>>,
}

/// The OAuth client of an integration, or null.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CredentialsJson<'a> {
    Client(ClientJson<'a>),
    App(AppJson<'a>),
    None(()),
}

/// An app that is installed, with the OAuth client of its users where it has one.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppJson<'a> {
    /// `APP` or `CUSTOM`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    app_id: Option<&'a str>,
    app_link: Option<&'a str>,
    private_key: Option<&'a str>,
}

/// An OAuth client.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientJson<'a> {
    /// `OAUTH1` or `OAUTH2`.
    #[serde(rename = "type")]
    kind: &'static str,
    client_id: Option<&'a str>,
    client_secret: Option<&'a str>,
    /// Scopes separated by commas.
    scopes: Option<String>,
    webhook_secret: Option<&'a str>,
}

impl<'a> IntegrationJson<'a> {
    pub(super) fn of(view: &'a IntegrationView, public_url: &Url) -> Self {
        let integration = &view.integration;
        let (state, missing_fields) = match &view.state {
            State::Configured => ("configured", &[][..]),
            State::Draft(missing) => ("draft", missing.as_slice()),
        };
        Self {
            unique_key: integration.key.as_str(),
            provider: &integration.provider,
            display_name: integration.display_name.as_deref().unwrap_or(&view.provider.name),
            logo: logo_url(public_url, &integration.provider),
            forward_webhooks: integration.forward_webhooks,
            created_at: Zulu(integration.created_at),
            updated_at: Zulu(integration.updated_at),
            state,
            missing_fields,
            callback_url: view.callback_url.as_str(),
            warnings: &view.warnings,
            webhook_url: None,
            credentials: None,
        }
    }
}

impl<'a> CredentialsJson<'a> {
    /// The client, where the provider has one for the whole integration.
    pub(super) fn of(view: &'a IntegrationView, secrets: &'a IntegrationSecrets) -> Self {
        let integration = &view.integration;
        let shown = |secret: &'a Option<Secret<String>>| secret.as_ref().map(|text| text.expose().as_str());
        if view.provider.app.is_some() {
            let entered = |name: &str| integration.config.get(name).map(String::as_str);
            return Self::App(AppJson {
                kind: view.provider.auth.wire(),
                client_id: integration.client_id.as_deref(),
                client_secret: shown(&secrets.client_secret),
                app_id: entered("app_id"),
                app_link: entered("app_link"),
                private_key: shown(&secrets.private_key),
            });
        }
        if !view.provider.auth.has_app() {
            return Self::None(());
        }
        Self::Client(ClientJson {
            kind: view.provider.auth.wire(),
            client_id: integration.client_id.as_deref(),
            client_secret: shown(&secrets.client_secret),
            scopes: (!integration.scopes.is_empty()).then(|| integration.scopes.join(",")),
            webhook_secret: shown(&secrets.webhook_secret),
        })
    }
}

/// Where the picture of a provider is.
pub(crate) fn logo_url(public_url: &Url, provider: &str) -> String {
    format!("{}/images/template-logos/{provider}.svg", public_url.as_str().trim_end_matches('/'))
}
