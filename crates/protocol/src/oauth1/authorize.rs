//! The browser's way to the provider and back (RFC 5849 §2.2).

use std::collections::BTreeMap;

use catalog::Provider;
use serde::{Deserialize, Serialize};
use url::Url;
use vault::Secret;

use super::temporary::Temporary;
use crate::authorize::{StartError, is_reserved};
use crate::callback::{Callback, CallbackError, Query, captured};
use crate::fields::{Client, Fields, Filling};
use crate::message::RequestError;
use crate::parameters::Parameters;
use crate::text::safe_text;
use crate::{scopes, sealed_json};

/// Everything the browser is sent away with.
pub struct Start<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The client that asks.
    pub client: &'a Client,
    /// Values for templates.
    pub fields: &'a Fields,
    /// The callback, as it was sent with the first request.
    pub callback: &'a Url,
    /// Scopes configured on the integration; empty means the provider's default.
    pub scopes: &'a [String],
    /// Further query parameters, from the app's own server and never from the browser.
    pub extra_params: &'a BTreeMap<String, String>,
}

/// An authorization that is under way.
pub struct Started {
    /// Where to send the browser.
    pub url: Url,
    /// What is needed when it comes back.
    pub flow: Flow,
}

/// What is kept, sealed, while the user is at the provider.
#[derive(Clone)]
pub struct Flow {
    /// Where the verifier will become a token.
    pub token_url: Url,
    /// The client that asked.
    pub client_id: String,
    /// The temporary credentials.
    pub temporary: Temporary,
}

/// A sealed flow opened to something that is no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored authorization cannot be read")]
pub struct CorruptFlow;

/// Where to send the browser.
pub fn begin(start: &Start<'_>, temporary: Temporary) -> Result<Started, StartError> {
    let foreign =
        |name: &&String| is_reserved(name) || name.trim().to_ascii_lowercase().starts_with("oauth_");
    if let Some(name) = start.extra_params.keys().find(foreign) {
        return Err(StartError::Reserved { name: name.clone() });
    }
    let provider = start.provider;
    let authorization =
        provider.authorization.as_ref().ok_or(RequestError::NoSuchStep { step: "authorization endpoint" })?;
    let token_url = provider.oauth1.as_ref().and_then(|oauth1| oauth1.token_url.as_ref());
    let token_url = token_url.ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, start.fields).with_client(start.client);
    let mut query = Parameters::default();
    query.fill(&authorization.params, &filling);
    for (name, value) in start.extra_params {
        query.set(name, value.clone());
    }
    let wanted = scopes::wanted(start.scopes, &filling)?;
    if let Some(scope) = scopes::joined(&wanted, provider.scopes.separator()) {
        query.set("scope", scope);
    }
    query.set("oauth_token", temporary.token.clone());
    // Servers that began with the first edition read the callback here and not in the first request.
    query.set("oauth_callback", start.callback.to_string());
    let mut url = filling.url("authorization URL", &authorization.url)?;
    query.write_query(&mut url);
    let token_url = filling.url("token URL", token_url)?;
    let flow = Flow { token_url, client_id: start.client.id.clone(), temporary };
    Ok(Started { url, flow })
}

/// Reads what the browser brings back; the code of a grant is the verifier. It has to bring the token it left with
/// (§2.2). A refusal has no standard form: these are the ones in use.
pub fn read(query: &str, provider: &Provider, flow: &Flow) -> Result<Callback, CallbackError> {
    let query = Query::parse(query)?;
    let refused = ["denied", "oauth_problem", "error"];
    for name in refused {
        if let Some(said) = query.single(name)? {
            let error = if name == "denied" { "denied".to_owned() } else { safe_text(said) };
            return Ok(Callback::Refused { error, description: None });
        }
    }
    let missing = |name: &str| CallbackError::Missing { name: name.to_owned() };
    let token = query.single("oauth_token")?.ok_or_else(|| missing("oauth_token"))?;
    if token != flow.temporary.token {
        return Err(CallbackError::WrongToken);
    }
    let verifier = query.single("oauth_verifier")?.ok_or_else(|| missing("oauth_verifier"))?;
    Ok(Callback::Granted { code: Secret::new(verifier.to_owned()), params: captured(&query, provider)? })
}

impl Flow {
    /// The text to seal.
    pub fn seal_text(&self) -> Secret<Vec<u8>> {
        sealed_json::write(&Written {
            token_url: &self.token_url,
            client_id: &self.client_id,
            token: &self.temporary.token,
            token_secret: self.temporary.secret.expose(),
        })
    }

    /// Reads what [`Flow::seal_text`] wrote.
    pub fn from_seal_text(text: &[u8]) -> Result<Self, CorruptFlow> {
        // The cause quotes the text, so it goes no further.
        let read: Read = serde_json::from_slice(text).map_err(|_| CorruptFlow)?;
        let temporary = Temporary { token: read.token, secret: read.token_secret };
        Ok(Self { token_url: read.token_url, client_id: read.client_id, temporary })
    }
}

#[derive(Serialize)]
struct Written<'a> {
    token_url: &'a Url,
    client_id: &'a str,
    token: &'a str,
    token_secret: &'a str,
}

#[derive(Deserialize)]
struct Read {
    token_url: Url,
    client_id: String,
    token: String,
    token_secret: Secret<String>,
}
