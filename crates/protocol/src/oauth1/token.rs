//! Token credentials (RFC 5849 §2.3).

use catalog::Provider;
use catalog::provider::BodyFormat;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use vault::Secret;

use super::form_answer::FormAnswer;
use super::{Flow, Signer};
use crate::credential::Credential;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;

/// The request that turns a verifier into a token. `fields` need an occasion.
pub fn request(
    provider: &Provider,
    client: &Client,
    flow: &Flow,
    verifier: &Secret<String>,
    fields: &Fields,
) -> Result<Request, RequestError> {
    if client.id != flow.client_id {
        return Err(RequestError::ClientChanged);
    }
    let oauth1 = provider.oauth1.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, fields).with_client(client);
    let mut request = Parameters::default().request(
        Method::POST,
        flow.token_url.clone(),
        BodyFormat::Form,
        HeaderMap::new(),
    );
    let signer = Signer {
        method: oauth1.signature_method,
        client,
        token: Some((&flow.temporary.token, &flow.temporary.secret)),
        realm: oauth1.realm.as_ref().and_then(|realm| realm.fill(&filling).ok()),
        occasion: fields.needed_occasion()?,
    };
    let header =
        signer.header(&request.method, &request.url, &[("oauth_verifier", verifier.expose())], None)?;
    request.headers.insert(AUTHORIZATION, header);
    Ok(request)
}

/// The credential in the answer.
pub fn outcome(response: &Response, now: Timestamp) -> Result<Credential, TokenError> {
    let answer = FormAnswer::read(response, now)?;
    let token = answer.needed("oauth_token", "it has no token")?;
    let secret = answer.needed("oauth_token_secret", "it has no token secret")?;
    if token.is_empty() {
        return Err(TokenError::Unreadable { reason: "its token is empty" });
    }
    Ok(Credential::OAuth1 { token: Secret::new(token), token_secret: Secret::new(secret), raw: answer.raw })
}
