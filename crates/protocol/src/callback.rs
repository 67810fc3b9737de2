//! What the browser brings back from the provider (RFC 6749 §4.1.2, RFC 9207).
//!
//! The query comes from a browser that anyone may have sent here, so it is read strictly: what stands twice, both
//! grants and refuses, or comes from another issuer is an error, never a choice.

use std::collections::BTreeMap;

use catalog::{Placeholder, Provider, Template};
use vault::Secret;

use crate::authorize::Flow;
use crate::text::safe_text;

/// Longest query that is read, in bytes; browsers and servers on the way allow about as much.
const LONGEST: usize = 16 * 1024;

/// The answer of the provider.
pub enum Callback {
    /// The user agreed.
    Granted {
        /// The code to redeem.
        code: Secret<String>,
        /// The parameters that the definition captures or repeats, by the provider's names.
        params: BTreeMap<String, String>,
    },
    /// The user or the provider refused (RFC 6749 §4.1.2.1).
    Refused {
        /// The error code, fit to be shown.
        error: String,
        /// The provider's words, fit to be shown.
        description: Option<String>,
    },
}

/// Why a callback is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// A parameter stands more than once (RFC 6749 §3.1 forbids it).
    #[error("the parameter {name} stands more than once")]
    Repeated {
        /// Its name.
        name: String,
    },
    /// A parameter is absent or empty.
    #[error("the parameter {name} is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// There is a code and an error.
    #[error("the answer grants and refuses at once")]
    Contradiction,
    /// The answer does not come from the issuer that was asked (RFC 9207 §2.4).
    #[error("the answer comes from another issuer than the one asked")]
    WrongIssuer,
    /// The answer belongs to another authorization (RFC 5849 §2.2).
    #[error("the answer belongs to another authorization")]
    WrongToken,
    /// The query is longer than any honest one.
    #[error("the query is too long")]
    TooLong,
}

/// The names under which states come back: the standard's, Crisp's and Shopline's. The provider is found by its
/// state, so that its own name for it cannot be known before.
pub const STATE_NAMES: &[&str] = &["state", "payload", "customField"];

/// The state, by which the authorization is found.
pub fn state(query: &str) -> Result<String, CallbackError> {
    let query = Query::parse(query)?;
    for name in STATE_NAMES {
        if let Some(state) = query.single(name)? {
            return Ok(state.to_owned());
        }
    }
    Err(CallbackError::Missing { name: "state".to_owned() })
}

/// Reads the answer to an authorization.
pub fn read(query: &str, provider: &Provider, flow: &Flow) -> Result<Callback, CallbackError> {
    let query = Query::parse(query)?;
    let authorization = provider.authorization.as_ref();
    let own_name = authorization.and_then(|known| known.rename.get("state"));
    needed(&query, own_name.map_or("state", String::as_str))?;
    check_issuer(&query, flow)?;
    let code_param = authorization.and_then(|known| known.code_param.as_deref()).unwrap_or("code");
    let code = query.single(code_param)?;
    let error = query.single("error")?;
    let description = query.single("error_description")?;
    match (code, error) {
        (Some(_), Some(_)) => Err(CallbackError::Contradiction),
        (None, None) => Err(CallbackError::Missing { name: code_param.to_owned() }),
        (None, Some(error)) => {
            Ok(Callback::Refused { error: safe_text(error), description: description.map(safe_text) })
        }
        (Some(code), None) => {
            Ok(Callback::Granted { code: Secret::new(code.to_owned()), params: captured(&query, provider)? })
        }
    }
}

fn needed(query: &Query, name: &str) -> Result<String, CallbackError> {
    let value = query.single(name)?.ok_or_else(|| CallbackError::Missing { name: name.to_owned() })?;
    Ok(value.to_owned())
}

/// RFC 9207 §2.4. Answers that refuse are checked too: they name their issuer just the same (§2).
fn check_issuer(query: &Query, flow: &Flow) -> Result<(), CallbackError> {
    match (query.single("iss")?, &flow.issuer) {
        (Some(said), Some(known)) if said != known => Err(CallbackError::WrongIssuer),
        (None, _) if flow.iss_required => Err(CallbackError::Missing { name: "iss".to_owned() }),
        (Some(_) | None, _) => Ok(()),
    }
}

/// The parameters of a callback that the definition captures or repeats.
pub fn captured_params(query: &str, provider: &Provider) -> Result<BTreeMap<String, String>, CallbackError> {
    captured(&Query::parse(query)?, provider)
}

/// The parameters that the definition captures or that its token call repeats.
pub(crate) fn captured(
    query: &Query,
    provider: &Provider,
) -> Result<BTreeMap<String, String>, CallbackError> {
    let mut names: Vec<&String> = provider.captures.callback.values().collect();
    if let Some(token) = &provider.token {
        let templates = token.params.values().chain(token.headers.values()).chain([&token.url]);
        let placeholders = templates.flatten().flat_map(Template::placeholders);
        names.extend(placeholders.filter_map(|placeholder| {
            if let Placeholder::Callback(name) = placeholder { Some(name) } else { None }
        }));
    }
    let mut params = BTreeMap::new();
    for name in names {
        if let Some(value) = query.single(name)? {
            params.insert(name.clone(), value.to_owned());
        }
    }
    Ok(params)
}

/// A query, as it came.
pub(crate) struct Query(Vec<(String, Secret<String>)>);

impl Query {
    pub(crate) fn parse(query: &str) -> Result<Self, CallbackError> {
        let query = query.strip_prefix('?').unwrap_or(query);
        if query.len() > LONGEST {
            return Err(CallbackError::TooLong);
        }
        let pairs = form_urlencoded::parse(query.as_bytes());
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned()))).collect()))
    }

    /// A value that stands once and is not empty; a parameter without a value counts as absent (RFC 6749 §3.1).
    pub(crate) fn single(&self, name: &str) -> Result<Option<&str>, CallbackError> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(CallbackError::Repeated { name: name.to_owned() });
        }
        Ok(first.map(|(_, value)| value.expose().as_str()).filter(|value| !value.is_empty()))
    }
}
