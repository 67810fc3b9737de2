//! What texts must look like, wherever they come from.

use model::key::InvalidName;
use model::{ConnectionKey, IntegrationKey, Issue, IssueCode, Tags};
use serde_json::Value;
use url::Url;

use super::object::Reading;
use super::readers::{any_object, text};

/// What is wrong with one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) code: IssueCode,
    pub(crate) message: String,
}

impl Flaw {
    pub(crate) fn new(code: IssueCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn issue(self) -> Issue {
        Issue::new(self.code, [] as [&str; 0], self.message)
    }
}

impl From<InvalidName> for Flaw {
    fn from(error: InvalidName) -> Self {
        Self::new(error.code, error.message)
    }
}

/// A text of so many characters.
pub(crate) fn length(least: usize, most: usize) -> impl Fn(&str) -> Result<String, Flaw> {
    move |text| check_length(text, least, most).map(|()| text.to_owned())
}

pub(super) fn check_length(text: &str, least: usize, most: usize) -> Result<(), Flaw> {
    let count = text.chars().count();
    if count < least {
        let message = if least == 1 {
            "must not be empty".to_owned()
        } else {
            format!("needs at least {least} characters")
        };
        return Err(Flaw::new(IssueCode::TooSmall, message));
    }
    if count > most {
        return Err(Flaw::new(IssueCode::TooBig, format!("may have at most {most} characters")));
    }
    Ok(())
}

/// An integration's name.
pub(crate) fn integration_key(text: &str) -> Result<IntegrationKey, Flaw> {
    Ok(IntegrationKey::parse(text)?)
}

/// A connection's name.
pub(crate) fn connection_key(text: &str) -> Result<ConnectionKey, Flaw> {
    Ok(ConnectionKey::parse(text)?)
}

/// A provider's name in the catalog.
pub(crate) fn provider_slug(text: &str) -> Result<String, Flaw> {
    check_length(text, 1, 255)?;
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Ok(text.to_owned());
    }
    Err(Flaw::new(IssueCode::InvalidFormat, "may hold letters, digits, _ and -"))
}

/// An e-mail address.
pub(crate) fn email(text: &str) -> Result<String, Flaw> {
    if model::end_user::is_email(text) {
        return Ok(text.to_owned());
    }
    Err(Flaw::new(IssueCode::InvalidFormat, "must be an e-mail address"))
}

/// Scopes separated by commas, without blanks (RFC 6749 §3.3 names the characters of a scope). An empty text means
/// none.
pub(crate) fn scope_list(value: Value) -> Reading<Vec<String>> {
    let refuse = || {
        let message = "must be a text of scopes separated by commas, without blanks";
        vec![Flaw::new(IssueCode::InvalidUnion, message).issue()]
    };
    let Value::String(text) = value else { return Err(refuse()) };
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let is_scope = |scope: &str| {
        !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    if text.split(',').all(is_scope) {
        Ok(text.split(',').map(str::to_owned).collect())
    } else {
        Err(refuse())
    }
}

/// An absolute URL for webhooks, or an empty text. Whether its host may be reached is for the engine to say.
pub(crate) fn webhook_url(value: Value) -> Reading<String> {
    let refuse = |message: &str| Err(vec![Flaw::new(IssueCode::InvalidUnion, message).issue()]);
    let Value::String(text) = value else { return refuse("must be a URL or an empty text") };
    if text.trim().is_empty() || Url::parse(text.trim()).is_ok_and(|url| url.has_host()) {
        return Ok(text.trim().to_owned());
    }
    refuse("must be an absolute URL or an empty text")
}

/// Tags, checked by their own rules.
pub(crate) fn tag_pairs(value: Value) -> Reading<Tags> {
    let read_value = text(|text: &str| Ok(text.to_owned()));
    let mut pairs = Vec::new();
    let mut issues = Vec::new();
    for (key, value) in any_object(value)? {
        match read_value(value) {
            Ok(value) => pairs.push((key, value)),
            Err(found) => issues.extend(found.into_iter().map(|issue| issue.under(&key))),
        }
    }
    match Tags::parse(pairs) {
        Ok(tags) if issues.is_empty() => Ok(tags),
        Ok(_) => Err(issues),
        Err(found) => Err(issues.into_iter().chain(found).collect()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_are_one_text_with_commas() {
        assert_eq!(scope_list(json!("a,b:c")), Ok(vec!["a".to_owned(), "b:c".to_owned()]));
        assert_eq!(scope_list(json!("")), Ok(vec![]));
        for bad in [json!("a, b"), json!("a,,b"), json!(null), json!(["a"])] {
            assert_eq!(scope_list(bad).map_err(|issues| issues[0].code), Err(IssueCode::InvalidUnion));
        }
    }

    #[test]
    fn webhook_urls_are_absolute_or_empty() {
        assert_eq!(webhook_url(json!(" https://a.example/x ")), Ok("https://a.example/x".to_owned()));
        assert_eq!(webhook_url(json!("")), Ok(String::new()));
        for bad in [json!("a.example"), json!(null), json!("mailto:a@b.co")] {
            assert!(webhook_url(bad).is_err());
        }
    }

    #[test]
    fn a_tag_that_is_no_text_is_reported_with_the_others() {
        let issues = tag_pairs(json!({ "a": 1, "1b": "x" })).expect_err("two problems");
        assert_eq!(issues.len(), 2);
    }
}
