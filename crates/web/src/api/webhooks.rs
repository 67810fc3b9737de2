//! `/v1/webhooks`: where events go and the key that signs them.

use axum::extract::State;
use axum::response::Response;
use engine::right::{ReadWebhooks, RotateSigningKey, UpdateWebhooks};
use engine::{WebhookPatch, WebhookSettingsView};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use vault::Secret;

use super::answer::{InData, data};
use super::input::{self, Object, RawQuery, Reading, Received, boolean, webhook_url};
use crate::AppState;
use crate::auth::Key;
use crate::problem::Problem;

/// Webhook settings of an environment.
#[derive(Serialize, ToSchema)]
pub(super) struct SettingsJson {
    /// Where events go.
    primary_url: Option<String>,
    /// A second place for the same events.
    secondary_url: Option<String>,
    /// Whether created connections and failed authorizations are reported.
    on_auth_creation: bool,
    /// Whether failed refreshes are reported.
    on_auth_refresh_error: bool,
}

/// Changes to webhook settings; what is absent stays, null or an empty text clears a URL.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct SettingsPatchBody {
    primary_url: Option<String>,
    secondary_url: Option<String>,
    on_auth_creation: Option<bool>,
    on_auth_refresh_error: Option<bool>,
}

/// The key that signs webhooks.
#[derive(Serialize, ToSchema)]
pub(super) struct SigningKeyJson {
    webhook_signing_key: String,
}

/// The settings, without the signing key.
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "Webhooks",
    responses((status = 200, description = "The settings.", body = InData<SettingsJson>)),
    security(("api_key" = ["environment:webhooks:read"]))
)]
pub(super) async fn read(
    Key(by): Key<ReadWebhooks>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    Ok(data(StatusCode::OK, shown(state.engine.webhook_settings(&by).await?)))
}

/// Changes the settings.
#[utoipa::path(
    patch, path = "/v1/webhooks", tag = "Webhooks",
    request_body(content = SettingsPatchBody),
    responses(
        (status = 200, description = "The settings.", body = InData<SettingsJson>),
        (status = 400, description = "`invalid_body`.")
    ),
    security(("api_key" = ["environment:webhooks:update"]))
)]
pub(super) async fn update(
    Key(by): Key<UpdateWebhooks>,
    State(state): State<AppState>,
    query: RawQuery,
    received: Received,
) -> Result<Response, Problem> {
    query.none()?;
    let patch = input::body(received, |body| Some(patch(body)))?;
    Ok(data(StatusCode::OK, shown(state.engine.update_webhooks(&by, patch).await?)))
}

/// The signing key, for whoever checks signatures. Reading it leaves an audit entry.
#[utoipa::path(
    get, path = "/v1/webhooks/signing-key", tag = "Webhooks",
    responses((status = 200, description = "The key.", body = InData<SigningKeyJson>)),
    security(("api_key" = ["environment:webhook_signing_key:rotate"]))
)]
pub(super) async fn signing_key(
    Key(by): Key<RotateSigningKey>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    Ok(key_shown(state.engine.signing_key(&by).await?))
}

/// Replaces the signing key, in force for the next delivery.
#[utoipa::path(
    post, path = "/environment/webhook-signing-key/rotate", tag = "Webhooks",
    responses((status = 200, description = "The new key.", body = InData<SigningKeyJson>)),
    security(("api_key" = ["environment:webhook_signing_key:rotate"]))
)]
pub(super) async fn rotate(
    Key(by): Key<RotateSigningKey>,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    Ok(key_shown(state.engine.rotate_signing_key(&by).await?))
}

fn patch(body: &mut Object) -> WebhookPatch {
    WebhookPatch {
        primary_url: body.optional("primary_url", url_or_nothing),
        secondary_url: body.optional("secondary_url", url_or_nothing),
        on_auth_creation: body.optional("on_auth_creation", boolean),
        on_auth_refresh_error: body.optional("on_auth_refresh_error", boolean),
    }
}

fn url_or_nothing(value: Value) -> Reading<String> {
    if value.is_null() { Ok(String::new()) } else { webhook_url(value) }
}

fn shown(settings: WebhookSettingsView) -> SettingsJson {
    SettingsJson {
        primary_url: settings.primary_url,
        secondary_url: settings.secondary_url,
        on_auth_creation: settings.on_auth_creation,
        on_auth_refresh_error: settings.on_auth_refresh_error,
    }
}

fn key_shown(key: Secret<String>) -> Response {
    data(StatusCode::OK, SigningKeyJson { webhook_signing_key: key.into_inner() })
}
