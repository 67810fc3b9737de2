//! Values of a connection and its integration under the names that templates use.

use catalog::Provider;
use catalog::input::Input;
use model::Integration;
use protocol::{Fields, Occasion};
use serde_json::{Map, Value};

use crate::Engine;
use crate::connect::text_of;

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

/// A captured field under its name on the wire.
pub(crate) fn wire_name(provider: &Provider, name: &str) -> String {
    let input = provider.inputs.connection.iter().find(|input| input.name == name);
    input.map_or(name, Input::wire_name).to_owned()
}

fn ours(inputs: &[Input], wire: &str) -> String {
    inputs.iter().find(|input| input.wire_name() == wire).map_or(wire, |input| &input.name).to_owned()
}
