//! The parameters of an OAuth request, from a query or a form body, by the rules of RFC 6749 §3.1 and §3.2.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};

use crate::refusal::Refusal;

/// Parameters by name. A parameter without a value counts as left out.
pub(crate) struct Form {
    parameters: BTreeMap<String, String>,
}

impl Form {
    /// Reads a body, which must say that it is a form.
    pub(crate) fn from_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_form) {
            return Err(Refusal::invalid_request("the body must be application/x-www-form-urlencoded"));
        }
        Self::from_pairs(body).map_err(Refusal::invalid_request)
    }

    /// Reads a query or a form; the error says which parameter came twice.
    pub(crate) fn from_pairs(encoded: &[u8]) -> Result<Self, String> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(format!("parameter {name} came twice"));
            }
        }
        Ok(Self { parameters })
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| Refusal::invalid_request(format!("parameter {name} is missing")))
    }

    /// The scopes, in the order given, when `scope` is there (RFC 6749 §3.3).
    pub(crate) fn scopes(&self) -> Option<Vec<String>> {
        self.optional("scope").map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect())
    }
}

/// Whether the media type is that of a form, whatever its parameters.
pub(crate) fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_refused() {
        assert_eq!(Form::from_pairs(b"code=a&code=b").err(), Some("parameter code came twice".to_owned()));
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_left_out() {
        let form = Form::from_pairs(b"code=&state=s").expect("a good form");
        assert_eq!((form.optional("code"), form.optional("state")), (None, Some("s")));
    }
}
