//! Pushing the parameters of an authorization before the user is sent (RFC 9126), so that the browser carries none.

use catalog::Provider;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::authorize::Started;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::{self, TokenError};
use crate::token_call::TokenCall;

/// The pushed authorization request (§2.1): what the browser would carry, with the client's proof.
pub fn request(
    provider: &Provider,
    client: &Client,
    fields: &Fields,
    endpoint: &Url,
    started: &Started,
) -> Result<Request, RequestError> {
    let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
    let filling = Filling::new(provider, fields).with_client(client);
    let mut parameters = Parameters::default();
    let own: Vec<_> = started.endpoint.query_pairs().collect();
    for (name, value) in started.url.query_pairs().filter(|pair| !own.contains(pair)) {
        parameters.set(&name, value.into_owned());
    }
    let call = TokenCall {
        client_auth: started.flow.client_auth,
        callback_url: Some(&started.flow.redirect_uri),
        omit: &[],
        ..TokenCall::new(&filling, token, Some(client), endpoint.clone(), parameters)
    };
    call.build()
}

/// The authorization with a URL that only names the pushed request (§4).
pub fn outcome(started: Started, response: &Response, now: Timestamp) -> Result<Started, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !matches!(response.status, StatusCode::CREATED | StatusCode::OK) {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let request_uri = answer.as_ref().and_then(|answer| text_at(answer, "request_uri"));
    let request_uri = request_uri.ok_or(TokenError::Unreadable { reason: "it has no request_uri" })?;
    let Started { endpoint, flow, .. } = started;
    // The query that is the endpoint's own stays there (RFC 6749 §3.1): it may choose a tenant or a policy.
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("client_id", &flow.client_id).append_pair("request_uri", &request_uri);
    Ok(Started { endpoint, url, flow })
}
