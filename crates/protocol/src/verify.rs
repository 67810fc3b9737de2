//! Proving a credential before it is saved: one harmless call that only a good credential passes.

use catalog::provider::{Call, Expect, JsonKind};
use catalog::{Alternatives, Provider};
use http::StatusCode;
use serde_json::Value;

use crate::api::Caller;
use crate::credential::Credential;
use crate::fields::{Client, Fields, Filling};
use crate::json_path::{find, text_at};
use crate::message::{Request, RequestError, Response};
use crate::said::said;

/// The credential did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider answered the check with status {}", status.as_u16())]
pub struct VerifyError {
    /// The status of the answer.
    pub status: StatusCode,
    /// The provider's words, fit to be shown, when it gave a reason in JSON.
    pub said: Option<String>,
    /// Whether the answer says in its own way that the credential is bad.
    pub tells_so: bool,
}

impl VerifyError {
    /// Whether the answer is about the credential and not about the provider's own trouble.
    pub fn is_refusal(&self) -> bool {
        let is_about_us = self.status.is_client_error() && !matches!(self.status.as_u16(), 408 | 425 | 429);
        self.tells_so || is_about_us
    }
}

/// The check; nothing when the provider has none.
pub fn request(
    provider: &Provider,
    credential: &Credential,
    fields: &Fields,
    client: Option<&Client>,
) -> Option<Result<Request, RequestError>> {
    let verify = provider.verify.as_ref()?;
    let caller = Caller { provider, credential, fields, client };
    Some(caller.call(verify.call()))
}

/// The same check at the further addresses that the definition names, to be tried in turn while the credential is
/// refused.
pub fn other_requests(
    provider: &Provider,
    credential: &Credential,
    fields: &Fields,
    client: Option<&Client>,
) -> Vec<Result<Request, RequestError>> {
    let Some(verify) = &provider.verify else { return Vec::new() };
    let caller = Caller { provider, credential, fields, client };
    let others = verify.or_urls.iter().map(|url| {
        let url = Alternatives::from(url.clone());
        caller.call(Call { url: &url, ..verify.call() })
    });
    others.collect()
}

/// What the answer says about the credential: the status that is expected, what a good answer has and what only a bad
/// one has.
pub fn outcome(
    provider: &Provider,
    credential: &Credential,
    fields: &Fields,
    response: &Response,
) -> Result<(), VerifyError> {
    let status = response.status;
    let text = String::from_utf8_lossy(response.body.expose());
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    let failed = |tells_so| Err(VerifyError { status, said: said(response.body.expose()), tells_so });
    let no_conditions = Expect::default();
    let verify = provider.verify.as_ref();
    let expect = verify.map_or(&no_conditions, |verify| &verify.expect);
    let has_status = match expect.status {
        Some(expected) => status.as_u16() == expected,
        None => status.is_success(),
    };
    if !has_status {
        // Some answer a bad credential with their sign-in page and another kind of success.
        return failed(status.is_success());
    }
    let is_rejected = verify.and_then(|verify| verify.reject.as_ref()).is_some_and(|reject| {
        let searched = match (&reject.path, &answer) {
            (Some(path), Some(answer)) => text_at(answer, path),
            (Some(_), None) => None,
            (None, _) => Some(text.clone().into_owned()),
        };
        searched.is_some_and(|searched| searched.contains(&reject.contains))
    });
    let filling = Filling::new(provider, fields).with_credential(credential);
    if is_rejected || !has_expected(expect, answer.as_ref(), &filling) {
        return failed(true);
    }
    Ok(())
}

/// Whether the value that a good answer has is there.
fn has_expected(expect: &Expect, answer: Option<&Value>, filling: &Filling<'_>) -> bool {
    let Some(path) = &expect.path else { return true };
    let Some(value) = answer.and_then(|answer| find(answer, path)) else { return false };
    let is_of_kind = match expect.is {
        Some(JsonKind::Array) => value.is_array(),
        Some(JsonKind::Object) => value.is_object(),
        None => !value.is_null(),
    };
    let is_equal = match &expect.equals {
        Some(expected) => {
            let said = answer.and_then(|answer| text_at(answer, path));
            expected.fill(filling).is_ok_and(|expected| said.as_deref() == Some(expected.as_str()))
        }
        None => true,
    };
    is_of_kind && is_equal
}
