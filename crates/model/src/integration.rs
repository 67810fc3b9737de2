//! An integration: a provider set up by an operator.

use std::collections::BTreeMap;

use catalog::provider::{AuthMode, ClientAuth, Quirk};
use catalog::{Input, Provider};
use jiff::Timestamp;
use vault::Sealed;

use crate::id::{EnvironmentId, IntegrationId};
use crate::key::IntegrationKey;

/// A stored integration. Its secrets are one sealed value, bound to the row and to `version`.
#[derive(Debug, Clone)]
pub struct Integration {
    /// Row identifier.
    pub id: IntegrationId,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// Its name on the wire, unique in the environment.
    pub key: IntegrationKey,
    /// Slug of the provider in the catalog.
    pub provider: String,
    /// Shown instead of the provider's name.
    pub display_name: Option<String>,
    /// Whether inbound provider webhooks are passed on.
    pub forward_webhooks: bool,
    /// OAuth client identifier.
    pub client_id: Option<String>,
    /// Scopes to ask for; empty means the provider's default.
    pub scopes: Vec<String>,
    /// Operator inputs that are not secret, by their name on the wire.
    pub config: BTreeMap<String, String>,
    /// Free-form values of providers without operator inputs.
    pub custom: BTreeMap<String, String>,
    /// Client secret, webhook secret and secret operator inputs.
    pub secrets: Sealed,
    /// Names of the secrets inside `secrets`, so that the state is known without opening them.
    pub secret_names: Vec<String>,
    /// Counts the writes of `secrets`; part of what they are bound to.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Name under which the OAuth client secret stands in `secret_names`.
pub const CLIENT_SECRET: &str = "client_secret";

/// Whether connections can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Everything needed is there.
    Configured,
    /// Something is missing: the fields to fill, by the path under which the API takes them.
    Draft(Vec<String>),
}

impl Integration {
    /// Whether connections can start, given the provider with its generic parts resolved as far as the operator's
    /// inputs say.
    pub fn state(&self, provider: &Provider) -> State {
        let mut missing = Vec::new();
        if matches!(provider.auth, AuthMode::Oauth2 | AuthMode::Oauth1 | AuthMode::Oauth1TokenBased) {
            if self.client_id.as_deref().is_none_or(str::is_empty) {
                missing.push("credentials.client_id".to_owned());
            }
            if self.needs_client_secret(provider) && !self.holds_secret(CLIENT_SECRET) {
                missing.push("credentials.client_secret".to_owned());
            }
        }
        let inputs = &provider.inputs.integration;
        let value_of = |name: &str| {
            let input = inputs.iter().find(|input| input.name == name)?;
            self.config.get(input.wire_name()).or(input.default.as_ref()).map(String::as_str)
        };
        let needed = |input: &&Input| input.required && input.default.is_none() && input.applies(value_of);
        for input in inputs.iter().filter(needed) {
            let name = input.wire_name();
            if !self.holds_secret(name) && self.config.get(name).is_none_or(String::is_empty) {
                missing.push(format!("integration_config.{name}"));
            }
        }
        for problem in protocol::resolve::check_config(provider, &self.config) {
            let path = format!("integration_config.{}", problem.field);
            if !missing.contains(&path) {
                missing.push(path);
            }
        }
        if missing.is_empty() { State::Configured } else { State::Draft(missing) }
    }

    fn holds_secret(&self, name: &str) -> bool {
        self.secret_names.iter().any(|held| held == name)
    }

    fn needs_client_secret(&self, provider: &Provider) -> bool {
        let public_by_config = provider.quirks.contains(&Quirk::OperatorDefined)
            && self.config.get("client_auth").is_some_and(|method| method == "none");
        let public_by_catalog =
            provider.token.as_ref().is_some_and(|token| token.client_auth == ClientAuth::None);
        !(public_by_config || public_by_catalog)
    }
}
