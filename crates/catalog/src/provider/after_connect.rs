//! What happens once a connection is made, and what is kept from answers on the way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Texts;
use super::calls::{Body, Call, Method};
use crate::template::{Alternatives, Template};

/// One step after connecting: a call or none, and the connection fields that come of it. Steps run in order, so a
/// later one can use what an earlier one set. A step that fails sets nothing and does not undo the connection. What
/// the end user entered is never replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterConnect {
    /// Path below the API root, or a whole URL; without one nothing is called.
    #[serde(default)]
    pub url: Option<Alternatives>,
    /// HTTP method; `POST` with a body and `GET` without when absent.
    #[serde(default)]
    pub method: Option<Method>,
    /// Headers beyond those of the API; names in lower case.
    #[serde(default)]
    pub headers: Texts,
    /// Query parameters beyond those of the URL.
    #[serde(default)]
    pub query: Texts,
    /// What is sent.
    #[serde(default)]
    pub body: Option<Body>,
    /// Which element of a list is meant by `{answer.PATH}`; the answer itself when absent.
    #[serde(default)]
    pub choose: Option<Choose>,
    /// Connection field → its value, from `{answer.PATH}`, `{token.claims.PATH}` or `{token.response.PATH}`. A field
    /// that cannot be filled is not set.
    #[serde(default)]
    pub sets: BTreeMap<String, Template>,
    /// Connection fields that are needed no more and are removed.
    #[serde(default)]
    pub erases: Vec<String>,
}

impl AfterConnect {
    /// The call, if the step makes one.
    pub fn call(&self) -> Option<Call<'_>> {
        let url = self.url.as_ref()?;
        Some(Call::new(self.method, url, &self.headers, &self.query, self.body.as_ref()))
    }
}

/// How one element of a list is chosen. When none is, the step sets nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choose {
    /// Dotted path of the list; the answer itself when absent. A value that is no list counts as a list of one.
    #[serde(default)]
    pub list: Option<String>,
    /// Dotted path in an element.
    #[serde(default)]
    pub path: Option<String>,
    /// What must stand there, ignoring case. When it cannot be filled no element matches.
    #[serde(default)]
    pub equals: Option<Template>,
    /// Which element counts when none matches.
    #[serde(default)]
    pub otherwise: Option<Otherwise>,
}

/// The element that counts when none matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// The first.
    First,
    /// The only one, if there is but one.
    OnlyOne,
}

/// Values kept from answers: our connection field → the vendor's path or parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captures {
    /// From each token answer (dotted path).
    #[serde(default)]
    pub token_response: BTreeMap<String, String>,
    /// From the callback query (parameter name).
    #[serde(default)]
    pub callback: BTreeMap<String, String>,
    /// From the notification of an installation (dotted path).
    #[serde(default)]
    pub webhook: BTreeMap<String, String>,
}
