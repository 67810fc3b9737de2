//! Which scopes are asked for, and which of them were granted (RFC 6749 §3.3).

use catalog::Provider;

use crate::credential::OAuth2Tokens;
use crate::fields::{Client, Fields, Filling};
use crate::message::RequestError;

/// The scopes that will be asked for.
pub fn requested_scopes(
    provider: &Provider,
    client: &Client,
    configured: &[String],
    fields: &Fields,
) -> Result<Vec<String>, RequestError> {
    wanted(configured, &Filling::new(provider, fields).with_client(client))
}

/// The same while not everything is entered yet: a scope that hangs on a missing value is left out.
pub fn known_scopes(
    provider: &Provider,
    client: &Client,
    configured: &[String],
    fields: &Fields,
) -> Vec<String> {
    collected(configured, &Filling::new(provider, fields).with_client(client)).0
}

/// The scopes to ask for, in order and each once: what the integration configures or else the provider's default,
/// then those that the provider always needs.
pub(crate) fn wanted(configured: &[String], filling: &Filling<'_>) -> Result<Vec<String>, RequestError> {
    let (wanted, unfilled) = collected(configured, filling);
    unfilled.map_or(Ok(wanted), Err)
}

/// What can be filled, and why the first that cannot be is missing.
fn collected(configured: &[String], filling: &Filling<'_>) -> (Vec<String>, Option<RequestError>) {
    let scopes = &filling.provider.scopes;
    let chosen = if configured.is_empty() { &scopes.default } else { configured };
    let (mut wanted, mut unfilled) = (Vec::new(), None);
    for entry in chosen {
        add(&mut wanted, entry);
    }
    for template in &scopes.required {
        match template.fill(filling) {
            Ok(scope) => add(&mut wanted, &scope),
            Err(error) => {
                let error = RequestError::Unfilled { place: "scope".to_owned(), reason: error.to_string() };
                unfilled.get_or_insert(error);
            }
        }
    }
    (wanted, unfilled)
}

/// The scopes that were asked for and not granted, in the order they were asked for.
///
/// An answer without a scope grants what was asked (RFC 6749 §5.1). A scope for refreshing counts as granted when a
/// refresh token came. Vendors answer with long or short forms of the same name, such as
/// `https://graph.microsoft.com/User.Read` and `User.Read`, so that the last segments are compared.
pub fn missing_scopes(requested: &[String], tokens: &OAuth2Tokens) -> Vec<String> {
    let Some(granted) = &tokens.scope else { return Vec::new() };
    let granted: Vec<&str> = granted
        .split(|sign: char| sign.is_whitespace() || sign == ',')
        .filter(|name| !name.is_empty())
        .collect();
    // GitHub leaves out of its answer what a wider scope covers, such as `user:email` beside `user`.
    let is_covered = |scope: &str| {
        let wider = scope.split_once(':').map(|(wider, _)| wider);
        wider.is_some_and(|wider| granted.contains(&wider) && requested.iter().any(|asked| asked == wider))
    };
    let is_granted = |scope: &String| {
        let is_held = tokens.refresh_token.is_some() && FOR_REFRESHING.contains(&scope.as_str());
        is_held
            || stands_for_others(scope)
            || is_covered(scope)
            || granted.iter().any(|known| is_same(known, scope))
    };
    requested.iter().filter(|scope| !is_granted(scope)).cloned().collect()
}

/// Scopes that ask for a refresh token. Few servers repeat them in their answer.
const FOR_REFRESHING: &[&str] = &["offline_access", "offline", "offline.access"];

/// Microsoft's `.default` asks for whatever the app was registered with, and is answered with those names.
fn stands_for_others(scope: &str) -> bool {
    scope.rsplit('/').next() == Some(".default")
}

fn is_same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || {
        let one_is_long = left.contains("://") != right.contains("://");
        one_is_long && short(left).eq_ignore_ascii_case(short(right))
    }
}

/// The last segment of a scope that is a URL; Google's for the standard claims say `userinfo.` before them.
fn short(scope: &str) -> &str {
    let last = scope.trim_end_matches('/').rsplit('/').next().unwrap_or(scope);
    last.strip_prefix("userinfo.").unwrap_or(last)
}

/// The scopes as one value on the wire; nothing when there are none.
pub(crate) fn joined(scopes: &[String], separator: &str) -> Option<String> {
    (!scopes.is_empty()).then(|| scopes.join(separator))
}

/// A scope holds no space (RFC 6749 §3.3), so an entry with one is several scopes.
pub(crate) fn add(wanted: &mut Vec<String>, entry: &str) {
    for scope in entry.split_whitespace() {
        if wanted.iter().all(|known| known != scope) {
            wanted.push(scope.to_owned());
        }
    }
}
