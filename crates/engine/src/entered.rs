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
    /// [`Engine::fields`], with the secret values too: what the operator entered once, and the connection's own secret
    /// fields.
    pub(crate) fn all_fields(
        &self,
        provider: &Provider,
        integration: &Integration,
        config: &Map<String, Value>,
        secret_fields: &SecretMap,
    ) -> Result<Fields, Error> {
        let mut fields = self.fields(provider, integration, config);
        let entered_once = self.open_integration(integration)?;
        for input in provider.inputs.integration.iter().filter(|input| input.secret) {
            if let Some(value) = entered_once.get(input.wire_name()) {
                fields.integration.insert(input.name.clone(), value.expose().clone());
            }
        }
        for (name, value) in secret_fields {
            fields.connection.insert(ours(&provider.inputs.connection, name), value.expose().clone());
        }
        Ok(fields)
    }
}

/// A captured field under its name on the wire.
pub(crate) fn wire_name(provider: &Provider, name: &str) -> String {
    let input = provider.inputs.connection.iter().find(|input| input.name == name);
    input.map_or(name, Input::wire_name).to_owned()
}

fn ours(inputs: &[Input], wire: &str) -> String {
    inputs.iter().find(|input| input.wire_name() == wire).map_or(wire, |input| &input.name).to_owned()
}
