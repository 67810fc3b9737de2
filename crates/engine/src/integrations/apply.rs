//! Laying what an operator sent over an integration, checked field by field.

use std::collections::BTreeMap;

use catalog::Provider;
use catalog::input::{Input, Kind};
use catalog::provider::AuthMode;
use model::integration::CLIENT_SECRET;
use model::{Integration, Issue, IssueCode};
use url::Url;
use vault::Secret;

use super::{ClientInput, WEBHOOK_SECRET};
use crate::Engine;
use crate::error::{Error, Rule};
use crate::seals::SecretMap;

/// What was sent.
pub(super) struct Change {
    pub(super) credentials: Option<ClientInput>,
    pub(super) config: BTreeMap<String, String>,
    pub(super) custom: BTreeMap<String, String>,
}

impl Engine {
    /// Lays changes over an integration. All problems of operator inputs are reported at once.
    pub(super) fn apply(
        &self,
        integration: &mut Integration,
        secrets: &mut SecretMap,
        provider: &Provider,
        given: Change,
    ) -> Result<(), Error> {
        let mut config = given.config;
        if let Some(mut client) = given.credentials {
            // What names an app stands among the operator's inputs, where definitions find it.
            config.append(&mut client.app);
            apply_client(integration, secrets, provider, client)?;
        }
        let operator = &provider.inputs.integration;
        if operator.iter().any(|input| !provider.is_limit(input)) && !given.custom.is_empty() {
            let message = format!("{} takes integration_config, not custom", provider.name);
            return Err(Error::refused(Rule::Body, message));
        }
        if operator.is_empty() && !config.is_empty() {
            return Err(Error::refused(Rule::Body, format!("{} takes no integration_config", provider.name)));
        }
        integration.custom.extend(given.custom);
        self.apply_config(integration, secrets, provider, config)
    }

    fn apply_config(
        &self,
        integration: &mut Integration,
        secrets: &mut SecretMap,
        provider: &Provider,
        config: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut issues = Vec::new();
        for (name, value) in config {
            let Some(input) = provider.inputs.integration.iter().find(|input| input.wire_name() == name)
            else {
                let known: Vec<_> = provider.inputs.integration.iter().map(Input::wire_name).collect();
                let message = format!("unknown field; {} takes: {}", provider.name, known.join(", "));
                issues.push(Issue::new(IssueCode::UnrecognizedKeys, [&*name], message));
                continue;
            };
            if let Err(issue) = self.check_input(input, &value) {
                issues.push(issue);
            } else if value.is_empty() {
                integration.config.remove(&name);
                secrets.remove(&name);
            } else if input.secret {
                secrets.insert(name, Secret::new(value));
            } else {
                integration.config.insert(name, value);
            }
        }
        for problem in protocol::resolve::check_config(provider, &integration.config) {
            // What is absent makes a draft; what is there and wrong is refused.
            if integration.config.contains_key(&problem.field) {
                issues.push(Issue::new(IssueCode::InvalidFormat, [problem.field], problem.message));
            }
        }
        if issues.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid(issues.into_iter().map(|issue| issue.under("integration_config")).collect()))
    }

    /// One input against its definition, and a URL against the rules of the way out as well.
    pub(crate) fn check_input(&self, input: &Input, value: &str) -> Result<(), Issue> {
        model::fields::check(input, value)?;
        if input.kind == Kind::Url && !value.is_empty() {
            let allowed = Url::parse(value)
                .map_err(|_| ())
                .and_then(|url| self.0.egress.check_url(&url).map_err(|_| ()));
            if allowed.is_err() {
                let message = format!(
                    "{} must be an https URL of a public host; hosts on the operator's --egress-allow list may differ",
                    input.label
                );
                return Err(Issue::new(IssueCode::Custom, [input.wire_name()], message));
            }
        }
        Ok(())
    }
}

fn apply_client(
    integration: &mut Integration,
    secrets: &mut SecretMap,
    provider: &Provider,
    client: ClientInput,
) -> Result<(), Error> {
    let takes_client = matches!(
        provider.auth,
        AuthMode::Oauth2
            | AuthMode::Oauth1
            | AuthMode::Oauth1TokenBased
            | AuthMode::AppInstallation
            | AuthMode::AppInstallationWithUserOauth
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
    );
    if !takes_client || client.mode != provider.auth.wire() {
        let message = format!(
            "credentials.type is {}, but {} uses {}{}",
            client.mode,
            provider.name,
            provider.auth.wire(),
            if takes_client { "" } else { ", whose credentials belong to each connection" }
        );
        return Err(Error::refused(Rule::Body, message));
    }
    if let Some(id) = client.client_id {
        integration.client_id = Some(id);
    }
    if let Some(scopes) = client.scopes {
        integration.scopes = scopes;
    }
    for (name, value) in [(CLIENT_SECRET, client.client_secret), (WEBHOOK_SECRET, client.webhook_secret)] {
        match value {
            None => {}
            Some(value) if value.expose().is_empty() => drop(secrets.remove(name)),
            Some(value) => drop(secrets.insert(name.to_owned(), value)),
        }
    }
    Ok(())
}

/// What a new integration begins with.
pub(super) fn defaults(provider: &Provider) -> BTreeMap<String, String> {
    let inputs = provider.inputs.integration.iter().filter(|input| !input.secret);
    inputs.filter_map(|input| Some((input.wire_name().to_owned(), input.default.clone()?))).collect()
}
