//! Authorization on another device (RFC 8628): people without a browser here type a short code elsewhere.

use std::time::Duration;

use catalog::Provider;
use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use vault::Secret;

use crate::client_auth::{self, Proof};
use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::parameters::Parameters;
use crate::refusal::{self, TokenError};
use crate::text::safe_text;
use crate::token_call::TokenCall;
use crate::{lifetime, scopes, sealed_json, token_response};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Seconds between two questions when the server names none (§3.2).
const USUAL_INTERVAL: Duration = Duration::from_secs(5);

/// By how much the time between two questions grows when the server says so (§3.5).
const SLOWER_BY: Duration = Duration::from_secs(5);

/// Nobody waits longer between two questions; a larger number is a mistake.
const LONGEST_INTERVAL: Duration = Duration::from_mins(5);

/// An authorization that waits for a person.
#[derive(Clone)]
pub struct Waiting {
    /// What the person types, fit to be shown.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: Url,
    /// The same with the code in it, for a square code.
    pub verification_uri_complete: Option<Url>,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// How long to wait before each question.
    pub interval: Duration,
    device_code: Secret<String>,
}

/// What an answer to a question means.
pub enum Step {
    /// The person has not answered yet: ask again after the interval.
    Wait(Waiting),
    /// The person agreed.
    Granted(OAuth2Tokens),
    /// The person refused.
    Denied,
    /// The code has ended before anybody agreed.
    Expired,
}

/// A sealed authorization opened to something that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored authorization cannot be read")]
pub struct CorruptWaiting;

/// The device authorization request (§3.1).
pub fn request(
    provider: &Provider,
    client: &Client,
    configured_scopes: &[String],
    fields: &Fields,
) -> Result<Request, RequestError> {
    let no_such = RequestError::NoSuchStep { step: "device authorization endpoint" };
    let device = provider.device.as_ref().ok_or(no_such)?;
    let filling = Filling::new(provider, fields).with_client(client);
    let url = filling.url("device authorization URL", &device.url)?;
    let mut parameters = Parameters::default();
    parameters.set("client_id", client.id.clone());
    let wanted = scopes::wanted(configured_scopes, &filling)?;
    if let Some(scope) = scopes::joined(&wanted, provider.scopes.separator()) {
        parameters.set("scope", scope);
    }
    let mut headers = HeaderMap::new();
    // Who has a secret proves it here as at the token endpoint (§3.1).
    if let Some(token) = provider.token.as_ref().filter(|_| client.secret.is_some()) {
        let proof = Proof::to(&url, provider, client, fields);
        client_auth::apply(token.client_auth, &proof, &mut parameters, &mut headers)?;
    }
    let format = catalog::provider::BodyFormat::Form;
    Ok(parameters.request(http::Method::POST, url, format, headers))
}

/// The code to show (§3.2).
pub fn begun(response: &Response, now: Timestamp) -> Result<Waiting, TokenError> {
    let answer: Option<Value> = serde_json::from_slice(response.body.expose()).ok();
    if !response.status.is_success() {
        return Err(refusal::of_status(response.status, &response.headers, answer.as_ref(), now));
    }
    let answer = answer.ok_or(TokenError::Unreadable { reason: "it is not JSON" })?;
    if let Some(refused) = refusal::in_success(response.status, &response.headers, &answer, false, now) {
        return Err(refused);
    }
    let needed = |name, reason| text_at(&answer, name).ok_or(TokenError::Unreadable { reason });
    let is_web = |url: &Url| matches!(url.scheme(), "https" | "http");
    // Google says `verification_url`, which was the name in a draft.
    let uri = text_at(&answer, "verification_uri").or_else(|| text_at(&answer, "verification_url"));
    let verification_uri = uri.and_then(|uri| Url::parse(&uri).ok()).filter(is_web);
    let complete = text_at(&answer, "verification_uri_complete").and_then(|uri| Url::parse(&uri).ok());
    let lifetime = answer.get("expires_in").and_then(|lifetime| lifetime::from_now(lifetime, 1.0, now));
    let interval = text_at(&answer, "interval").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    Ok(Waiting {
        user_code: safe_text(&needed("user_code", "it has no user code")?),
        verification_uri: verification_uri.ok_or(TokenError::Unreadable { reason: "it names no page" })?,
        verification_uri_complete: complete.filter(is_web),
        expires_at: lifetime.ok_or(TokenError::Unreadable { reason: "it names no lifetime" })?,
        interval: interval.unwrap_or(USUAL_INTERVAL).min(LONGEST_INTERVAL),
        device_code: Secret::new(needed("device_code", "it has no device code")?),
    })
}

impl Waiting {
    /// The question whether the person has answered (§3.4).
    pub fn request(
        &self,
        provider: &Provider,
        client: &Client,
        fields: &Fields,
    ) -> Result<Request, RequestError> {
        let token = provider.token.as_ref().ok_or(RequestError::NoSuchStep { step: "token endpoint" })?;
        let filling = Filling::new(provider, fields).with_client(client);
        let mut parameters = Parameters::default();
        parameters.set("grant_type", GRANT.to_owned());
        parameters.set("device_code", self.device_code.clone());
        let url = filling.url("token URL", &token.url)?;
        TokenCall::new(&filling, token, Some(client), url, parameters).build()
    }

    /// What the answer means (§3.5). Trouble of the server's own is a reason to ask again, and less often.
    pub fn answered(
        self,
        provider: &Provider,
        response: &Response,
        now: Timestamp,
    ) -> Result<Step, TokenError> {
        let error = match token_response::tokens(provider, response, now) {
            Ok(tokens) => return Ok(Step::Granted(tokens)),
            Err(error) => error,
        };
        let is_over = now >= self.expires_at;
        match error.code() {
            "access_denied" => Ok(Step::Denied),
            "expired_token" => Ok(Step::Expired),
            _ if is_over => Ok(Step::Expired),
            "authorization_pending" => Ok(Step::Wait(self)),
            "slow_down" | "rate_limited" | "unavailable" => Ok(Step::Wait(self.slower())),
            _ => Err(error),
        }
    }

    /// The text to seal while the person is at the other device.
    pub fn seal_text(&self) -> Secret<Vec<u8>> {
        sealed_json::write(&Written {
            user_code: &self.user_code,
            verification_uri: &self.verification_uri,
            verification_uri_complete: self.verification_uri_complete.as_ref(),
            expires_at: self.expires_at,
            interval_s: self.interval.as_secs(),
            device_code: self.device_code.expose(),
        })
    }

    /// Reads what [`Waiting::seal_text`] wrote.
    pub fn from_seal_text(text: &[u8]) -> Result<Self, CorruptWaiting> {
        // The cause quotes the text, so it goes no further.
        let read: Read = serde_json::from_slice(text).map_err(|_| CorruptWaiting)?;
        Ok(Self {
            user_code: read.user_code,
            verification_uri: read.verification_uri,
            verification_uri_complete: read.verification_uri_complete,
            expires_at: read.expires_at,
            interval: Duration::from_secs(read.interval_s),
            device_code: read.device_code,
        })
    }

    fn slower(self) -> Self {
        Self { interval: (self.interval + SLOWER_BY).min(LONGEST_INTERVAL), ..self }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    user_code: &'a str,
    verification_uri: &'a Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<&'a Url>,
    expires_at: Timestamp,
    interval_s: u64,
    device_code: &'a str,
}

#[derive(Deserialize)]
struct Read {
    user_code: String,
    verification_uri: Url,
    verification_uri_complete: Option<Url>,
    expires_at: Timestamp,
    interval_s: u64,
    device_code: Secret<String>,
}
