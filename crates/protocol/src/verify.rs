//! Proving a credential before it is saved: one harmless call that only a good credential passes.

use catalog::Provider;
use http::StatusCode;

use crate::api::Caller;
use crate::credential::Credential;
use crate::fields::Fields;
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::text::safe_text;

/// The credential did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider answered the check with status {}", status.as_u16())]
pub struct VerifyError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The provider's words, fit to be shown, when it gave a reason in JSON.
    pub said: Option<String>,
}

impl VerifyError {
    /// Whether the answer is about the credential and not about the provider's own trouble.
    pub fn is_refusal(&self) -> bool {
        self.status.is_client_error() && !matches!(self.status.as_u16(), 408 | 425 | 429)
    }
}

/// The check; nothing when the provider has none.
pub fn request(
    provider: &Provider,
    credential: &Credential,
    fields: &Fields,
) -> Option<Result<Request, RequestError>> {
    let verify = provider.verify.as_ref()?;
    let caller = Caller { provider, credential, fields, client: None };
    Some(caller.call(verify.method, &verify.url, &verify.headers, verify.body.as_ref()))
}

/// What the answer says about the credential.
pub fn outcome(response: &Response) -> Result<(), VerifyError> {
    if response.status.is_success() {
        return Ok(());
    }
    let paths = ["error_description", "error.message", "message", "detail", "error", "errors.0.message"];
    let answer = serde_json::from_slice(response.body.expose()).ok();
    let said = answer.and_then(|answer| paths.iter().find_map(|path| text_at(&answer, path)));
    let said = said.map(|said| safe_text(&said)).filter(|said| !said.is_empty());
    Err(VerifyError { status: response.status, said })
}
