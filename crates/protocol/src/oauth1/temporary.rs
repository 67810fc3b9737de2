//! Temporary credentials (RFC 5849 §2.1).

use catalog::Provider;
use http::HeaderMap;
use http::Method;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use url::Url;
use vault::Secret;

use super::Signer;
use super::form_answer::FormAnswer;
use crate::fields::{Client, Fields, Filling};
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::TokenError;
use catalog::provider::BodyFormat;

/// Temporary credentials: they stand for one authorization that is under way.
#[derive(Clone)]
pub struct Temporary {
    /// The token, which the browser carries.
    pub token: String,
    /// The secret that signs the last request.
    pub secret: Secret<String>,
}

/// Where the provider sends the user back to. The state is part of it, for the standard has no parameter for it.
pub fn callback(redirect_uri: &Url, state: &str) -> Url {
    let mut callback = redirect_uri.clone();
    callback.query_pairs_mut().append_pair("state", state);
    callback
}

/// The request. `fields` need an occasion.
pub fn request(
    provider: &Provider,
    client: &Client,
    fields: &Fields,
    callback: &Url,
) -> Result<Request, RequestError> {
    let missing = RequestError::NoSuchStep { step: "request for temporary credentials" };
    let oauth1 = provider.oauth1.as_ref().ok_or(missing.clone())?;
    let filling = Filling::new(provider, fields).with_client(client);
    let url = filling.url("request URL", oauth1.request_url.as_ref().ok_or(missing)?)?;
    let mut parameters = Parameters::default();
    parameters.fill(&oauth1.request_params, &filling);
    let mut request = parameters.request(Method::POST, url, BodyFormat::Form, HeaderMap::new());
    let signer = Signer {
        method: oauth1.signature_method,
        client,
        token: None,
        realm: oauth1.realm.as_ref().and_then(|realm| realm.fill(&filling).ok()),
        occasion: fields.needed_occasion()?,
    };
    let more = [("oauth_callback", callback.as_str())];
    let header = signer.header(&request.method, &request.url, &more, Some(request.body.expose()))?;
    request.headers.insert(AUTHORIZATION, header);
    Ok(request)
}

/// The temporary credentials in the answer. One that does not confirm the callback comes from a server of the first
/// edition, which lets an attacker finish somebody else's authorization (§2.1).
pub fn outcome(response: &Response, now: Timestamp) -> Result<Temporary, TokenError> {
    let answer = FormAnswer::read(response, now)?;
    let token = answer.needed("oauth_token", "it has no token")?;
    let secret = answer.needed("oauth_token_secret", "it has no token secret")?;
    if token.is_empty() {
        return Err(TokenError::Unreadable { reason: "its token is empty" });
    }
    if answer.text("oauth_callback_confirmed") != Some("true") {
        return Err(TokenError::Unreadable { reason: "it does not confirm the callback" });
    }
    Ok(Temporary { token, secret: Secret::new(secret) })
}
