//! Scopes: words, each once, known, and those for refreshing where nobody loses them.

use std::collections::BTreeSet;

use super::Findings;
use crate::provider::Provider;
use crate::template::Template;

/// Scopes that ask for a refresh token.
const FOR_REFRESHING: [&str; 3] = ["offline", "offline.access", "offline_access"];

/// Checks the scope vocabulary of a provider.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    let scopes = &provider.scopes;
    if scopes.separator.as_deref().is_some_and(|text| text.is_empty() || text.contains(char::is_alphanumeric))
    {
        findings.add("scopes.separator", "a separator is one or more signs that no scope has");
    }
    words("scopes.default", &scopes.default, findings);
    words("scopes.known", &scopes.known, findings);
    let required: Vec<&str> = scopes.required.iter().map(Template::source).collect();
    once("scopes.required", required.iter().copied(), findings);
    for (index, scope) in scopes.default.iter().enumerate() {
        let at = format!("scopes.default.{index}");
        if FOR_REFRESHING.contains(&scope.as_str()) {
            let message = "write it into `required`: with scopes of its own an integration would lose its refresh tokens";
            findings.add(at, format!("`{scope}` asks for a refresh token; {message}"));
        } else if required.contains(&scope.as_str()) {
            findings.add(at, format!("`{scope}` is always asked for, by `required`"));
        } else if !scopes.known.is_empty() && !scopes.known.contains(scope) {
            findings.add(at, format!("`{scope}` is not among `known`"));
        }
    }
}

fn words(at: &str, scopes: &[String], findings: &mut Findings) {
    for (index, scope) in scopes.iter().enumerate() {
        if scope.is_empty() || scope.chars().any(|c| c.is_control() || c.is_whitespace()) {
            findings.add(format!("{at}.{index}"), "a scope is one word");
        }
    }
    once(at, scopes.iter().map(String::as_str), findings);
}

fn once<'a>(at: &str, scopes: impl Iterator<Item = &'a str>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, scope) in scopes.enumerate() {
        if !seen.insert(scope) {
            findings.add(format!("{at}.{index}"), format!("`{scope}` stands here twice"));
        }
    }
}
