//! What is kept, sealed, of an authorization that is under way. Each scheme has its own.

use jiff::Timestamp;
use protocol::authorize;
use protocol::device::Waiting;
use protocol::oauth1;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vault::Secret;

/// An authorization that is under way.
pub(crate) enum Journey {
    /// A code will come back (RFC 6749 §4.1).
    Code(authorize::Flow),
    /// A verifier will come back (RFC 5849 §2.2).
    Verifier(oauth1::Flow),
    /// An app will have been installed; with it a code of the user may come back.
    Installation(Option<authorize::Flow>),
    /// A plugin will have been installed.
    Plugin,
    /// A person types a code on another device (RFC 8628).
    Device(AtDevice),
}

/// A person who is at another device.
pub(crate) struct AtDevice {
    pub(crate) waiting: Waiting,
    /// The client that asked.
    pub(crate) client_id: String,
    pub(crate) requested_scopes: Vec<String>,
    /// The server is not asked before this time.
    pub(crate) ask_from: Timestamp,
}

/// A journey as it is sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Packed {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Code,
    Verifier,
    Installation,
    Plugin,
    Device,
}

#[derive(Serialize, Deserialize)]
struct Device {
    client_id: String,
    requested_scopes: Vec<String>,
    ask_from: Timestamp,
}

/// A sealed journey opened to something else.
pub(crate) struct Corrupt;

impl Journey {
    pub(crate) fn packed(&self) -> Packed {
        let (kind, text) = match self {
            Self::Code(flow) => (Kind::Code, Some(flow.seal_text())),
            Self::Verifier(flow) => (Kind::Verifier, Some(flow.seal_text())),
            Self::Installation(user) => (Kind::Installation, user.as_ref().map(authorize::Flow::seal_text)),
            Self::Plugin => (Kind::Plugin, None),
            Self::Device(at) => (Kind::Device, Some(at.waiting.seal_text())),
        };
        let device = match self {
            Self::Device(at) => Some(Device {
                client_id: at.client_id.clone(),
                requested_scopes: at.requested_scopes.clone(),
                ask_from: at.ask_from,
            }),
            Self::Code(_) | Self::Verifier(_) | Self::Installation(_) | Self::Plugin => None,
        };
        Packed { kind, flow: text.as_ref().map(raw), device }
    }

    pub(crate) fn unpacked(packed: &Packed) -> Result<Self, Corrupt> {
        let text = || packed.flow.as_ref().map(|flow| flow.get().as_bytes()).ok_or(Corrupt);
        let code = |text| authorize::Flow::from_seal_text(text).map_err(|_| Corrupt);
        Ok(match packed.kind {
            Kind::Code => Self::Code(code(text()?)?),
            Kind::Verifier => Self::Verifier(oauth1::Flow::from_seal_text(text()?).map_err(|_| Corrupt)?),
            Kind::Installation => Self::Installation(match &packed.flow {
                Some(flow) => Some(code(flow.get().as_bytes())?),
                None => None,
            }),
            Kind::Plugin => Self::Plugin,
            Kind::Device => {
                let device = packed.device.as_ref().ok_or(Corrupt)?;
                Self::Device(AtDevice {
                    waiting: Waiting::from_seal_text(text()?).map_err(|_| Corrupt)?,
                    client_id: device.client_id.clone(),
                    requested_scopes: device.requested_scopes.clone(),
                    ask_from: device.ask_from,
                })
            }
        })
    }
}

fn raw(text: &Secret<Vec<u8>>) -> Box<RawValue> {
    let text = std::str::from_utf8(text.expose()).expect("journeys serialise to JSON, which is text");
    RawValue::from_string(text.to_owned()).expect("journeys serialise to JSON")
}
