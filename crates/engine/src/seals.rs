//! What is sealed where: each kind of secret content with the place it is bound to.

use std::collections::BTreeMap;

use model::session::DefaultsByIntegration;
use model::{Connection, EnvironmentId, Integration};
use protocol::Credential;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;
use vault::{Context, OpenError, Sealed, Secret};

use crate::journey::{Journey, Packed};
use crate::{Engine, Error};

/// A place that holds a sealed value.
pub(crate) struct Place {
    table: &'static str,
    column: &'static str,
    environment: EnvironmentId,
    row: Uuid,
    version: u64,
}

impl Place {
    pub(crate) const fn credential(environment: EnvironmentId, row: Uuid, version: u64) -> Self {
        Self { table: "connections", column: "credential", environment, row, version }
    }

    pub(crate) const fn integration_secrets(environment: EnvironmentId, row: Uuid, version: u64) -> Self {
        Self { table: "integrations", column: "secrets", environment, row, version }
    }

    pub(crate) const fn session_defaults(environment: EnvironmentId, row: Uuid) -> Self {
        Self { table: "sessions", column: "defaults", environment, row, version: 1 }
    }

    pub(crate) const fn flow(environment: EnvironmentId, row: Uuid) -> Self {
        Self { table: "flows", column: "sealed", environment, row, version: 1 }
    }

    pub(crate) const fn signing_key(environment: EnvironmentId, version: u64) -> Self {
        Self { table: "webhooks", column: "signing_key", environment, row: environment.0, version }
    }

    fn context(&self) -> Context<'static> {
        Context {
            table: self.table,
            column: self.column,
            environment: self.environment.bytes(),
            row: self.row.into_bytes(),
            version: self.version,
        }
    }
}

/// Secrets by name: of an integration, or secret fields of a connection.
pub(crate) type SecretMap = BTreeMap<String, Secret<String>>;

/// What a connection keeps sealed.
pub(crate) struct ConnectionSecrets {
    pub(crate) credential: Credential,
    pub(crate) fields: SecretMap,
}

/// What a flow keeps sealed.
pub(crate) struct FlowContent {
    pub(crate) journey: Journey,
    /// Connection fields by their name on the wire, as they will be stored.
    pub(crate) config: Map<String, Value>,
    pub(crate) connection_key: String,
}

impl Engine {
    pub(crate) fn seal(&self, place: &Place, content: &[u8]) -> Sealed {
        self.0.keys.seal(&place.context(), content, self.ports().random())
    }

    pub(crate) fn open_sealed(&self, place: &Place, sealed: &Sealed) -> Result<Secret<Vec<u8>>, Error> {
        self.0.keys.open(&place.context(), sealed).map_err(|error| {
            tracing::error!(
                table = place.table,
                column = place.column,
                row = %place.row,
                version = place.version,
                %error,
                "a sealed value does not open at its place"
            );
            match error {
                OpenError::Integrity | OpenError::UnknownFormat | OpenError::UnknownKey(_) => {
                    Error::Integrity
                }
            }
        })
    }

    pub(crate) fn seal_connection(&self, place: &Place, secrets: &ConnectionSecrets) -> Sealed {
        let credential = secrets.credential.seal_text();
        let text =
            std::str::from_utf8(credential.expose()).expect("credentials serialise to JSON, which is text");
        let credential = RawValue::from_string(text.to_owned()).expect("credentials serialise to JSON");
        let fields = exposed(&secrets.fields);
        let stored = WrittenConnection { credential, fields };
        self.seal(place, Secret::new(to_json(&stored)).expose())
    }

    pub(crate) fn open_connection(&self, connection: &Connection) -> Result<ConnectionSecrets, Error> {
        let place = Place::credential(connection.environment, connection.id.0, connection.version);
        let text = self.open_sealed(&place, &connection.credential)?;
        let stored: ReadConnection = from_json(text.expose(), "connections.credential")?;
        Ok(ConnectionSecrets { credential: stored.credential, fields: stored.fields })
    }

    pub(crate) fn seal_secrets(&self, place: &Place, secrets: &SecretMap) -> Sealed {
        self.seal(place, Secret::new(to_json(&exposed(secrets))).expose())
    }

    pub(crate) fn open_integration(&self, integration: &Integration) -> Result<SecretMap, Error> {
        let place =
            Place::integration_secrets(integration.environment, integration.id.0, integration.version);
        let text = self.open_sealed(&place, &integration.secrets)?;
        from_json(text.expose(), "integrations.secrets")
    }

    pub(crate) fn seal_defaults(&self, place: &Place, defaults: &DefaultsByIntegration) -> Sealed {
        self.seal(place, Secret::new(to_json(defaults)).expose())
    }

    pub(crate) fn open_defaults(
        &self,
        session: &model::ConnectSession,
    ) -> Result<DefaultsByIntegration, Error> {
        let place = Place::session_defaults(session.environment, session.id.0);
        let text = self.open_sealed(&place, &session.defaults)?;
        from_json(text.expose(), "sessions.defaults")
    }

    pub(crate) fn seal_flow(&self, place: &Place, content: &FlowContent) -> Sealed {
        let stored = StoredFlow {
            journey: content.journey.packed(),
            config: content.config.clone(),
            connection_key: content.connection_key.clone(),
        };
        self.seal(place, Secret::new(to_json(&stored)).expose())
    }

    pub(crate) fn open_flow(&self, pending: &model::PendingFlow) -> Result<FlowContent, Error> {
        let place = Place::flow(pending.environment, pending.id);
        let text = self.open_sealed(&place, &pending.sealed)?;
        let stored: StoredFlow = from_json(text.expose(), "flows.sealed")?;
        let journey = Journey::unpacked(&stored.journey).map_err(|_| corrupt("flows.sealed"))?;
        Ok(FlowContent { journey, config: stored.config, connection_key: stored.connection_key })
    }
}

#[derive(Serialize)]
struct WrittenConnection<'a> {
    credential: Box<RawValue>,
    fields: BTreeMap<&'a str, &'a str>,
}

#[derive(Deserialize)]
struct ReadConnection {
    credential: Credential,
    #[serde(default)]
    fields: SecretMap,
}

#[derive(Serialize, Deserialize)]
struct StoredFlow {
    // Beside the rest and not flattened into it: flattening would lose the text as it was written.
    journey: Packed,
    config: Map<String, Value>,
    connection_key: String,
}

fn exposed(secrets: &SecretMap) -> BTreeMap<&str, &str> {
    secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect()
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("maps with text keys and raw JSON always serialise")
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a [u8], place: &'static str) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|_| corrupt(place))
}

/// The seal held but the content is not ours: a fault of ours, never shown with the content.
fn corrupt(place: &'static str) -> Error {
    tracing::error!(place, "a sealed value opened but does not have the expected content");
    Error::Internal
}
