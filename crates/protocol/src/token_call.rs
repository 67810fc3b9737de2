//! What all calls to a token endpoint have in common (RFC 6749 §3.2): the client's proof, the vendor's names, the
//! place where parameters travel.

use catalog::provider::{BodyFormat, ClientAuth, Texts, TokenEndpoint, TokenMethod};
use http::{HeaderMap, Method};
use url::Url;
use vault::Secret;

use crate::client_auth::{self, Proof};
use crate::fields::{Client, Filling};
use crate::message::{ClientCertificate, Request, RequestError};
use crate::parameters::{Parameters, fill_headers};
use crate::quirks;

/// A call that is being made up. The parameters are under their standard names until it is built.
pub(crate) struct TokenCall<'a> {
    pub(crate) filling: &'a Filling<'a>,
    pub(crate) token: &'a TokenEndpoint,
    /// Who proves itself; nobody for grants whose assertion is proof enough.
    pub(crate) client: Option<&'a Client>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) url: Url,
    pub(crate) method: TokenMethod,
    pub(crate) parameters: Parameters,
    /// Standard parameters that are left out.
    pub(crate) omit: &'a [String],
    /// Headers beyond those of the token endpoint.
    pub(crate) headers: Option<&'a Texts>,
    /// The URL that the provider sends people back to.
    pub(crate) callback_url: Option<&'a Url>,
}

impl<'a> TokenCall<'a> {
    /// A call as most are: by `POST`, with the client's usual proof.
    pub(crate) fn new(
        filling: &'a Filling<'a>,
        token: &'a TokenEndpoint,
        client: Option<&'a Client>,
        url: Url,
        parameters: Parameters,
    ) -> Self {
        Self {
            filling,
            token,
            client,
            client_auth: token.client_auth,
            url,
            method: TokenMethod::Post,
            parameters,
            omit: &token.omit,
            headers: None,
            callback_url: None,
        }
    }

    /// The request.
    pub(crate) fn build(self) -> Result<Request, RequestError> {
        let Self { filling, token, client, mut url, mut parameters, .. } = self;
        let mut headers = HeaderMap::new();
        fill_headers(&mut headers, &token.headers, filling)?;
        if let Some(more) = self.headers {
            fill_headers(&mut headers, more, filling)?;
        }
        if let Some(client) = client {
            let proof = Proof::to(&url, filling.provider, client, filling.fields);
            let proof = Proof { callback_url: self.callback_url.or(proof.callback_url), ..proof };
            client_auth::apply(self.client_auth, &proof, &mut parameters, &mut headers)?;
        }
        for name in self.omit {
            parameters.remove(name);
        }
        let mut repeated = parameters.only(&token.in_query);
        repeated.rename(&token.rename);
        parameters.rename(&token.rename);
        if !repeated.is_empty() {
            repeated.write_query(&mut url);
        }
        let (method, format) = match self.method {
            TokenMethod::Post => (Method::POST, token.body),
            TokenMethod::Get => (Method::GET, BodyFormat::Query),
        };
        let mut request = parameters.request(method, url, format, headers);
        request.client_certificate = certificate(filling)?;
        if let Some(client) = client {
            quirks::shopline_signed_token::sign(filling, client, &mut request)?;
        }
        Ok(request)
    }
}

/// The certificate that the provider wants to see (RFC 8705 §2); nothing when it wants none.
pub(crate) fn certificate(filling: &Filling<'_>) -> Result<Option<ClientCertificate>, RequestError> {
    let Some(wanted) = &filling.provider.mutual_tls else { return Ok(None) };
    let filled = |template: &catalog::Template, field| {
        template.fill(filling).map(Secret::new).map_err(|_| RequestError::Missing { field })
    };
    Ok(Some(ClientCertificate {
        chain: filled(&wanted.certificate, "the client certificate")?,
        private_key: filled(&wanted.private_key, "the key of the client certificate")?,
    }))
}
