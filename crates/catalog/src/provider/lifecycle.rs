//! How long tokens live and what becomes of used ones.

use serde::{Deserialize, Serialize};

use crate::template::Alternatives;

/// Lifetimes and the fate of used refresh tokens; unknown stays unknown.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Usual lifetime of an access token in seconds. The answer's own value wins.
    #[serde(default)]
    pub access_token_s: Option<u64>,
    /// Usual lifetime of a refresh token in seconds.
    #[serde(default)]
    pub refresh_token_s: Option<u64>,
    /// Whether a refresh gives a new refresh token.
    #[serde(default)]
    pub rotation: Option<Rotation>,
    /// What a second use of a replaced refresh token does: `allowed`, `kills_grant`, `until_new_used`,
    /// or `grace:SECONDS`.
    #[serde(default)]
    pub reuse: Option<String>,
    /// Seconds without use after which a refresh token ends.
    #[serde(default)]
    pub idle_limit_s: Option<u64>,
    /// RFC 7662 endpoint, where it tells when a token ends. It is asked when a token answer names no lifetime.
    #[serde(default)]
    pub introspection_url: Option<Alternatives>,
    /// Day on which these facts were read, `YYYY-MM-DD`.
    #[serde(default)]
    pub checked: Option<String>,
}

/// Refresh token rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The refresh token stays.
    None,
    /// Every refresh gives a new one.
    Rotates,
    /// Depends on a setting of the app or account.
    Optional,
}
