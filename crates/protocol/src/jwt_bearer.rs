//! A signed assertion as a grant (RFC 7523 §2.1, RFC 7522 §2.1). A refresh is the same request with a new assertion.

use catalog::Provider;
use jiff::Timestamp;
use vault::Secret;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use crate::token_call::TokenCall;
use crate::{scopes, token_response};

/// What is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssertionKind {
    /// A signed token (RFC 7523 §2.1).
    Jwt,
    /// A SAML 2.0 assertion (RFC 7522 §2.1).
    Saml,
}

impl AssertionKind {
    const fn grant_type(self) -> &'static str {
        match self {
            Self::Jwt => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Saml => "urn:ietf:params:oauth:grant-type:saml2-bearer",
        }
    }
}

/// The token request. The assertion may be proof enough: the client authenticates only when there is one (§3.1).
pub fn request(
    provider: &Provider,
    client: Option<&Client>,
    kind: AssertionKind,
    assertion: &Secret<String>,
    configured_scopes: &[String],
    fields: &Fields,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, fields);
    let filling = match client {
        Some(client) => filling.with_client(client),
        None => filling,
    };
    let mut parameters = Parameters::default();
    parameters.fill(&token.params, &filling);
    parameters.set("grant_type", kind.grant_type().to_owned());
    parameters.set("assertion", assertion.clone());
    let wanted = scopes::wanted(configured_scopes, &filling)?;
    if let Some(scope) = scopes::joined(&wanted, provider.scopes.separator()) {
        parameters.set("scope", scope);
    }
    let url = filling.url("token URL", &token.url)?;
    TokenCall::new(&filling, token, client, url, parameters).build()
}

/// The tokens in the answer.
pub fn outcome(provider: &Provider, response: &Response, now: Timestamp) -> Result<OAuth2Tokens, TokenError> {
    token_response::tokens(provider, response, now)
}
