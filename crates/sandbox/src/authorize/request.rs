//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3): read once, valid from then on.

use url::Url;

use crate::form::Form;
use crate::ledger::Ledger;
use crate::options::{Client, Pkce};

pub(crate) struct AuthorizationRequest {
    pub(crate) client: Client,
    pub(crate) redirect_uri: Url,
    /// The redirect URI as it was written; the token request must repeat it so.
    pub(crate) given_redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<String>,
}

/// Why a request is not valid, and who may be told.
pub(crate) enum Invalid {
    /// The redirect URI cannot be trusted, so only the person at the browser is told (RFC 6749 §4.1.2.1).
    Unsafe(String),
    /// The app is told.
    Told { redirect_uri: Box<Url>, state: Option<String>, error: &'static str, why: &'static str },
}

impl AuthorizationRequest {
    pub(crate) fn parse(form: &Form, ledger: &Ledger) -> Result<Self, Invalid> {
        let id = form.optional("client_id").ok_or_else(|| unsafe_because("client_id is missing"))?;
        let client = ledger.client(id).ok_or_else(|| Invalid::Unsafe(format!("no client is called {id}")))?;
        let given_redirect_uri = form
            .optional("redirect_uri")
            .ok_or_else(|| unsafe_because("redirect_uri is missing"))?
            .to_owned();
        let redirect_uri = trusted(&given_redirect_uri, client)?;
        let state = form.optional("state").map(str::to_owned);

        let fault = if form.optional("response_type") == Some("code") {
            challenge_fault(form, client.pkce).map(|why| ("invalid_request", why))
        } else {
            Some(("unsupported_response_type", "response_type must be code"))
        };
        if let Some((error, why)) = fault {
            return Err(Invalid::Told { redirect_uri: Box::new(redirect_uri), state, error, why });
        }
        Ok(Self {
            client: client.clone(),
            redirect_uri,
            given_redirect_uri,
            scopes: form.scopes().unwrap_or_else(|| vec!["profile".to_owned()]),
            state,
            challenge: form.optional("code_challenge").map(str::to_owned),
        })
    }
}

/// RFC 6749 §3.1.2: absolute, without a fragment; exactly one of the registered ones where there are any.
fn trusted(given: &str, client: &Client) -> Result<Url, Invalid> {
    let uri = Url::parse(given).map_err(|_| unsafe_because("redirect_uri is not an absolute URI"))?;
    if !matches!(uri.scheme(), "http" | "https") || uri.fragment().is_some() {
        return Err(unsafe_because("redirect_uri must be http or https and have no fragment"));
    }
    if client.redirect_uris.is_empty() || client.redirect_uris.iter().any(|registered| registered == given) {
        Ok(uri)
    } else {
        Err(unsafe_because("redirect_uri is not registered for this client"))
    }
}

fn challenge_fault(form: &Form, pkce: Pkce) -> Option<&'static str> {
    match (form.optional("code_challenge"), form.optional("code_challenge_method")) {
        (None, _) if pkce == Pkce::Required => Some("code_challenge is missing"),
        (None, _) => None,
        // S256 is 32 bytes in base64url, so always 43 characters.
        (Some(challenge), Some("S256")) if challenge.len() == 43 => None,
        (Some(_), Some("S256")) => Some("code_challenge is not an S256 challenge"),
        (Some(_), _) => Some("code_challenge_method must be S256"),
    }
}

fn unsafe_because(why: &str) -> Invalid {
    Invalid::Unsafe(why.to_owned())
}
