//! Shopline's token calls are signed, and carry nothing but the code.
//!
//! The header `sign` is the hex HMAC-SHA256 of body and timestamp under the app secret; `appkey` names the app and
//! `timestamp` is in milliseconds. A refresh has no body, so that it signs the timestamp alone.

use aws_lc_rs::hmac;
use catalog::provider::Quirk;
use http::HeaderValue;
use serde_json::Value;
use vault::Secret;

use crate::client_auth::secret;
use crate::fields::{Client, Filling};
use crate::message::{Request, RequestError};
use crate::parameters::header_value;

pub(crate) fn sign(
    filling: &Filling<'_>,
    client: &Client,
    request: &mut Request,
) -> Result<(), RequestError> {
    if !filling.provider.quirks.contains(&Quirk::ShoplineSignedToken) {
        return Ok(());
    }
    let occasion = filling.fields.occasion.as_ref().ok_or(RequestError::Missing { field: "the time" })?;
    let timestamp = occasion.now.as_millisecond().to_string();
    let body = code_alone(request.body.expose());
    let signed = [body.expose().as_slice(), timestamp.as_bytes()].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret(client)?.as_bytes());
    let signature = hex::encode(hmac::sign(&key, &signed));
    let bad_id = || RequestError::HeaderValue { field: "the client id".to_owned() };
    request.headers.insert("appkey", header_value(&client.id).ok_or_else(bad_id)?);
    let plain =
        |text: &str| HeaderValue::from_str(text).expect("digits and hex digits can stand in a header");
    request.headers.insert("timestamp", plain(&timestamp));
    let mut signature = plain(&signature);
    signature.set_sensitive(true);
    request.headers.insert("sign", signature);
    request.body = body;
    Ok(())
}

/// The body with the code and nothing else; empty without a code.
fn code_alone(body: &[u8]) -> Secret<Vec<u8>> {
    let code = serde_json::from_slice::<Value>(body).ok().and_then(|sent| sent.get("code").cloned());
    let text = code.map(|code| serde_json::json!({ "code": code }).to_string());
    Secret::new(text.unwrap_or_default().into_bytes())
}
