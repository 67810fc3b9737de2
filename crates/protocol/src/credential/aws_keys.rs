//! Temporary keys of an AWS role, and their sealed form.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vault::Secret;

/// Temporary keys of an AWS role.
#[derive(Clone)]
pub struct AwsKeys {
    /// The role that was assumed.
    pub role_arn: String,
    /// The identifier that the role asks for, so that nobody else can have us assume it.
    pub external_id: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The service that requests are signed for.
    pub service: String,
    /// The identifier of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret<String>,
    /// What makes the key a temporary one.
    pub session_token: Secret<String>,
    /// When the keys end.
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct WrittenKeys<'a> {
    role_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    region: &'a str,
    service: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct ReadKeys {
    role_arn: String,
    external_id: Option<String>,
    region: String,
    service: String,
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Secret<String>,
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a AwsKeys> for WrittenKeys<'a> {
    fn from(keys: &'a AwsKeys) -> Self {
        Self {
            role_arn: &keys.role_arn,
            external_id: keys.external_id.as_deref(),
            region: &keys.region,
            service: &keys.service,
            access_key_id: &keys.access_key_id,
            secret_access_key: keys.secret_access_key.expose(),
            session_token: keys.session_token.expose(),
            expires_at: keys.expires_at,
        }
    }
}

impl From<ReadKeys> for AwsKeys {
    fn from(read: ReadKeys) -> Self {
        Self {
            role_arn: read.role_arn,
            external_id: read.external_id,
            region: read.region,
            service: read.service,
            access_key_id: read.access_key_id,
            secret_access_key: read.secret_access_key,
            session_token: read.session_token,
            expires_at: read.expires_at,
        }
    }
}
