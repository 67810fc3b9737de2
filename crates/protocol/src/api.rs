//! Calls to a provider's API: its root and what authenticates a call.
//!
//! A call is made up in this order: query, headers, signature. Each can depend on what stands before it.

mod body;
mod parts;

use catalog::Provider;
use catalog::provider::{ApiAuth, Call, Method as DefinedMethod, Texts};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use url::Url;
use vault::Secret;

use self::parts::Parts;
use crate::aws;
use crate::client_auth::basic_value;
use crate::credential::{AwsKeys, Credential, OAuth2Tokens};
use crate::dpop;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError};
use crate::oauth1;
use crate::parameters::{Parameters, authorization, fill_headers};
use crate::token_call::certificate;

pub(crate) use body::body_of;

/// What a call is made with.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The provider, resolved.
    pub provider: &'a Provider,
    /// The connection's credential.
    pub credential: &'a Credential,
    /// Values for templates. Where calls are signed they need an occasion.
    pub fields: &'a Fields,
    /// The integration's client, for APIs that want its identifier in a header or its secret in a signature.
    pub client: Option<&'a Client>,
}

/// A call that is about to be sent.
pub struct Draft<'a> {
    /// The method.
    pub method: &'a Method,
    /// The whole URL.
    pub url: &'a mut Url,
    /// The headers so far.
    pub headers: &'a mut HeaderMap,
    /// The body as far as it is known.
    pub payload: Payload<'a>,
}

/// A body as far as it is known when its call is authenticated.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// All of it; empty for none.
    Known(&'a [u8]),
    /// It follows later; see [`Caller::needs_body`].
    Streamed,
}

impl<'a> Caller<'a> {
    /// The root of the API.
    pub fn root(&self) -> Result<Url, RequestError> {
        let root = self.provider.api.base_url.as_ref();
        self.filling().url("API root", root.ok_or(RequestError::NoSuchStep { step: "API root" })?)
    }

    /// Whether the body has to be known before a call can be authenticated, so that it cannot be streamed through.
    pub fn needs_body(&self, headers: &HeaderMap) -> bool {
        let api = &self.provider.api;
        let is_signed = match api.auth {
            ApiAuth::Oauth1 => body::is_form(headers),
            // S3 alone takes a body that is not signed.
            ApiAuth::AwsSigv4 => !matches!(self.credential, Credential::Aws(keys) if keys.service == "s3"),
            ApiAuth::Bearer | ApiAuth::Basic | ApiAuth::Custom | ApiAuth::None => false,
        };
        is_signed || !api.body.is_empty() || parts::read_body(&api.headers)
    }

    /// The body with what the definition sends in every call that changes something; its values replace those of the
    /// caller. A body that is neither a JSON object nor a form is left as it is.
    pub fn body(&self, method: &Method, headers: &HeaderMap, body: Vec<u8>) -> Vec<u8> {
        body::merged(self.provider, method, headers, body, &self.filling())
    }

    /// Adds to a call what authenticates it: the `authorization` header, the definition's own headers and query
    /// parameters, a signature over all of it. These replace what the call has under the same names.
    pub fn authenticate(&self, mut draft: Draft<'_>) -> Result<(), RequestError> {
        self.add_own(&mut draft)?;
        self.sign(&mut draft)
    }

    /// A whole authenticated call that the definition describes.
    pub(crate) fn call(&self, call: Call<'_>) -> Result<Request, RequestError> {
        let filling = self.filling();
        let filled = if call.url.is_below_base() {
            call.url.fill_url_below(&self.root()?, &filling)
        } else {
            call.url.fill_url(&filling)
        };
        let url =
            filled.map_err(|error| RequestError::Url { place: "API URL", reason: error.to_string() })?;
        let mut request = described(&call, url, &filling)?;
        self.merge_body(&mut request);
        let mut draft = Draft {
            method: &request.method,
            url: &mut request.url,
            headers: &mut request.headers,
            payload: Payload::Known(request.body.expose()),
        };
        self.add_own(&mut draft)?;
        self.add_headers(&mut draft, call.headers)?;
        self.sign(&mut draft)?;
        request.client_certificate = certificate(&filling)?;
        Ok(request)
    }

    /// Some APIs take their key in the body of every call, also of one that the definition describes.
    fn merge_body(&self, request: &mut Request) {
        if self.provider.api.body.is_empty() {
            return;
        }
        let sent = request.body.expose().clone();
        let body = self.body(&request.method, &request.headers, sent);
        if !body.is_empty() && !request.headers.contains_key(CONTENT_TYPE) {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.body = Secret::new(body);
    }

    fn filling(&self) -> Filling<'a> {
        let filling = Filling::new(self.provider, self.fields).with_credential(self.credential);
        match self.client {
            Some(client) => filling.with_client(client),
            None => filling,
        }
    }

    /// What does not depend on anything else, then what depends on the call.
    fn add_own(&self, draft: &mut Draft<'_>) -> Result<(), RequestError> {
        let api = &self.provider.api;
        if let Some((value, field)) = self.authorization_text()? {
            draft.headers.insert(AUTHORIZATION, authorization(value.expose(), field)?);
        }
        let filling = self.filling();
        let mut query = Parameters::default();
        query.fill(&api.query, &filling);
        if !query.is_empty() {
            query.write_query(draft.url);
        }
        self.add_headers(draft, &api.headers)
    }

    /// Headers that may depend on the rest of the call.
    fn add_headers(&self, draft: &mut Draft<'_>, templates: &Texts) -> Result<(), RequestError> {
        let filling = self.filling();
        let root = self.root().ok();
        let parts = Parts { draft, root: root.as_ref(), filling: &filling };
        let mut own = HeaderMap::new();
        fill_headers(&mut own, templates, &self.filling().with_more(&parts))?;
        draft.headers.extend(own);
        Ok(())
    }

    fn sign(&self, draft: &mut Draft<'_>) -> Result<(), RequestError> {
        match (self.provider.api.auth, self.credential) {
            (ApiAuth::Oauth1, Credential::OAuth1 { token, token_secret, .. }) => {
                self.sign_oauth1(draft, self.client, (token, token_secret))
            }
            (ApiAuth::Oauth1, Credential::OAuth1TokenBased { token_id, token_secret, client_override }) => {
                self.sign_oauth1(draft, client_override.as_ref().or(self.client), (token_id, token_secret))
            }
            (ApiAuth::AwsSigv4, Credential::Aws(keys)) => self.sign_aws(draft, keys),
            (ApiAuth::Oauth1 | ApiAuth::AwsSigv4, _) => {
                Err(RequestError::Missing { field: "what signs the call" })
            }
            (ApiAuth::Bearer, credential) => match credential.tokens() {
                Some(tokens) => self.bind(draft, tokens),
                None => Ok(()),
            },
            (ApiAuth::Basic | ApiAuth::Custom | ApiAuth::None, _) => Ok(()),
        }
    }

    /// A token that is bound to a key is presented with a proof of that key (RFC 9449 §7.1).
    fn bind(&self, draft: &mut Draft<'_>, tokens: &OAuth2Tokens) -> Result<(), RequestError> {
        let Some(key) = &tokens.kept.dpop_key else { return Ok(()) };
        let occasion = self.fields.needed_occasion()?;
        dpop::present_in(draft.method, draft.url, draft.headers, key, &tokens.access_token, &occasion, None)
    }

    fn sign_oauth1(
        &self,
        draft: &mut Draft<'_>,
        client: Option<&Client>,
        (token, secret): (&Secret<String>, &Secret<String>),
    ) -> Result<(), RequestError> {
        let oauth1 = self.provider.oauth1.as_ref();
        let form = match draft.payload {
            Payload::Known(bytes) if body::is_form(draft.headers) => Some(bytes),
            Payload::Streamed if body::is_form(draft.headers) => {
                return Err(RequestError::Unsupported { what: "signing a form that is streamed" });
            }
            Payload::Known(_) | Payload::Streamed => None,
        };
        let signer = oauth1::Signer {
            method: oauth1.map(|oauth1| oauth1.signature_method).unwrap_or_default(),
            client: client.ok_or(RequestError::Missing { field: "the client" })?,
            token: Some((token.expose(), secret)),
            realm: oauth1.and_then(|oauth1| oauth1.realm.as_ref()?.fill(&self.filling()).ok()),
            occasion: self.fields.needed_occasion()?,
        };
        let header = signer.header(draft.method, draft.url, &[], form)?;
        draft.headers.insert(AUTHORIZATION, header);
        Ok(())
    }

    fn sign_aws(&self, draft: &mut Draft<'_>, keys: &AwsKeys) -> Result<(), RequestError> {
        let payload = match draft.payload {
            Payload::Known(bytes) => aws::Payload::Bytes(bytes),
            Payload::Streamed if keys.service == "s3" => aws::Payload::Unsigned,
            Payload::Streamed => {
                return Err(RequestError::Unsupported { what: "signing a body that is streamed" });
            }
        };
        let own = aws::Keys {
            id: &keys.access_key_id,
            secret: keys.secret_access_key.expose(),
            session_token: Some(keys.session_token.expose()),
        };
        let mut draft = aws::Draft { method: draft.method, url: draft.url, headers: draft.headers, payload };
        let scope = aws::Scope { region: &keys.region, service: &keys.service };
        aws::sign(&mut draft, &own, &scope, self.fields.needed_occasion()?.now)
    }

    /// The value of the `authorization` header and what it is made of.
    fn authorization_text(&self) -> Result<Option<(Secret<String>, &'static str)>, RequestError> {
        match self.provider.api.auth {
            ApiAuth::Bearer => self.bearer(),
            ApiAuth::Basic => self.basic(),
            ApiAuth::Oauth1 | ApiAuth::AwsSigv4 | ApiAuth::Custom | ApiAuth::None => Ok(None),
        }
    }

    fn bearer(&self) -> Result<Option<(Secret<String>, &'static str)>, RequestError> {
        let (token, field) = match self.credential {
            Credential::OAuth2(tokens) | Credential::ClientCredentials { tokens, .. } => {
                (&tokens.access_token, "the access token")
            }
            Credential::TwoStep(minted)
            | Credential::Jwt(minted)
            | Credential::Signature(minted)
            | Credential::Session(minted) => (&minted.tokens.access_token, "the access token"),
            Credential::ApiKey { api_key } => (api_key, "the API key"),
            Credential::App { installation, .. } => (&installation.access_token, "the installation's token"),
            Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::Aws(_)
            | Credential::Basic { .. } => {
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
            Credential::None => return Ok(None),
            Credential::OAuth2(_)
            | Credential::ClientCredentials { .. }
            | Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::TwoStep(_)
            | Credential::Jwt(_)
            | Credential::Signature(_)
            | Credential::Session(_)
            | Credential::Aws(_)
            | Credential::App { .. } => {
                return Err(RequestError::Missing { field: "the user name and password" });
            }
        };
        if pair.expose().chars().any(char::is_control) {
            return Err(RequestError::HeaderValue { field: field.to_owned() });
        }
        Ok(Some((Secret::new(basic_value(&pair)), field)))
    }
}

/// A call as the definition describes it, without its headers and without what authenticates it.
pub(crate) fn described(
    call: &Call<'_>,
    mut url: Url,
    filling: &Filling<'_>,
) -> Result<Request, RequestError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let body = match call.body {
        Some(body) => {
            let (media_type, bytes) = body_of(body, filling)?;
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            bytes
        }
        None => Vec::new(),
    };
    let mut query = Parameters::default();
    query.fill(call.query, filling);
    if !query.is_empty() {
        query.write_query(&mut url);
    }
    let method = match call.method {
        DefinedMethod::Get => Method::GET,
        DefinedMethod::Post => Method::POST,
        DefinedMethod::Put => Method::PUT,
        DefinedMethod::Patch => Method::PATCH,
        DefinedMethod::Delete => Method::DELETE,
    };
    Ok(Request::new(method, url, headers, body))
}
