//! What an operator and an end user bring to an entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::provider::{AuthMode, Quirk, Registration};
use catalog::{Catalog, Input, Provider};
use engine::{ClientInput, NewIntegration};
use simulator::{Cast, Filling};
use vault::Secret;

/// Where people consent, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Where the entry has it.
    Own,
    /// On another device.
    Device,
    /// Where the entry has it, at a provider that names no lifetimes and can be asked for them.
    Silent,
}

/// Whether people can consent on another device when the operator wants it.
pub(crate) fn has_device(slug: &str) -> bool {
    Catalog::embedded().get(slug).is_some_and(|entry| entry.device.is_some())
}

/// Whether the provider may be asked when a token ends; what the operator enters can leave that out.
pub(crate) fn has_introspection(slug: &str) -> bool {
    let Some(entry) = Catalog::embedded().get(slug) else { return false };
    let may_be_entered = entry.quirks.contains(&Quirk::OperatorDefined);
    entry.lifecycle.introspection_url.is_some() || may_be_entered
}

/// An entry with its people.
pub(crate) struct Scene {
    pub(crate) entry: Arc<Provider>,
    pub(crate) cast: Cast,
    /// The scopes that the operator sets.
    pub(crate) scopes: Vec<String>,
    /// Where people consent.
    pub(crate) way: Way,
}

/// Whether there is something that need not be filled.
pub(crate) fn differs(slug: &str) -> bool {
    let Some(entry) = Catalog::embedded().get(slug) else { return false };
    let groups = [&entry.inputs.connection, &entry.inputs.credential, &entry.inputs.integration];
    groups.into_iter().flatten().any(|input| !input.automated && (!input.required || input.default.is_some()))
}

impl Scene {
    /// A scene. Where somebody enters a port, it is the one that the simulated provider listens at.
    pub(crate) fn of(entry: Arc<Provider>, filling: Filling, way: Way, port: u16) -> Self {
        let mut cast = Cast::of(&entry, filling);
        if let Some(entered) = cast.connection.get_mut("port") {
            *entered = port.to_string();
        }
        let scopes = if filling == Filling::Full && is_entered(&entry) { scopes(&entry) } else { Vec::new() };
        Self { entry, cast, scopes, way }
    }

    /// The integration that the operator makes.
    pub(crate) fn integration(&self, key: &str) -> NewIntegration {
        let takes_client = self.entry.auth.has_app() && is_entered(&self.entry);
        let credentials = takes_client.then(|| ClientInput {
            mode: self.entry.auth.wire().to_owned(),
            client_id: Some(self.cast.client_id.clone()),
            client_secret: self.cast.has_secret.then(|| Secret::new(self.cast.client_secret.clone())),
            scopes: Some(self.scopes.clone()),
            webhook_secret: None,
            // They stand among the integration's inputs.
            app: BTreeMap::new(),
        });
        let device = (self.way == Way::Device).then(|| ("flow".to_owned(), "device".to_owned()));
        NewIntegration {
            custom: device.into_iter().collect(),
            provider: self.entry.slug.clone(),
            key: key.to_owned(),
            credentials,
            config: on_the_wire(&self.entry.inputs.integration, &self.cast.integration),
            ..NewIntegration::default()
        }
    }

    /// What the end user types.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        let inputs = &self.entry.inputs;
        let mut form = on_the_wire(&inputs.credential, &self.cast.credential);
        form.extend(on_the_wire(&inputs.one_time, &self.cast.one_time));
        for (name, value) in on_the_wire(&inputs.connection, &self.cast.connection) {
            // A field of the connection gives way to one of the credential that has the same name.
            let name = if form.contains_key(&name) { format!("connection_config.{name}") } else { name };
            form.insert(name, value);
        }
        form
    }

    /// A field under its name on the wire.
    pub(crate) fn wire_name<'a>(&'a self, field: &'a str) -> &'a str {
        let input = self.entry.inputs.connection.iter().find(|input| input.name == field);
        input.map_or(field, Input::wire_name)
    }
}

/// Whether the operator enters the client; one that registers itself is not entered.
fn is_entered(entry: &Provider) -> bool {
    entry.mcp.as_ref().is_none_or(|mcp| mcp.registration == Registration::Static)
}

fn on_the_wire(inputs: &[Input], values: &simulator::Values) -> BTreeMap<String, String> {
    let wire = |name: &str| {
        let input = inputs.iter().find(|input| input.name == name);
        // The fields of a scheme whose entry names none have the spelling of the API.
        input.map_or_else(|| own_wire(name), |input| input.wire_name().to_owned())
    };
    values.iter().map(|(name, value)| (wire(name), value.clone())).collect()
}

fn own_wire(name: &str) -> String {
    if name == "api_key" { "apiKey".to_owned() } else { name.to_owned() }
}

/// Two scopes, so that the sign between them is seen.
fn scopes(entry: &Provider) -> Vec<String> {
    let is_code_grant =
        matches!(entry.auth, AuthMode::Oauth2 | AuthMode::McpOauth2 | AuthMode::McpOauth2Discovery);
    if !is_code_grant {
        return Vec::new();
    }
    let plain = |scope: &&String| !scope.contains([' ', ',']);
    let known: Vec<String> = entry.scopes.known.iter().filter(plain).take(2).cloned().collect();
    if known.len() == 2 { known } else { vec!["alpha:read/x".to_owned(), "beta.write&y".to_owned()] }
}
