//! Naming the connected account, so that people see whose account it is.

use catalog::Provider;

use crate::api::Caller;
use crate::credential::Credential;
use crate::fields::{Client, Fields};
use crate::json_path::text_at;
use crate::message::{Request, RequestError, Response};
use crate::text::safe_text;

/// The account at the provider, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name people know, fit to be shown.
    pub name: Option<String>,
    /// The stable identifier, fit to be shown.
    pub id: Option<String>,
}

/// The call; nothing when the provider has none.
pub fn request(
    provider: &Provider,
    credential: &Credential,
    fields: &Fields,
    client: Option<&Client>,
) -> Option<Result<Request, RequestError>> {
    let identity = provider.identity.as_ref()?;
    let caller = Caller { provider, credential, fields, client };
    Some(caller.call(identity.call()))
}

/// The account in the answer; nothing when it names none. An account without a name is no reason to fail.
pub fn outcome(provider: &Provider, response: &Response) -> Option<Account> {
    let identity = provider.identity.as_ref().filter(|_| response.status.is_success())?;
    let answer = serde_json::from_slice(response.body.expose()).ok()?;
    let read = |path: &Option<String>| {
        let said = safe_text(&text_at(&answer, path.as_deref()?)?);
        (!said.is_empty()).then_some(said)
    };
    let account = Account { name: read(&identity.name_path), id: read(&identity.id_path) };
    (account.name.is_some() || account.id.is_some()).then_some(account)
}
