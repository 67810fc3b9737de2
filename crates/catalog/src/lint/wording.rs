//! Wording: header names, stray control characters and captures.

use super::Findings;
use super::sites::{Form, Site};
use crate::provider::Provider;
use crate::template::{is_name, is_path};

/// Headers that belong to the HTTP layer (RFC 9110 §7.6.1, §7.2, §8.6).
const FRAMING: [&str; 6] = ["connection", "content-length", "host", "te", "transfer-encoding", "upgrade"];

/// Checks the small print of a provider.
pub(super) fn check(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    if provider.name.trim().is_empty() {
        findings.add("name", "the name is empty");
    }
    for site in sites {
        if let (Form::Header, Some(name)) = (site.form, site.name) {
            header_name(&site.at, name, findings);
        }
        let many_lines = matches!(site.form, Form::Body | Form::Value);
        if !many_lines && site.template.literals().any(|text| text.chars().any(char::is_control)) {
            findings.add(&site.at, "a value must not hold line breaks or other control characters");
        }
    }
    captures(provider, findings);
}

/// A name that is one, in lower case, and that a definition may set.
pub(super) fn header_name(at: &str, name: &str, findings: &mut Findings) {
    if !is_header_name(name) {
        findings.add(at, format!("`{name}` is not a header name in lower case"));
    }
    if FRAMING.contains(&name) {
        findings.add(at, format!("`{name}` belongs to the HTTP layer and cannot be set"));
    }
}

/// A token of RFC 9110 §5.6.2, lower case only.
fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn captures(provider: &Provider, findings: &mut Findings) {
    let captures = &provider.captures;
    let inputs = &provider.inputs.connection;
    for (group, table, dotted) in [
        ("token_response", &captures.token_response, true),
        ("callback", &captures.callback, false),
        ("webhook", &captures.webhook, true),
    ] {
        for (field, from) in table {
            let at = format!("captures.{group}.{field}");
            if inputs.iter().any(|input| input.name == *field && input.required && !input.automated) {
                let message =
                    format!("`{field}` is an input that people fill in; one of the two is too many");
                findings.add(&at, message);
            }
            if !is_name(field) {
                findings.add(&at, format!("`{field}` is not snake case"));
            }
            if from.is_empty() || (dotted && !is_path(from)) {
                findings.add(&at, format!("`{from}` is not a dotted path into the answer"));
            }
        }
    }
}
