//! The sealed form of a flow: it holds the verifier, which is worth as much as the code.

use catalog::Alternatives;
use catalog::provider::ClientAuth;
use serde::{Deserialize, Serialize};
use url::Url;
use vault::Secret;

use super::{Flow, TokenUrl};
use crate::dpop::DpopKey;
use crate::sealed_json;

/// A sealed flow opened to something that is no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored authorization cannot be read")]
pub struct CorruptFlow;

impl Flow {
    /// The text to seal.
    pub fn seal_text(&self) -> Secret<Vec<u8>> {
        let (token_url, named_token_url) = match &self.token_url {
            TokenUrl::Known(url) => (Some(url), None),
            TokenUrl::NamedByCallback(url) => (None, Some(url)),
        };
        let written = Written {
            token_url,
            named_token_url,
            redirect_uri: &self.redirect_uri,
            client_id: &self.client_id,
            verifier: self.verifier.as_ref().map(|verifier| verifier.expose().as_str()),
            issuer: self.issuer.as_deref(),
            iss_required: self.iss_required,
            client_auth: self.client_auth,
            requested_scopes: &self.requested_scopes,
            dpop_key: self.dpop_key.as_ref().map(DpopKey::scalar),
        };
        sealed_json::write(&written)
    }

    /// Reads what [`Flow::seal_text`] wrote.
    pub fn from_seal_text(text: &[u8]) -> Result<Self, CorruptFlow> {
        // The cause quotes the text, so it goes no further.
        let read: Read = serde_json::from_slice(text).map_err(|_| CorruptFlow)?;
        let token_url = match (read.token_url, read.named_token_url) {
            (Some(url), None) => TokenUrl::Known(url),
            (None, Some(url)) => TokenUrl::NamedByCallback(url),
            (Some(_), Some(_)) | (None, None) => return Err(CorruptFlow),
        };
        Ok(Self {
            token_url,
            redirect_uri: read.redirect_uri,
            client_id: read.client_id,
            verifier: read.verifier,
            issuer: read.issuer,
            iss_required: read.iss_required,
            client_auth: read.client_auth,
            requested_scopes: read.requested_scopes,
            dpop_key: read.dpop_key.map(DpopKey::from_scalar),
        })
    }
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_token_url: Option<&'a Alternatives>,
    redirect_uri: &'a Url,
    client_id: &'a str,
    verifier: Option<&'a str>,
    issuer: Option<&'a str>,
    iss_required: bool,
    client_auth: ClientAuth,
    requested_scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop_key: Option<&'a [u8; 32]>,
}

#[derive(Deserialize)]
struct Read {
    token_url: Option<Url>,
    named_token_url: Option<Alternatives>,
    redirect_uri: Url,
    client_id: String,
    verifier: Option<Secret<String>>,
    issuer: Option<String>,
    iss_required: bool,
    client_auth: ClientAuth,
    requested_scopes: Vec<String>,
    dpop_key: Option<Secret<[u8; 32]>>,
}
