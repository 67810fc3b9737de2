//! Which client asks: HTTP Basic or the form body (RFC 6749 §2.3.1), or the id alone for a public client.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::form::Form;
use crate::ledger::Ledger;
use crate::options::Client;
use crate::refusal::Refusal;

/// The registered client that proves itself by this request.
pub(crate) fn authenticate<'a>(
    ledger: &'a Ledger,
    headers: &HeaderMap,
    form: &Form,
) -> Result<&'a Client, Refusal> {
    let wrong = || Refusal::invalid_client("the client is unknown or its secret is wrong");
    let Some((id, secret)) = basic(headers) else {
        let id = form.optional("client_id").ok_or_else(|| Refusal::invalid_client("no client is named"))?;
        let client = ledger.client(id).ok_or_else(wrong)?;
        return if client.secret.as_deref() == form.optional("client_secret") {
            Ok(client)
        } else {
            Err(wrong())
        };
    };
    if form.optional("client_secret").is_some() {
        return Err(Refusal::invalid_request("the client authenticates in two ways at once"));
    }
    // RFC 6749 form-encodes both parts before Basic; many clients and providers leave them as they are. Both pass.
    let known = [(decoded(&id), decoded(&secret)), (id, secret)].into_iter().find_map(|(id, secret)| {
        ledger.client(&id).filter(|client| client.secret.as_deref() == Some(secret.as_str()))
    });
    let client = known.ok_or_else(wrong)?;
    match form.optional("client_id") {
        Some(id) if id != client.id => Err(Refusal::invalid_request("client_id names another client")),
        _ => Ok(client),
    }
}

/// The user name and password of an `Authorization: Basic` header.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = scheme(headers, "basic")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    scheme(headers, "bearer")
}

/// What follows the scheme's name, which is compared without regard to case (RFC 9110 §11.1).
fn scheme<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then(|| rest.trim())
}

fn decoded(part: &str) -> String {
    let named = format!("part={}", part.replace('&', "%26"));
    form_urlencoded::parse(named.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
