//! Bodies that create and change connections.

use std::collections::BTreeMap;

use engine::ConnectionPatch;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::input::{Object, tag_pairs, webhook_url};
use crate::api::person::{EndUserBody, end_user};

/// A connection to bring in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct ImportBody {
    /// Name of the integration.
    provider_config_key: String,
    /// Name of the connection; made up when absent.
    connection_id: Option<String>,
    /// By `type`: `OAUTH2` (`access_token`, `refresh_token`, `expires_at`, `config_override`), `OAUTH2_CC` (`token`,
    /// `client_id`, `client_secret`, `client_certificate`, `client_private_key`, `expires_at`), `OAUTH1` (`oauth_token`,
    /// `oauth_token_secret`), `TBA` (`token_id`, `token_secret`, `config_override`), `API_KEY` (`apiKey`), `BASIC`
    /// (`username`, `password`), `NONE`.
    credentials: BTreeMap<String, Value>,
    connection_config: Option<BTreeMap<String, Value>>,
    metadata: Option<BTreeMap<String, Value>>,
    tags: Option<BTreeMap<String, String>>,
    end_user: Option<EndUserBody>,
    webhook_url_override: Option<String>,
}

/// Changes to a connection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct ConnectionPatchBody {
    /// The person; tags are derived anew.
    end_user: Option<EndUserBody>,
    /// Replaces all tags.
    tags: Option<BTreeMap<String, String>>,
    /// Where webhooks go; an empty text clears it.
    webhook_url_override: Option<String>,
}

pub(super) fn connection_patch(body: &mut Object) -> ConnectionPatch {
    ConnectionPatch {
        end_user: body.optional("end_user", end_user),
        tags: body.optional("tags", tag_pairs),
        webhook_url_override: body.optional("webhook_url_override", webhook_url),
    }
}
