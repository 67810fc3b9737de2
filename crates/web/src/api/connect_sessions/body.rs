//! Bodies that make connect sessions.

use std::collections::BTreeMap;

use engine::{NewSession, Reconnect};
use model::session::{Defaults, DefaultsByIntegration};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::input::{
    Flaw, Object, Reading, any_object, connection_key, integration_key, length, list, map_of, tag_pairs,
    text, texts, webhook_url,
};
use crate::api::person::{EndUserBody, OrganizationBody, end_user, organization};

/// The longest value of a default; connection fields are no longer either.
const LONGEST_VALUE: usize = 8192;

/// A new connect session; `end_user` or `tags` is required.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct NewSessionBody {
    end_user: Option<EndUserBody>,
    organization: Option<OrganizationBody>,
    /// Up to ten labels, kept on the connection.
    tags: Option<BTreeMap<String, String>>,
    /// Integrations the end user may choose from; absent or empty means all.
    allowed_integrations: Option<Vec<String>>,
    /// By integration: `user_scopes`, `authorization_params`, `connection_config`.
    integrations_config_defaults: Option<BTreeMap<String, Value>>,
    /// By integration: `docs_connect`.
    overrides: Option<BTreeMap<String, Value>>,
    /// Where webhooks about the connection go.
    webhook_url_override: Option<String>,
}

/// A session for a connection that exists.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct ReconnectBody {
    connection_id: String,
    integration_id: String,
    end_user: Option<EndUserBody>,
    organization: Option<OrganizationBody>,
    tags: Option<BTreeMap<String, String>>,
    integrations_config_defaults: Option<BTreeMap<String, Value>>,
    overrides: Option<BTreeMap<String, Value>>,
    webhook_url_override: Option<String>,
}

/// What a body asks for.
pub(super) struct Asked {
    pub(super) session: NewSession,
    /// Every webhook URL in the body, with its path.
    pub(super) webhook_urls: Vec<(Vec<String>, String)>,
}

pub(super) fn new_session(body: &mut Object) -> Asked {
    let tagged = body.has("tags");
    let end_user =
        if tagged { body.optional("end_user", end_user) } else { body.required("end_user", end_user) };
    let allowed = body.optional("allowed_integrations", list(text(integration_key))).unwrap_or_default();
    let mut asked = shared(body);
    // An organization alone means nothing: its tags belong to a person.
    asked.session.organization = asked.session.organization.filter(|_| end_user.is_some());
    asked.session.end_user = end_user;
    asked.session.allowed_integrations = allowed.iter().map(|key| key.as_str().to_owned()).collect();
    asked
}

pub(super) fn reconnect(body: &mut Object) -> Option<(Reconnect, Asked)> {
    let connection = body.required("connection_id", text(connection_key));
    let integration = body.required("integration_id", text(integration_key));
    let end_user = body.optional("end_user", end_user);
    let mut asked = shared(body);
    asked.session.end_user = end_user;
    Some((Reconnect { integration: integration?, connection: connection? }, asked))
}

/// What both bodies have.
fn shared(body: &mut Object) -> Asked {
    let defaults = body.optional("integrations_config_defaults", defaults_by_integration);
    let overrides = body.optional("overrides", map_of(integration_name, override_entry));
    let explicit = body.optional("webhook_url_override", webhook_url);
    let mut webhook_urls = Vec::new();
    if let Some(url) = &explicit {
        webhook_urls.push((vec!["webhook_url_override".to_owned()], url.clone()));
    }
    let mut older = None;
    let defaults = defaults.map(|entries| {
        let mut all = DefaultsByIntegration::new();
        for (key, (defaults, url)) in entries {
            if let Some(url) = url {
                older = older.take().or_else(|| Some(url.clone()).filter(|url| !url.is_empty()));
                let path = ["integrations_config_defaults", &key, "connection_config", "webhook_url"];
                webhook_urls.push((path.map(str::to_owned).to_vec(), url));
            }
            all.insert(key, defaults);
        }
        all
    });
    let session = NewSession {
        organization: body.optional("organization", organization),
        tags: body.optional("tags", tag_pairs),
        defaults,
        overrides,
        webhook_url_override: explicit.or(older),
        ..NewSession::default()
    };
    Asked { session, webhook_urls }
}

fn integration_name(text: &str) -> Result<String, Flaw> {
    integration_key(text).map(|key| key.as_str().to_owned())
}

/// Entries may hold more than is known; only what is known is kept.
fn override_entry(value: Value) -> Reading<Map<String, Value>> {
    let mut object = Object::of(Some(value))?;
    let docs = object.optional("docs_connect", text(length(0, LONGEST_VALUE)));
    object
        .finish_loosely(Some(docs))
        .map(|docs| docs.into_iter().map(|docs| ("docs_connect".to_owned(), Value::String(docs))).collect())
}

/// Defaults with the older place of a webhook URL, by integration.
fn defaults_by_integration(value: Value) -> Reading<BTreeMap<String, (Defaults, Option<String>)>> {
    map_of(integration_name, defaults_entry)(value)
}

fn defaults_entry(value: Value) -> Reading<(Defaults, Option<String>)> {
    let mut object = Object::of(Some(value))?;
    let user_scopes = object.optional("user_scopes", text(length(0, LONGEST_VALUE)));
    let authorization_params = object.optional("authorization_params", texts(LONGEST_VALUE));
    let (connection_config, url) = object.optional("connection_config", connection_config).unzip();
    // A connection_config that held nothing but the webhook URL counts as absent.
    let connection_config =
        connection_config.filter(|config| !config.is_empty() || url.as_ref().is_none_or(Option::is_none));
    object.finish(Some((Defaults { user_scopes, authorization_params, connection_config }, url.flatten())))
}

fn connection_config(value: Value) -> Reading<(Map<String, Value>, Option<String>)> {
    let mut object = Object::of(Some(any_object(value)?.into()))?;
    let scopes = object.optional("oauth_scopes_override", text(length(0, LONGEST_VALUE)));
    let url = object.optional("webhook_url", webhook_url);
    let mut rest = object.rest();
    if let Some(scopes) = scopes {
        rest.insert("oauth_scopes_override".to_owned(), Value::String(scopes));
    }
    object.finish_loosely(Some((rest, url)))
}
