//! Inputs: names, patterns, choices and defaults.

use std::collections::BTreeSet;

use super::Findings;
use super::pattern::Pattern;
use crate::input::{Input, Kind};
use crate::provider::Provider;
use crate::template::is_name;

/// Checks all inputs of a provider.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    let inputs = &provider.inputs;
    for (group, list) in [
        ("connection", &inputs.connection),
        ("credential", &inputs.credential),
        ("integration", &inputs.integration),
        ("one_time", &inputs.one_time),
    ] {
        let mut names = BTreeSet::new();
        let mut wire_names = BTreeSet::new();
        for (index, input) in list.iter().enumerate() {
            let at = format!("inputs.{group}.{index}");
            let is_new = names.insert(input.name.as_str());
            if !wire_names.insert(input.wire_name()) || !is_new {
                findings.add(format!("{at}.name"), format!("the input `{}` is declared twice", input.name));
            }
            one(&at, input, findings);
            limit(&at, input, group, provider, findings);
            for (name, value) in &input.visible_when {
                let other = list.iter().find(|other| other.name == *name && other.name != input.name);
                let can_be =
                    other.is_some_and(|other| other.choices.is_empty() || other.choices.contains(value));
                if !can_be {
                    findings.add(
                        format!("{at}.visible_when.{name}"),
                        format!("no input `{name}` of this group can be `{value}`"),
                    );
                }
            }
        }
    }
}

/// Operators limit what end users may name, by hosts.
fn limit(at: &str, input: &Input, group: &str, provider: &Provider, findings: &mut Findings) {
    let Some(limit) = &input.limited_by else { return };
    let at = format!("{at}.limited_by");
    if group != "connection" || input.secret || !matches!(input.kind, Kind::Hostname | Kind::Url) {
        let message = "only connection inputs of kind \"hostname\" or \"url\", and no secret ones, are limited to hosts";
        findings.add(&at, message);
    }
    // A secret one is not there to be compared with.
    let names_hosts = |other: &Input| !other.secret && matches!(other.kind, Kind::Hosts | Kind::Hostname);
    if !provider.inputs.integration.iter().any(|other| other.name == *limit && names_hosts(other)) {
        let message = format!("no integration input `{limit}` is of kind \"hosts\" or \"hostname\"");
        findings.add(&at, message);
    }
}

fn one(at: &str, input: &Input, findings: &mut Findings) {
    if !is_name(&input.name) {
        findings.add(format!("{at}.name"), format!("`{}` is not snake case", input.name));
    }
    if input.wire.as_ref() == Some(&input.name) {
        findings.add(format!("{at}.wire"), "`wire` is written only when it differs from `name`");
    }
    if input.label.trim().is_empty() {
        findings.add(format!("{at}.label"), "the label is empty");
    }
    if input.label.chars().any(char::is_control) {
        findings.add(format!("{at}.label"), "a label is one line");
    }
    let mut choices = BTreeSet::new();
    for (index, choice) in input.choices.iter().enumerate() {
        if !choices.insert(choice) {
            findings.add(format!("{at}.enum.{index}"), format!("the choice `{choice}` stands here twice"));
        }
    }
    if input.kind == Kind::Enum && input.choices.is_empty() {
        findings.add(at, format!("`{}` is of kind \"enum\" and has no `enum` choices", input.name));
    }
    if input.kind != Kind::Enum && !input.choices.is_empty() {
        findings
            .add(format!("{at}.enum"), format!("`{}` has choices and is not of kind \"enum\"", input.name));
    }
    kind_rules(at, input, findings);
    if input.hidden && input.required && input.default.is_none() {
        findings.add(at, format!("`{}` is hidden and required, so it needs a `default`", input.name));
    }
    for (index, choice) in input.discouraged.iter().enumerate() {
        if !input.choices.contains(choice) {
            findings
                .add(format!("{at}.discouraged.{index}"), format!("`{choice}` is not one of the choices"));
        }
    }
    if let Some(pattern) = &input.pattern {
        pattern_rules(at, input, pattern, findings);
    }
}

fn pattern_rules(at: &str, input: &Input, text: &str, findings: &mut Findings) {
    let here = format!("{at}.pattern");
    let pattern = match Pattern::read(text) {
        Ok(pattern) => pattern,
        Err(message) => return findings.add(here, message),
    };
    if !pattern.is_anchored() {
        findings.add(
            here,
            "the pattern must hold for the whole value: begin with ^, end with $, group alternatives",
        );
    }
    for (key, value) in [("default", &input.default), ("example", &input.example)] {
        if value.as_ref().is_some_and(|value| !pattern.matches(value)) {
            findings.add(format!("{at}.{key}"), format!("the {key} does not match the pattern"));
        }
    }
    for (index, choice) in input.choices.iter().enumerate() {
        if !pattern.matches(choice) {
            findings.add(
                format!("{at}.enum.{index}"),
                format!("the choice `{choice}` does not match the pattern"),
            );
        }
    }
}

const NOT_IN_A_HOST: [char; 5] = ['/', '@', '?', '#', ' '];

/// A default or example that the field's own kind would refuse.
fn kind_rules(at: &str, input: &Input, findings: &mut Findings) {
    for (key, value) in [("default", &input.default), ("example", &input.example)] {
        let Some(value) = value else { continue };
        let refusal = match input.kind {
            Kind::String | Kind::Text => None,
            Kind::Hostname => value.contains(NOT_IN_A_HOST).then_some("is no host name"),
            Kind::Hosts => value
                .split(',')
                .any(|host| host.trim().is_empty() || host.trim().contains(NOT_IN_A_HOST))
                .then_some("is no list of host names"),
            Kind::Url => (!url::Url::parse(value).is_ok_and(|url| url.has_host())).then_some("is no URL"),
            Kind::Uuid => (!is_uuid(value)).then_some("is no UUID"),
            Kind::Email => (!value.contains('@')).then_some("is no e-mail address"),
            Kind::Enum => (!input.choices.contains(value)).then_some("is not one of the choices"),
        };
        if let Some(refusal) = refusal {
            findings.add(format!("{at}.{key}"), format!("the {key} {refusal}"));
        }
    }
}

/// The form of RFC 9562 §4.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
