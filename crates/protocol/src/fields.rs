//! The values that requests are filled with: the client, what operators and end users entered, the credential.

use std::collections::BTreeMap;

use catalog::template::Product;
use catalog::{Alternatives, Input, Placeholder, Provider, Values};
use url::Url;
use vault::Secret;

use crate::claims;
use crate::credential::{Credential, OAuth2Tokens};
use crate::json_path::text_at;
use crate::message::RequestError;
use crate::occasion::Occasion;

/// What providers that ask for the calling product are told.
const PRODUCT: &str = "Claviger";

/// An OAuth client (RFC 6749 §2).
#[derive(Clone)]
pub struct Client {
    /// The client identifier.
    pub id: String,
    /// The client secret; public clients have none.
    pub secret: Option<Secret<String>>,
}

/// Values that templates may use, by our own field names.
#[derive(Clone, Default)]
pub struct Fields {
    /// Fields of the connection: entered, captured or set after connecting.
    pub connection: BTreeMap<String, String>,
    /// The credential as entered, when it is not one of the fixed kinds.
    pub credential: BTreeMap<String, Secret<String>>,
    /// Fields the operator set once.
    pub integration: BTreeMap<String, String>,
    /// What the end user entered for one assertion. It is never stored.
    pub one_time: BTreeMap<String, Secret<String>>,
    /// The parameters of the callback while a code is redeemed.
    pub callback: BTreeMap<String, String>,
    /// The URL that providers send people back to; some assertions name its host.
    pub callback_url: Option<Url>,
    /// Time and chance of this request. Without it `{now}` and `{random.uuid}` have no value.
    pub occasion: Option<Occasion>,
}

impl Fields {
    /// The occasion, for what cannot be made without.
    pub(crate) fn needed_occasion(&self) -> Result<Occasion, RequestError> {
        self.occasion.ok_or(RequestError::Missing { field: "the time and chance of the request" })
    }
}

/// Everything a template can ask for while one request is built.
pub(crate) struct Filling<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) fields: &'a Fields,
    pub(crate) client: Option<&'a Client>,
    pub(crate) tokens: Option<&'a OAuth2Tokens>,
    pub(crate) credential: Option<&'a Credential>,
    /// Values that only one scheme has: assertions, answers of earlier calls, parts of the request.
    pub(crate) more: Option<&'a dyn Values>,
}

impl<'a> Filling<'a> {
    pub(crate) const fn new(provider: &'a Provider, fields: &'a Fields) -> Self {
        Self { provider, fields, client: None, tokens: None, credential: None, more: None }
    }

    pub(crate) const fn with_client(self, client: &'a Client) -> Self {
        Self { client: Some(client), ..self }
    }

    pub(crate) const fn with_tokens(self, tokens: &'a OAuth2Tokens) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    pub(crate) const fn with_credential(self, credential: &'a Credential) -> Self {
        Self { credential: Some(credential), tokens: credential.tokens(), ..self }
    }

    pub(crate) const fn with_more(self, more: &'a dyn Values) -> Self {
        Self { more: Some(more), ..self }
    }

    /// A URL, with the place named in the error.
    pub(crate) fn url(&self, place: &'static str, url: &Alternatives) -> Result<Url, RequestError> {
        url.fill_url(self).map_err(|error| RequestError::Url { place, reason: error.to_string() })
    }

    fn credential(&self, name: &str) -> Option<String> {
        if let Some(entered) = self.fields.credential.get(name) {
            return Some(entered.expose().clone());
        }
        match (self.credential?, name) {
            (Credential::ApiKey { api_key }, "api_key") => Some(api_key.expose().clone()),
            (Credential::Basic { username, .. }, "username") => Some(username.clone()),
            (Credential::Basic { password, .. }, "password") => Some(password.expose().clone()),
            (Credential::ClientCredentials { client_id, .. }, "client_id") => Some(client_id.clone()),
            (Credential::ClientCredentials { client_secret, .. }, "client_secret") => {
                Some(client_secret.expose().clone())
            }
            (Credential::ClientCredentials { entered, .. }, name) => {
                Some(entered.get(name)?.expose().clone())
            }
            (Credential::OAuth1TokenBased { token_id, .. }, "token_id") => Some(token_id.expose().clone()),
            (Credential::OAuth1TokenBased { token_secret, .. }, "token_secret") => {
                Some(token_secret.expose().clone())
            }
            (Credential::Aws(keys), "role_arn") => Some(keys.role_arn.clone()),
            (credential, name) => Some(credential.minted()?.entered.get(name)?.expose().clone()),
        }
    }
}

impl Values for Filling<'_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        let inputs = &self.provider.inputs;
        match placeholder {
            Placeholder::Connection(name) => entered(&self.fields.connection, &inputs.connection, name),
            Placeholder::Integration(name) => entered(&self.fields.integration, &inputs.integration, name),
            Placeholder::Credential(name) => self.credential(name),
            Placeholder::AppClientId => self.client.map(|client| client.id.clone()),
            Placeholder::AppClientSecret => {
                self.client?.secret.as_ref().map(|secret| secret.expose().clone())
            }
            Placeholder::TokenAccess => self.tokens.map(|tokens| tokens.access_token.expose().clone()),
            Placeholder::TokenRefresh => {
                self.tokens?.refresh_token.as_ref().map(|token| token.expose().clone())
            }
            Placeholder::TokenResponse(path) => {
                let answer = serde_json::from_str(self.tokens?.raw.expose()).ok()?;
                text_at(&answer, path)
            }
            Placeholder::TokenClaims(path) => text_at(&claims::of_tokens(self.tokens?)?, path),
            Placeholder::SessionCookies => {
                self.tokens?.kept.headers.get("set-cookie").map(|cookies| cookies.expose().clone())
            }
            Placeholder::OneTime(name) => self.fields.one_time.get(name).map(|value| value.expose().clone()),
            Placeholder::Callback(name) => self.fields.callback.get(name).cloned(),
            Placeholder::RandomUuid => self.fields.occasion.as_ref().map(Occasion::uuid),
            Placeholder::Now(moment) => self.fields.occasion.as_ref()?.text(moment),
            Placeholder::Product(Product::Name) => Some(PRODUCT.to_owned()),
            Placeholder::Product(Product::UserAgent) => {
                Some(format!("{PRODUCT}/{}", env!("CARGO_PKG_VERSION")))
            }
            // The template works out its functions itself and asks for their arguments. The one it does not signs a
            // whole request, so it is asked of whoever builds that.
            Placeholder::Jwt
            | Placeholder::Saml
            | Placeholder::Step(..)
            | Placeholder::Answer(_)
            | Placeholder::Request(_)
            | Placeholder::Computed(_) => self.more?.value(placeholder),
        }
    }
}

/// What was entered, else the default of the definition.
fn entered(values: &BTreeMap<String, String>, inputs: &[Input], name: &str) -> Option<String> {
    let given = values.get(name).filter(|value| !value.is_empty());
    let default = || inputs.iter().find(|input| input.name == name)?.default.as_ref();
    given.or_else(default).cloned()
}
