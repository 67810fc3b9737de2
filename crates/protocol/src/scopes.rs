//! Which scopes are asked for (RFC 6749 §3.3).

use crate::fields::Filling;
use crate::message::RequestError;

/// The scopes to ask for, in order and each once: what the integration configures or else the provider's default,
/// then those that the provider always needs.
pub(crate) fn wanted(configured: &[String], filling: &Filling<'_>) -> Result<Vec<String>, RequestError> {
    let scopes = &filling.provider.scopes;
    let chosen = if configured.is_empty() { &scopes.default } else { configured };
    let mut wanted = Vec::new();
    for entry in chosen {
        add(&mut wanted, entry);
    }
    for template in &scopes.required {
        let scope = template.fill(filling).map_err(|error| RequestError::Unfilled {
            place: "scope".to_owned(),
            reason: error.to_string(),
        })?;
        add(&mut wanted, &scope);
    }
    Ok(wanted)
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
