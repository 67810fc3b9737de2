//! The sections of consent: the authorization endpoint, the device endpoint, scopes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Texts;
use crate::template::{Alternatives, Template};

/// The authorization endpoint (RFC 6749 §3.1).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorization {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
    /// Extra fixed query parameters.
    #[serde(default)]
    pub params: Texts,
    /// Where the parameters are pushed before the browser is sent (RFC 9126), when that is wanted.
    #[serde(default)]
    pub pushed_url: Option<Alternatives>,
    /// The value of `response_type`, when it is not `code`.
    #[serde(default)]
    pub response_type: Option<String>,
    /// Parameters under the vendor's names: standard name → vendor's name. The state comes back under its vendor's
    /// name too.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// Standard parameters that are left out, such as `response_type`.
    #[serde(default)]
    pub omit: Vec<String>,
    /// A route behind `#`: the query follows it, for consent pages that are one script.
    #[serde(default)]
    pub fragment: Option<String>,
    /// Whether the scope stands in the URL as it is, with nothing but blanks percent-encoded.
    #[serde(default)]
    pub raw_scope: bool,
    /// Proof Key for Code Exchange (RFC 7636).
    #[serde(default)]
    pub pkce: Pkce,
    /// The `OpenID` issuer, exactly as its metadata spells it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Whether the provider promises `iss` in the authorization response (RFC 9207 §2.3).
    #[serde(default)]
    pub iss_in_response: bool,
    /// The callback parameter that holds the code, when it is not `code`.
    #[serde(default)]
    pub code_param: Option<String>,
}

/// PKCE methods (RFC 7636 §4.2). `plain` is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Pkce {
    /// SHA-256 of the verifier: the default.
    #[default]
    S256,
    /// The provider breaks on PKCE parameters.
    #[serde(rename = "none")]
    None,
}

/// The device authorization endpoint (RFC 8628 §3.1).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The endpoint; the first alternative whose placeholders can all be filled.
    pub url: Alternatives,
}

/// Scopes of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// Separator on the wire; a space when absent.
    #[serde(default)]
    pub separator: Option<String>,
    /// Asked for when the integration configures none.
    #[serde(default)]
    pub default: Vec<String>,
    /// Scopes that are always asked for, as templates (e.g. one that carries an integration input).
    #[serde(default)]
    pub required: Vec<Template>,
    /// Names found in vendor material.
    #[serde(default)]
    pub known: Vec<String>,
}

impl Scopes {
    /// The separator on the wire.
    pub fn separator(&self) -> &str {
        self.separator.as_deref().unwrap_or(" ")
    }
}
