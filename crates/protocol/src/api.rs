//! Calls to a provider's API: its root and what authenticates a call.

use std::collections::BTreeMap;

use catalog::provider::{ApiAuth, VerifyMethod};
use catalog::{Provider, Template};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use url::Url;
use vault::Secret;

use crate::client_auth::basic_value;
use crate::credential::Credential;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError};
use crate::parameters::{Parameters, authorization, fill_headers};

/// What a call is made with.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The connection's credential.
    pub credential: &'a Credential,
    /// Values for templates.
    pub fields: &'a Fields,
    /// The integration's client, for APIs that want its identifier in a header.
    pub client: Option<&'a Client>,
}

impl Caller<'_> {
    /// The root of the API.
    pub fn root(&self) -> Result<Url, RequestError> {
        let root = self.provider.api.base_url.as_ref();
        self.filling().url("API root", root.ok_or(RequestError::NoSuchStep { step: "API root" })?)
    }

    /// Adds to a call what authenticates it: the `authorization` header, and the definition's own headers and query
    /// parameters. These replace what the call has under the same names.
    pub fn authenticate(&self, url: &mut Url, headers: &mut HeaderMap) -> Result<(), RequestError> {
        let api = &self.provider.api;
        if let Some((value, field)) = self.authorization_text()? {
            headers.insert(AUTHORIZATION, authorization(value.expose(), field)?);
        }
        let filling = self.filling();
        fill_headers(headers, &api.headers, &filling)?;
        let mut query = Parameters::default();
        query.fill(&api.query, &filling);
        if !query.is_empty() {
            query.write_query(url);
        }
        Ok(())
    }

    /// A whole authenticated call that the definition describes. The content type of a body is JSON when it begins
    /// like JSON, else a form.
    pub(crate) fn call(
        &self,
        method: VerifyMethod,
        url: &Template,
        own_headers: &BTreeMap<String, Template>,
        body: Option<&Template>,
    ) -> Result<Request, RequestError> {
        let filling = self.filling();
        let filled = if url.is_below_base() {
            url.fill_url_below(&self.root()?, &filling)
        } else {
            url.fill_url(&filling)
        };
        let mut url =
            filled.map_err(|error| RequestError::Url { place: "API URL", reason: error.to_string() })?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = body.map(|body| body.fill(&filling)).transpose().map_err(|error| {
            RequestError::Unfilled { place: "body".to_owned(), reason: error.to_string() }
        })?;
        if let Some(body) = &body {
            let is_json = body.trim_start().starts_with(['{', '[']);
            let media_type = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        self.authenticate(&mut url, &mut headers)?;
        fill_headers(&mut headers, own_headers, &filling)?;
        let method = match method {
            VerifyMethod::Get => Method::GET,
            VerifyMethod::Post => Method::POST,
        };
        Ok(Request { method, url, headers, body: Secret::new(body.unwrap_or_default().into_bytes()) })
    }

    fn filling(&self) -> Filling<'_> {
        let filling = Filling::new(self.provider, self.fields).with_credential(self.credential);
        match self.client {
            Some(client) => filling.with_client(client),
            None => filling,
        }
    }

    /// The value of the `authorization` header and what it is made of.
    fn authorization_text(&self) -> Result<Option<(Secret<String>, &'static str)>, RequestError> {
        match self.provider.api.auth {
            ApiAuth::Bearer => self.bearer(),
            ApiAuth::Basic => self.basic(),
            ApiAuth::Oauth1 => Err(RequestError::Unsupported { what: "signing by OAuth 1.0a" }),
            ApiAuth::Custom | ApiAuth::None => Ok(None),
        }
    }

    fn bearer(&self) -> Result<Option<(Secret<String>, &'static str)>, RequestError> {
        let (token, field) = match self.credential {
            Credential::OAuth2(tokens) | Credential::ClientCredentials { tokens, .. } => {
                (&tokens.access_token, "the access token")
            }
            Credential::ApiKey { api_key } => (api_key, "the API key"),
            Credential::OAuth1 { .. } | Credential::Basic { .. } => {
                return Err(RequestError::Missing { field: "the access token" });
            }
            Credential::None => return Ok(None),
        };
        Ok(Some((token.map(|token| format!("Bearer {token}")), field)))
    }

    fn basic(&self) -> Result<Option<(Secret<String>, &'static str)>, RequestError> {
        let (pair, field) = match self.credential {
            // A colon would end the user name early and move the rest into the password (RFC 7617 §2).
            Credential::Basic { username, .. } if username.contains(':') => {
                return Err(RequestError::HeaderValue { field: "the user name".to_owned() });
            }
            Credential::Basic { username, password } => {
                (password.map(|password| format!("{username}:{password}")), "the user name or password")
            }
            Credential::ApiKey { api_key } => (api_key.map(|key| format!("{key}:")), "the API key"),
            Credential::OAuth2(_) | Credential::ClientCredentials { .. } | Credential::OAuth1 { .. } => {
                return Err(RequestError::Missing { field: "the user name and password" });
            }
            Credential::None => return Ok(None),
        };
        if pair.expose().chars().any(char::is_control) {
            return Err(RequestError::HeaderValue { field: field.to_owned() });
        }
        Ok(Some((Secret::new(basic_value(&pair)), field)))
    }
}
