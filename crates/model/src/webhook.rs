//! Webhooks to the app: settings, the event about an authorization, its bytes.

use std::collections::BTreeMap;

use serde::Serialize;
use vault::Sealed;

use crate::end_user::EndUser;
use crate::id::EnvironmentId;

/// An environment's webhook settings. The signing key is sealed, bound to `version`.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// The environment.
    pub environment: EnvironmentId,
    /// Where events go.
    pub primary_url: Option<String>,
    /// A second place for the same events.
    pub secondary_url: Option<String>,
    /// Whether created connections (and failed authorizations) are reported.
    pub on_auth_creation: bool,
    /// Whether failed refreshes are reported.
    pub on_auth_refresh_error: bool,
    /// `whsec_…`, sealed.
    pub signing_key: Sealed,
    /// Counts the writes of the signing key.
    pub version: u64,
}

/// What an auth event tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new connection, or an authorization that failed.
    Creation,
    /// An existing connection authorized or imported again.
    Override,
    /// A refresh that failed.
    Refresh,
}

impl WebhookSettings {
    /// Whether events of this kind are wanted. Re-authorizations are always told.
    pub const fn wants(&self, operation: Operation) -> bool {
        match operation {
            Operation::Creation => self.on_auth_creation,
            Operation::Override => true,
            Operation::Refresh => self.on_auth_refresh_error,
        }
    }

    /// Where an event goes: a connection's own URL replaces both of the environment's.
    pub fn targets(&self, url_override: Option<&str>) -> Vec<String> {
        if let Some(url) = url_override.filter(|url| !url.trim().is_empty()) {
            return vec![url.to_owned()];
        }
        [&self.primary_url, &self.secondary_url].into_iter().flatten().cloned().collect()
    }
}

/// The body of an auth event. Field order is alphabetical, because receivers may compare serialised bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthEvent {
    /// The provider's mode on the wire, e.g. `OAUTH2`.
    pub auth_mode: String,
    /// The connection's name on the wire.
    pub connection_id: String,
    /// The person, when a connect session named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user: Option<EventEndUser>,
    /// The environment's name.
    pub environment: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<EventError>,
    /// Always `nango`: receivers written for the contract look for it.
    pub from: &'static str,
    /// Scopes that were asked for and not granted; left out when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_scopes: Vec<String>,
    /// What happened.
    pub operation: Operation,
    /// Slug of the provider.
    pub provider: String,
    /// The integration's name on the wire.
    pub provider_config_key: String,
    /// Whether it went well.
    pub success: bool,
    /// The connection's tags, when there is a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// Always `auth`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// The person in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventEndUser {
    end_user_email: Option<String>,
    end_user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    tags: BTreeMap<String, String>,
}

impl EventEndUser {
    /// The person as events name them.
    pub fn of(user: &EndUser, organization_id: Option<&str>) -> Self {
        Self {
            end_user_email: user.email.clone(),
            end_user_id: user.id.clone(),
            organization_id: organization_id.map(str::to_owned),
            tags: user.tags.clone().unwrap_or_default(),
        }
    }
}

/// A failure in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventError {
    /// What happened, in words that are safe to show.
    pub description: String,
    /// Code from an open list.
    #[serde(rename = "type")]
    pub kind: String,
}

impl AuthEvent {
    /// The bytes that are signed and sent: compact JSON with sorted keys.
    ///
    /// # Panics
    ///
    /// Never: an event always serialises.
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("an event holds only text, booleans and maps with text keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_sorted_keys_at_every_level() {
        let user = EndUser {
            id: "u".to_owned(),
            email: Some("a@b.co".to_owned()),
            display_name: None,
            tags: Some([("b".to_owned(), "é \"q\"".to_owned()), ("a".to_owned(), "x".to_owned())].into()),
            organization: None,
        };
        let event = AuthEvent {
            auth_mode: "OAUTH2".to_owned(),
            connection_id: "c-1".to_owned(),
            end_user: Some(EventEndUser::of(&user, Some("o"))),
            environment: "dev".to_owned(),
            error: Some(EventError { description: "d".to_owned(), kind: "t".to_owned() }),
            from: "nango",
            missing_scopes: vec!["repo".to_owned()],
            operation: Operation::Creation,
            provider: "github".to_owned(),
            provider_config_key: "github".to_owned(),
            success: false,
            tags: Some(BTreeMap::new()),
            kind: "auth",
        };
        assert_eq!(
            event.body(),
            r#"{"authMode":"OAUTH2","connectionId":"c-1","endUser":{"endUserEmail":"a@b.co","endUserId":"u","organizationId":"o","tags":{"a":"x","b":"é \"q\""}},"environment":"dev","error":{"description":"d","type":"t"},"from":"nango","missingScopes":["repo"],"operation":"creation","provider":"github","providerConfigKey":"github","success":false,"tags":{},"type":"auth"}"#
        );
    }
}
