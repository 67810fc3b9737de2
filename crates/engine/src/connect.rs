//! The end user's side: checking what was entered, then setting out or connecting at once.

mod directly;
mod external_id;
mod form;
mod set_out;

use std::collections::BTreeMap;

use catalog::Provider;
use catalog::input::{Input, Kind};
use jiff::SignedDuration;
use model::integration::State;
use model::session::Defaults;
use model::{ConnectionKey, Integration, IntegrationKey, Issue, IssueCode, SessionId};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Rule, Thing};
use crate::integrations::connection_key;
use crate::servers;

pub use form::{Choice, Form, FormField, Scheme, Shown};
use form::{field_name, scheme_of};
pub(crate) use set_out::cookie_suffix;

/// Where setting out led.
pub enum Submitted {
    /// To the provider.
    Redirect {
        /// The provider's page.
        url: Url,
        /// Ends the name of the cookie that binds the flow to this browser.
        cookie_name_suffix: String,
        /// Its value.
        cookie_value: Secret<String>,
    },
    /// To another device, while the page of the flow waits here.
    Device {
        /// Names the flow in the address of its page.
        state: Secret<String>,
        /// Ends the name of the cookie that binds the flow to this browser.
        cookie_name_suffix: String,
        /// Its value.
        cookie_value: Secret<String>,
        /// How long it is kept: until the code ends.
        kept_for: SignedDuration,
    },
    /// Straight to a connection.
    Connected(Connected),
}

/// A connection was made.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The connect session.
    pub session: SessionId,
    /// The integration.
    pub integration: IntegrationKey,
    /// The connection.
    pub connection: ConnectionKey,
    /// Name of the connected account, when known.
    pub account: Option<String>,
    /// What could not be looked up after connecting and is tried again later, in words fit to be shown.
    pub incomplete: Option<String>,
    /// Scopes that were asked for and not granted.
    pub missing_scopes: Vec<String>,
}

/// An integration in a session, with everything needed to begin.
pub(crate) struct Chosen {
    pub(crate) integration: Integration,
    pub(crate) defaults: Defaults,
}

impl Engine {
    /// Checks what was entered and sets out: to the provider, or straight to a connection.
    pub async fn submit(
        &self,
        by: &SessionCaller,
        key: &IntegrationKey,
        values: BTreeMap<String, String>,
    ) -> Result<Submitted, Error> {
        let chosen = self.choose(by, key).await?;
        let provider = self.provider_of(&chosen.integration)?;
        let chosen = self.with_external_id(by, chosen, &provider).await?;
        if let State::Draft(missing) = chosen.integration.state(&provider) {
            let message = format!("the integration «{key}» is a draft: {} is missing", missing.join(", "));
            return Err(Error::refused(Rule::Draft, message));
        }
        let connection = self.connection_name(by).await?;
        let config = self.connection_config(&provider, &chosen, &values)?;
        match scheme_of(&provider, &chosen.integration)? {
            Scheme::Redirect | Scheme::Device => {
                Box::pin(self.set_out(by, &chosen, config, &connection)).await
            }
            Scheme::ApiKey
            | Scheme::Basic
            | Scheme::ClientCredentials
            | Scheme::TokenPair
            | Scheme::Login
            | Scheme::SigningKey
            | Scheme::Role
            | Scheme::None => {
                let (engine, by) = (self.clone(), by.clone());
                self.to_the_end(async move {
                    engine.connect_directly(by, chosen, config, connection, values).await
                })
                .await
            }
        }
    }

    pub(crate) async fn choose(&self, by: &SessionCaller, key: &IntegrationKey) -> Result<Chosen, Error> {
        if !by.session.allows(key.as_str()) {
            let message = "this connect session is limited to other integrations";
            return Err(Error::refused(Rule::IntegrationNotAllowed, message));
        }
        let found = store::integrations::find(self.store(), by.environment.id, key).await?;
        let integration = found.ok_or(Error::NotFound(Thing::Integration))?;
        let defaults = self.open_defaults(&by.session)?.remove(key.as_str()).unwrap_or_default();
        Ok(Chosen { integration, defaults })
    }

    /// The name the connection will have: that of the connection to authorize again, else a new one.
    async fn connection_name(&self, by: &SessionCaller) -> Result<ConnectionKey, Error> {
        let Some(target) = by.session.reconnects else {
            return connection_key(&self.ports().connection_key().to_string());
        };
        let found = store::connections::find_by_id(self.store(), by.environment.id, target).await?;
        let gone = || Error::refused(Rule::ConnectionGone, "the connection to authorize again was deleted");
        Ok(found.ok_or_else(gone)?.key)
    }

    /// Connection fields by their name on the wire: what the app's server set wins over what the browser sent, and
    /// both are checked. All problems are reported at once.
    fn connection_config(
        &self,
        provider: &Provider,
        chosen: &Chosen,
        values: &BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, Error> {
        let mut config = chosen.defaults.connection_config.clone().unwrap_or_default();
        let mut issues = Vec::new();
        let value = |input: &Input| {
            let preset = config.get(input.wire_name()).map(text_of);
            let entered = values.get(&field_name(provider, input)).map(|value| value.trim().to_owned());
            let entered = entered.filter(|value| !value.is_empty());
            preset.or(entered).or_else(|| input.default.clone()).unwrap_or_default()
        };
        let asked = provider.inputs.connection.iter().filter(|input| !input.automated);
        let given: BTreeMap<&str, String> = asked.map(|input| (input.name.as_str(), value(input))).collect();
        let value_of = |name: &str| given.get(name).map(String::as_str);
        for input in provider.inputs.connection.iter().filter(|input| input.applies(value_of)) {
            let name = input.wire_name();
            let Some(value) = given.get(input.name.as_str()).cloned() else { continue };
            let within = || servers::check(provider, &chosen.integration, input, &value);
            let fits = self.check_input(input, &value);
            match fits.and_then(|()| within().map_err(|forbidden| forbidden.issue())) {
                Err(issue) => issues.push(Issue { path: vec![field_name(provider, input)], ..issue }),
                Ok(()) if value.is_empty() => {}
                Ok(()) => drop(config.insert(name.to_owned(), Value::String(value))),
            }
        }
        for (name, value) in &config {
            if model::fields::breaks_headers(&text_of(value)) && !is_text_input(provider, name) {
                let message = "must not hold line breaks or control characters";
                issues.push(Issue::new(IssueCode::InvalidFormat, [name.as_str()], message));
            }
        }
        if issues.is_empty() { Ok(config) } else { Err(Error::Invalid(issues)) }
    }
}

fn is_text_input(provider: &Provider, name: &str) -> bool {
    provider.inputs.connection.iter().any(|input| input.kind == Kind::Text && input.wire_name() == name)
}

pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other.to_string(),
    }
}
