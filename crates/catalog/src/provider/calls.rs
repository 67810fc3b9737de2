//! The sections of API calls: where they go, what authenticates them, what proves and names an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::template::{Alternatives, Template};

/// API calls of a provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Root of the API; the first alternative whose placeholders can all be filled.
    #[serde(default)]
    pub base_url: Option<Alternatives>,
    /// What goes into `authorization`.
    #[serde(default)]
    pub auth: ApiAuth,
    /// Headers of every call; names in lower case. One whose placeholder is empty is dropped.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Query parameters of every call.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
}

/// What authenticates an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiAuth {
    /// `Bearer` and the access token (RFC 6750).
    #[default]
    Bearer,
    /// HTTP Basic.
    Basic,
    /// An OAuth 1.0a signature.
    Oauth1,
    /// `headers` or `query` carry the credential.
    Custom,
    /// Nothing.
    None,
}

/// A call that proves a credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// `GET` or `POST`.
    #[serde(default)]
    pub method: VerifyMethod,
    /// Path below the API root, or a whole URL.
    pub url: Template,
    /// Headers beyond those of the API; names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Body, sent as it stands once filled.
    #[serde(default)]
    pub body: Option<Template>,
}

/// Method of a verification call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum VerifyMethod {
    #[default]
    Get,
    Post,
}

/// The call that names the connected account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// `GET` or `POST`.
    #[serde(default)]
    pub method: VerifyMethod,
    /// Path below the API root, or a whole URL.
    pub url: Template,
    /// Body of a `POST`.
    #[serde(default)]
    pub body: Option<Template>,
    /// Dotted path of the name people know.
    #[serde(default)]
    pub name_path: Option<String>,
    /// Dotted path of the stable identifier.
    #[serde(default)]
    pub id_path: Option<String>,
}

/// Values kept from answers: our connection field → the vendor's path or parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captures {
    /// From the token answer (dotted path).
    #[serde(default)]
    pub token_response: BTreeMap<String, String>,
    /// From the callback query (parameter name).
    #[serde(default)]
    pub callback: BTreeMap<String, String>,
}
