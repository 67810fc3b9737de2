//! Values of a connection and its integration under the names that templates use.

use catalog::Provider;
use catalog::input::Input;
use model::Integration;
use protocol::{Fields, Occasion};
use serde_json::{Map, Value};

use crate::Engine;
use crate::connect::text_of;
use crate::error::Error;
use crate::seals::SecretMap;
use crate::servers;

/// Stored values have their names on the wire; templates know our names. Names without an input (captures) are the
/// same in both.
fn fields(provider: &Provider, integration: &Integration, config: &Map<String, Value>) -> Fields {
    let connection =
        config.iter().map(|(name, value)| (ours(&provider.inputs.connection, name), text_of(value)));
    let operator = integration
        .config
        .iter()
        .map(|(name, value)| (ours(&provider.inputs.integration, name), value.clone()));
    Fields { connection: connection.collect(), integration: operator.collect(), ..Fields::default() }
}

impl Engine {
    /// The values for one request, with its time and chance.
    pub(crate) fn fields(
        &self,
        provider: &Provider,
        integration: &Integration,
        config: &Map<String, Value>,
    ) -> Fields {
        Fields {
            callback_url: Some(self.callback_url()),
            occasion: Some(Occasion { now: self.ports().now(), random: self.ports().random() }),
            ..fields(provider, integration, config)
        }
    }
}

impl Engine {
    /// [`Engine::fields`], with what is kept sealed: secret fields of the connection and of the integration.
    ///
    /// # Errors
    ///
    /// A refusal when the connection names a server that the operator does not allow.
    pub(crate) fn all_fields(
        &self,
        provider: &Provider,
        integration: &Integration,
        config: &Map<String, Value>,
        secret: &SecretMap,
    ) -> Result<Fields, Error> {
        servers::check_all(provider, integration, config)?;
        self.fields_to_show(provider, integration, config, secret)
    }

    /// [`Engine::all_fields`] for what is shown and sent nowhere, so that it does not matter which server is named.
    pub(crate) fn fields_to_show(
        &self,
        provider: &Provider,
        integration: &Integration,
        config: &Map<String, Value>,
        secret: &SecretMap,
    ) -> Result<Fields, Error> {
        let mut fields = self.fields(provider, integration, config);
        for (name, value) in secret {
            let name = ours(&provider.inputs.connection, name);
            fields.connection.insert(name, value.expose().clone());
        }
        let operator = &provider.inputs.integration;
        if operator.iter().any(|input| input.secret) {
            let secrets = self.open_integration(integration)?;
            for input in operator.iter().filter(|input| input.secret) {
                let value = secrets.get(input.wire_name()).map(|value| value.expose().clone());
                fields.integration.extend(value.map(|value| (input.name.clone(), value)));
            }
        }
        Ok(fields)
    }
}

/// Values that a request tells the provider and that no message may repeat.
pub(crate) fn told<'a>(provider: &Provider, fields: &'a Fields) -> Vec<&'a str> {
    let entered = fields.credential.values().chain(fields.one_time.values());
    let mut told: Vec<&str> = entered.map(|value| value.expose().as_str()).collect();
    let groups = [
        (&provider.inputs.connection, &fields.connection),
        (&provider.inputs.integration, &fields.integration),
    ];
    for (inputs, values) in groups {
        let secret = inputs.iter().filter(|input| input.secret);
        told.extend(secret.filter_map(|input| values.get(&input.name)).map(String::as_str));
    }
    told
}

/// A captured field under its name on the wire.
pub(crate) fn wire_name(provider: &Provider, name: &str) -> String {
    let input = provider.inputs.connection.iter().find(|input| input.name == name);
    input.map_or(name, Input::wire_name).to_owned()
}

fn ours(inputs: &[Input], wire: &str) -> String {
    inputs.iter().find(|input| input.wire_name() == wire).map_or(wire, |input| &input.name).to_owned()
}
