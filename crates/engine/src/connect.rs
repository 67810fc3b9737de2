//! The end user's side: checking what was entered, then setting out or connecting at once.

mod form;
mod set_out;

use std::collections::BTreeMap;

use catalog::Provider;
use catalog::input::Kind;
use jiff::SignedDuration;
use model::integration::State;
use model::session::Defaults;
use model::{Connection, ConnectionKey, Integration, IntegrationKey, Issue, IssueCode, SessionId};
use protocol::{Client, Credential, Fields};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Rule, Thing};
use crate::integrations::connection_key;
use crate::save::Save;

pub use form::{Choice, Form, FormField, Scheme};
use form::{credential_inputs, scheme, scheme_of};
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
        if let State::Draft(missing) = chosen.integration.state(&provider) {
            let message = format!("the integration «{key}» is a draft: {} is missing", missing.join(", "));
            return Err(Error::refused(Rule::Draft, message));
        }
        let connection = self.connection_name(by).await?;
        let config = self.connection_config(&provider, &chosen.defaults, &values)?;
        match scheme_of(&provider, &chosen.integration)? {
            Scheme::Redirect | Scheme::Device => {
                Box::pin(self.set_out(by, &chosen, config, &connection)).await
            }
            Scheme::ApiKey | Scheme::Basic | Scheme::ClientCredentials | Scheme::None => {
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
        defaults: &Defaults,
        values: &BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, Error> {
        let mut config = defaults.connection_config.clone().unwrap_or_default();
        let mut issues = Vec::new();
        for input in provider.inputs.connection.iter().filter(|input| !input.automated) {
            let name = input.wire_name();
            let preset = config.get(name).map(text_of);
            let entered =
                values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            let value = preset.or(entered).or_else(|| input.default.clone()).unwrap_or_default();
            match self.check_input(input, &value) {
                Err(issue) => issues.push(issue),
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

    async fn connect_directly(
        &self,
        by: SessionCaller,
        chosen: Chosen,
        config: Map<String, Value>,
        connection: ConnectionKey,
        values: BTreeMap<String, String>,
    ) -> Result<Submitted, Error> {
        let provider = self.resolved(&chosen.integration).await?;
        let fields = self.fields(&provider, &chosen.integration, &config);
        let credential = self.entered_credential(&provider, &chosen.integration, &fields, values).await?;
        self.verify(&provider, &credential, &fields).await?;
        let new = Save::of_session(&by, chosen.integration, provider, connection, credential, config);
        let integration = new.integration.key.clone();
        let saved = self.save(new).await?;
        let Connection { key: connection, account, missing_scopes, .. } = saved.connection;
        let session = by.session.id;
        Ok(Submitted::Connected(Connected { session, integration, connection, account, missing_scopes }))
    }

    /// The credential out of a form; every missing or malformed field is reported.
    async fn entered_credential(
        &self,
        provider: &Provider,
        integration: &Integration,
        fields: &Fields,
        mut values: BTreeMap<String, String>,
    ) -> Result<Credential, Error> {
        let mut issues = Vec::new();
        let mut entered = BTreeMap::new();
        for input in credential_inputs(provider) {
            // Passwords and keys are taken as they were typed: a blank may belong to them.
            let value = values.remove(input.wire_name()).unwrap_or_default();
            match self.check_input(&input, &value) {
                Ok(()) => drop(entered.insert(input.name, Secret::new(value))),
                Err(issue) => issues.push(issue),
            }
        }
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        let mut take = |name: &str| entered.remove(name).unwrap_or_else(|| Secret::new(String::new()));
        Ok(match scheme(provider)? {
            Scheme::ApiKey => Credential::ApiKey { api_key: take("api_key") },
            Scheme::Basic => {
                Credential::Basic { username: take("username").into_inner(), password: take("password") }
            }
            Scheme::ClientCredentials => {
                let client =
                    Client { id: take("client_id").into_inner(), secret: Some(take("client_secret")) };
                let fields = Fields { credential: entered, ..fields.clone() };
                let credential = self.client_credentials(provider, integration, client, &fields).await;
                credential.map_err(|attempt| self.upstream(attempt.code, attempt.message))?
            }
            Scheme::None | Scheme::Redirect | Scheme::Device => Credential::None,
        })
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
