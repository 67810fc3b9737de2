//! What an API key may do.

use std::fmt;

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A right that an endpoint asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scope { $($(#[$doc])* $name,)+ }

        impl Scope {
            /// Every right there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The right as keys hold it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

scopes! {
    /// List integrations.
    IntegrationsList = "environment:integrations:list",
    /// List integrations (credentials are never part of a list).
    IntegrationsListCredentials = "environment:integrations:list_credentials",
    /// Read an integration.
    IntegrationsRead = "environment:integrations:read",
    /// Read an integration with its client secret.
    IntegrationsReadCredentials = "environment:integrations:read_credentials",
    /// Create an integration.
    IntegrationsCreate = "environment:integrations:create",
    /// Change an integration.
    IntegrationsUpdate = "environment:integrations:update",
    /// Delete an integration with its connections.
    IntegrationsDelete = "environment:integrations:delete",
    /// List connections.
    ConnectionsList = "environment:connections:list",
    /// List connections (credentials are never part of a list).
    ConnectionsListCredentials = "environment:connections:list_credentials",
    /// Read a connection without its credential.
    ConnectionsRead = "environment:connections:read",
    /// Read a connection with its credential, refreshed when due.
    ConnectionsReadCredentials = "environment:connections:read_credentials",
    /// Import a connection.
    ConnectionsCreate = "environment:connections:create",
    /// Change a connection or its metadata.
    ConnectionsUpdate = "environment:connections:update",
    /// Delete a connection.
    ConnectionsDelete = "environment:connections:delete",
    /// Create connect sessions.
    ConnectSessionsWrite = "environment:connect_sessions:write",
    /// Read webhook settings, without the signing key.
    WebhooksRead = "environment:webhooks:read",
    /// Change webhook settings.
    WebhooksUpdate = "environment:webhooks:update",
    /// Rotate the webhook signing key.
    WebhookSigningKeyRotate = "environment:webhook_signing_key:rotate",
    /// Read the environment's settings.
    SettingsRead = "environment:settings:read",
    /// Change the environment's settings.
    SettingsUpdate = "environment:settings:update",
    /// Read the audit trail.
    LogsRead = "environment:logs:read",
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rights a key holds: exact names, or a prefix followed by `:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Everything in the environment.
    pub fn full() -> Self {
        Self(vec!["environment:*".to_owned()])
    }

    /// Checks that every name grants at least one known right. The error is the first name that grants none.
    pub fn parse(names: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let names: Vec<String> = names.into_iter().collect();
        for name in &names {
            if !Scope::ALL.iter().any(|scope| grants(name, *scope)) {
                return Err(name.clone());
            }
        }
        Ok(Self(names))
    }

    /// Rights read back from the store.
    pub fn stored(names: Vec<String>) -> Self {
        Self(names)
    }

    /// Whether the right is held.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.iter().any(|name| grants(name, scope))
    }

    /// The names held.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

fn grants(held: &str, wanted: Scope) -> bool {
    held == wanted.as_str()
        || held
            .strip_suffix('*')
            .is_some_and(|prefix| prefix.ends_with(':') && wanted.as_str().starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_grants_what_begins_with_it() {
        let held = Scopes::parse(["environment:connections:*".to_owned()]).expect("known");
        assert!(held.allow(Scope::ConnectionsDelete));
        assert!(!held.allow(Scope::IntegrationsList));
        assert!(Scopes::full().allow(Scope::LogsRead));
    }

    #[test]
    fn reading_does_not_grant_reading_credentials() {
        let held = Scopes::parse(["environment:connections:read".to_owned()]).expect("known");
        assert!(held.allow(Scope::ConnectionsRead));
        assert!(!held.allow(Scope::ConnectionsReadCredentials));
    }

    #[test]
    fn an_unknown_right_is_refused_by_name() {
        let names = ["environment:connections:read".to_owned(), "environment:conections:read".to_owned()];
        assert_eq!(Scopes::parse(names), Err("environment:conections:read".to_owned()));
        assert_eq!(Scopes::parse(["environ*".to_owned()]), Err("environ*".to_owned()));
    }
}
