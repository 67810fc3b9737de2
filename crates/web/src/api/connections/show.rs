//! A connection as clients see it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use engine::{Deleted, Listed, ReadConnection, Revoked, Upstream};
use http::StatusCode;
use jiff::Timestamp;
use model::EndUser;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::credentials::CredentialsJson;
use super::redact;
use crate::api::times::{Offset, Zulu};
use crate::problem::{Code, Problem};

/// How times end, which the contract spells differently from answer to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    Offset,
    Zulu,
}

/// A connection.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionJson<'a> {
    id: i64,
    /// Its name.
    connection_id: &'a str,
    /// Name of its integration.
    provider_config_key: &'a str,
    /// Slug of the provider.
    provider: &'a str,
    /// What is wrong at present.
    errors: Vec<ErrorJson<'a>>,
    /// Scopes that were asked for and not granted; left out when there are none.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing_scopes: &'a [String],
    #[schema(value_type = Option<Object>)]
    end_user: Option<&'a EndUser>,
    tags: &'a BTreeMap<String, String>,
    /// The app's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Map<String, Value>>,
    /// Fields of the connection.
    #[schema(value_type = Object)]
    connection_config: Cow<'a, Map<String, Value>>,
    webhook_url_override: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Time,
    /// When the credential was last handed out; up to half a minute late.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_fetched_at: Option<Time>,
    /// The credential in the form of its scheme; empty without the right to it.
    #[schema(value_type = Object)]
    credentials: CredentialsJson<'a>,
    /// The name of the connected account, where the provider tells it.
    account: Option<&'a str>,
    /// What could not be looked up after connecting and is tried again; null when nothing is open.
    lookup_error: Option<&'a str>,
}

/// A list of connections.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionsJson<'a> {
    connections: Vec<ListedJson<'a>>,
}

/// A connection in a list.
#[derive(Serialize, ToSchema)]
struct ListedJson<'a> {
    id: i64,
    connection_id: &'a str,
    provider_config_key: &'a str,
    provider: &'a str,
    errors: Vec<ErrorJson<'a>>,
    /// Scopes that were asked for and not granted; left out when there are none.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing_scopes: &'a [String],
    #[schema(value_type = Option<Object>)]
    end_user: Option<&'a EndUser>,
    tags: &'a BTreeMap<String, String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Map<String, Value>>,
    #[schema(value_type = String, format = DateTime)]
    created: Offset,
    /// The name of the connected account, where the provider tells it.
    account: Option<&'a str>,
}

/// Something that is wrong at present.
#[derive(Serialize, ToSchema)]
struct ErrorJson<'a> {
    /// `auth`: the last refresh failed.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Names the failure in the log.
    log_id: &'a str,
}

struct Time(Timestamp, Suffix);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Suffix::Offset => Offset(self.0).serialize(serializer),
            Suffix::Zulu => Zulu(self.0).serialize(serializer),
        }
    }
}

impl<'a> ConnectionJson<'a> {
    /// Shows what was read; refresh tokens only when they were asked for.
    pub(super) fn of(read: &'a ReadConnection, suffix: Suffix, with_refresh_token: bool) -> Self {
        let connection = &read.connection;
        let time = |at| Time(at, suffix);
        Self {
            id: connection.number,
            connection_id: connection.key.as_str(),
            provider_config_key: read.integration.as_str(),
            provider: &read.provider.slug,
            errors: errors(
                connection.refresh.error_code.as_deref(),
                connection.refresh.error_log_id.as_deref(),
            ),
            missing_scopes: &connection.missing_scopes,
            end_user: connection.end_user.as_ref(),
            tags: connection.tags.as_map(),
            metadata: connection.metadata.as_ref(),
            connection_config: config(read, with_refresh_token),
            webhook_url_override: connection.webhook_url_override.as_deref(),
            created_at: time(connection.created_at),
            updated_at: time(connection.updated_at),
            last_fetched_at: connection.last_fetched_at.map(time),
            credentials: CredentialsJson::of(&read.provider, read.credential.as_ref(), with_refresh_token),
            account: connection.account.as_deref(),
            lookup_error: connection.lookups.error.as_deref(),
        }
    }
}

impl<'a> ConnectionsJson<'a> {
    pub(super) fn of(found: &'a [Listed]) -> Self {
        let shown = |listed: &'a Listed| ListedJson {
            id: listed.number,
            connection_id: listed.key.as_str(),
            provider_config_key: listed.integration_key.as_str(),
            provider: &listed.provider,
            errors: errors(listed.error_code.as_deref(), listed.error_log_id.as_deref()),
            missing_scopes: &listed.missing_scopes,
            end_user: listed.end_user.as_ref(),
            tags: listed.tags.as_map(),
            metadata: listed.metadata.as_ref(),
            created: Offset(listed.created_at),
            account: listed.account.as_deref(),
        };
        Self { connections: found.iter().map(shown).collect() }
    }
}

/// A connection whose credential cannot be had. Clients read from the payload whose connection it is.
pub(super) fn failing(connection: &ConnectionJson<'_>, upstream: Upstream) -> Problem {
    let status = if upstream.not_tried { StatusCode::FAILED_DEPENDENCY } else { StatusCode::BAD_REQUEST };
    let payload = json!({ "connection": connection, "reason": upstream.code, "log_id": upstream.log_id });
    Problem::new(status, Code::InvalidCredentials, upstream.message).with_payload(payload)
}

fn errors<'a>(code: Option<&'a str>, log_id: Option<&'a str>) -> Vec<ErrorJson<'a>> {
    code.map(|_| ErrorJson { kind: "auth", log_id: log_id.unwrap_or_default() }).into_iter().collect()
}

/// The plain fields with the secret ones the reader may see.
fn config(read: &ReadConnection, with_refresh_token: bool) -> Cow<'_, Map<String, Value>> {
    let plain = &read.connection.config;
    if read.secret_fields.is_empty() && (with_refresh_token || !redact::concerns(plain)) {
        return Cow::Borrowed(plain);
    }
    let mut all = plain.clone();
    for (name, secret) in &read.secret_fields {
        all.insert(name.clone(), Value::String(secret.expose().clone()));
    }
    if !with_refresh_token {
        redact::refresh_tokens(&mut all);
    }
    Cow::Owned(all)
}

/// The answer to a deletion.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedJson {
    /// Always true.
    success: bool,
    revocation: RevocationJson,
}

/// What became of the grant at the provider.
#[derive(Serialize, ToSchema)]
struct RevocationJson {
    /// `revoked`, `refused`, `unsupported` (there is no such call, or no grant) or `unreachable`.
    outcome: &'static str,
    /// Why, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl DeletedJson {
    pub(super) fn of(deleted: Deleted) -> Self {
        let Revoked { outcome, message } = deleted.revocation;
        Self { success: true, revocation: RevocationJson { outcome: outcome.as_str(), message } }
    }
}
