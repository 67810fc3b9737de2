//! Bodies that create and change integrations.

use std::collections::BTreeMap;

use engine::{ClientInput, IntegrationPatch, NewIntegration};
use model::{Issue, IssueCode};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::input::{
    Object, Reading, any_object, boolean, integration_key, length, provider_slug, scope_list, secret_text,
    text, texts,
};

/// The longest value of an operator input.
const LONGEST_VALUE: usize = 8192;

/// A new integration.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct NewIntegrationBody {
    /// Slug of the provider.
    provider: String,
    /// Its name: letters, digits, spaces and `~ : . @ _ -`.
    unique_key: String,
    display_name: Option<String>,
    /// Whether inbound provider webhooks are passed on; yes unless said otherwise.
    forward_webhooks: Option<bool>,
    credentials: Option<CredentialsBody>,
    /// What the provider asks of the operator.
    integration_config: Option<BTreeMap<String, String>>,
    /// Free-form values, for providers that ask nothing of the operator.
    custom: Option<BTreeMap<String, String>>,
}

/// Changes to an integration.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct IntegrationPatchBody {
    /// A new name; only while there are no connections.
    unique_key: Option<String>,
    display_name: Option<String>,
    forward_webhooks: Option<bool>,
    credentials: Option<CredentialsBody>,
    integration_config: Option<BTreeMap<String, String>>,
    custom: Option<BTreeMap<String, String>>,
}

/// The OAuth client.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct CredentialsBody {
    /// `OAUTH1`, `OAUTH2`, `TBA`, `APP`, `CUSTOM` or `MCP_OAUTH2`.
    #[schema(rename = "type")]
    kind: String,
    /// Of an app (`APP`, `CUSTOM`): its identifier.
    app_id: Option<String>,
    /// Of an app: its page.
    app_link: Option<String>,
    /// Of an app: its private key, PEM.
    private_key: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// Scopes separated by commas, without blanks.
    scopes: Option<String>,
    webhook_secret: Option<String>,
}

pub(super) fn new_integration(body: &mut Object) -> Option<NewIntegration> {
    let provider = body.required("provider", text(provider_slug));
    let key = body.required("unique_key", text(integration_key));
    let shared = shared(body);
    Some(NewIntegration {
        provider: provider?,
        key: key?.as_str().to_owned(),
        display_name: shared.display_name,
        forward_webhooks: shared.forward_webhooks.unwrap_or(true),
        credentials: shared.credentials,
        config: shared.config,
        custom: shared.custom,
    })
}

pub(super) fn integration_patch(body: &mut Object) -> IntegrationPatch {
    let key = body.optional("unique_key", text(integration_key));
    let shared = shared(body);
    IntegrationPatch {
        key: key.map(|key| key.as_str().to_owned()),
        display_name: shared.display_name,
        forward_webhooks: shared.forward_webhooks,
        credentials: shared.credentials,
        config: shared.config,
        custom: shared.custom,
    }
}

/// What both bodies have.
struct Shared {
    display_name: Option<String>,
    forward_webhooks: Option<bool>,
    credentials: Option<ClientInput>,
    config: BTreeMap<String, String>,
    custom: BTreeMap<String, String>,
}

fn shared(body: &mut Object) -> Shared {
    Shared {
        display_name: body.optional("display_name", text(length(1, 255))),
        forward_webhooks: body.optional("forward_webhooks", boolean),
        credentials: body.optional("credentials", client),
        config: body.optional("integration_config", texts(LONGEST_VALUE)).unwrap_or_default(),
        custom: body.optional("custom", texts(LONGEST_VALUE)).unwrap_or_default(),
    }
}

/// Modes whose client is the integration's.
const WITH_CLIENT: [&str; 6] = ["OAUTH1", "OAUTH2", "TBA", "APP", "CUSTOM", "MCP_OAUTH2"];

/// What names an app, by its name on the wire.
const OF_APP: [&str; 3] = ["app_id", "app_link", "private_key"];

/// The client by the mode it names. A mode without a client at integration level is refused before anything else is
/// looked at, because its fields are not known here.
fn client(value: Value) -> Reading<ClientInput> {
    let kind = any_object(value.clone())?.get("type").cloned();
    let mode = kind.as_ref().and_then(Value::as_str).filter(|mode| WITH_CLIENT.contains(mode));
    let Some(mode) = mode else {
        let message = "must be OAUTH1, OAUTH2, TBA, APP, CUSTOM or MCP_OAUTH2; other providers take no credentials here";
        return Err(vec![Issue::new(IssueCode::InvalidUnion, ["type"], message)]);
    };
    let mut object = Object::of(Some(value))?;
    object.optional("type", text(length(1, 16)));
    let mut app = BTreeMap::new();
    if matches!(mode, "APP" | "CUSTOM") {
        for name in OF_APP {
            app.extend(
                object.optional(name, text(length(1, LONGEST_VALUE))).map(|value| (name.to_owned(), value)),
            );
        }
    }
    if mode == "APP" {
        return object.finish(Some(ClientInput { mode: mode.to_owned(), app, ..ClientInput::default() }));
    }
    let client = ClientInput {
        app,
        mode: mode.to_owned(),
        client_id: object.optional("client_id", text(length(1, 255))),
        client_secret: object.optional("client_secret", secret_text(1, LONGEST_VALUE)),
        scopes: object.optional("scopes", scope_list),
        webhook_secret: object.optional("webhook_secret", secret_text(0, 255)),
    };
    object.finish(Some(client))
}
