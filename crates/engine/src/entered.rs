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

/// The hosts that the operator allows a connection input to name, when this value names another one.
pub(crate) fn limit_broken_by<'a>(
    provider: &Provider,
    integration: &'a Integration,
    input: &Input,
    value: &str,
) -> Option<&'a str> {
    let listed = integration.config.get(provider.limit_of(input)?.wire_name())?;
    (!value.is_empty() && !model::fields::is_among(listed, value)).then_some(listed)
}

/// Stored values have their names on the wire; templates know our names. Names without an input (captures) are the
/// same in both. A server that the operator no longer allows is as good as none: nothing more is sent there.
fn fields(provider: &Provider, integration: &Integration, config: &Map<String, Value>) -> Fields {
    let is_allowed = |name: &str, value: &str| {
        let input = provider.inputs.connection.iter().find(|input| input.wire_name() == name);
        input.is_none_or(|input| limit_broken_by(provider, integration, input, value).is_none())
    };
    let connection = config
        .iter()
        .map(|(name, value)| (name, text_of(value)))
        .filter(|(name, value)| is_allowed(name, value))
        .map(|(name, value)| (ours(&provider.inputs.connection, name), value));
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
    pub(crate) fn all_fields(
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
