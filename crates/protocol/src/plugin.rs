//! Plugins: what is installed on a page of the vendor, who then sends the browser back or notifies us.

use std::collections::BTreeMap;

use catalog::Provider;
use serde_json::Value;
use url::Url;
use vault::Secret;

use crate::credential::Credential;
use crate::exchange::is_fit;
use crate::fields::{Fields, Filling};
use crate::json_path::text_at;
use crate::message::RequestError;

/// The installation page with the state that comes back, under the vendor's name for it.
pub fn begin(provider: &Provider, fields: &Fields, state: &str) -> Result<Url, RequestError> {
    let no_such = RequestError::NoSuchStep { step: "installation page" };
    let page = provider.authorization.as_ref().ok_or(no_such)?;
    let mut url = Filling::new(provider, fields).url("installation URL", &page.url)?;
    let name = page.rename.get("state").map_or("state", String::as_str);
    url.query_pairs_mut().append_pair(name, state);
    Ok(url)
}

/// The credential of every connection: the plugin's own user name and password, entered once by the operator.
pub fn credential(integration: &BTreeMap<String, Secret<String>>) -> Result<Credential, RequestError> {
    let entered = |name, field| {
        let value = integration.get(name).filter(|value| !value.expose().is_empty());
        value.ok_or(RequestError::Missing { field })
    };
    Ok(Credential::Basic {
        username: entered("username", "the user name of the plugin")?.expose().clone(),
        password: entered("password", "the password of the plugin")?.clone(),
    })
}

/// The authorization code in a vendor's notification of an installation.
pub fn code(provider: &Provider, notification: &Value) -> Option<Secret<String>> {
    let path = provider.plugin.as_ref()?.code_path.as_deref()?;
    text_at(notification, path).map(Secret::new)
}

/// What the definition keeps from that notification, by our own field names.
pub fn captures(provider: &Provider, notification: &Value) -> BTreeMap<String, String> {
    let wanted = provider.captures.webhook.iter();
    let found = wanted.filter_map(|(field, path)| Some((field.clone(), text_at(notification, path)?)));
    found.filter(|(_, value)| is_fit(value)).collect()
}
