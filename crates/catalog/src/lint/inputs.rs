//! Inputs: names, patterns, choices and defaults.

use std::collections::BTreeSet;

use regex::RegexBuilder;

use super::Findings;
use crate::input::{Input, Kind};
use crate::provider::Provider;
use crate::template::is_name;

/// Upper limit of a compiled pattern in bytes; the largest honest one needs a tenth.
const PATTERN_LIMIT: usize = 1 << 20;

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
            for (name, value) in &input.visible_when {
                let other = list.iter().find(|other| other.name == *name);
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
    if input.kind == Kind::Enum && input.choices.is_empty() {
        findings.add(at, format!("`{}` is of kind \"enum\" and has no `enum` choices", input.name));
    }
    if input.kind != Kind::Enum && !input.choices.is_empty() {
        findings
            .add(format!("{at}.enum"), format!("`{}` has choices and is not of kind \"enum\"", input.name));
    }
    if input.kind == Kind::Enum
        && input.default.as_ref().is_some_and(|default| !input.choices.contains(default))
    {
        findings.add(format!("{at}.default"), "the default is not one of the choices");
    }
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

fn pattern_rules(at: &str, input: &Input, pattern: &str, findings: &mut Findings) {
    let here = format!("{at}.pattern");
    if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) {
        return findings.add(here, "look-around is not allowed: patterns run in linear time");
    }
    let regex = match RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build() {
        Ok(regex) => regex,
        Err(error) => {
            let said = error.to_string();
            let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return findings.add(here, format!("the pattern does not compile: {reason}"));
        }
    };
    if !is_anchored(pattern) {
        findings.add(
            here,
            "the pattern must hold for the whole value: begin with ^, end with $, group alternatives",
        );
    }
    let values = [("default", input.default.as_ref()), ("example", input.example.as_ref())];
    for (key, value) in values {
        if value.is_some_and(|value| !regex.is_match(value)) {
            findings.add(format!("{at}.{key}"), format!("the {key} does not match the pattern"));
        }
    }
    for (index, choice) in input.choices.iter().enumerate() {
        if !regex.is_match(choice) {
            findings.add(
                format!("{at}.enum.{index}"),
                format!("the choice `{choice}` does not match the pattern"),
            );
        }
    }
}

/// Whether the pattern speaks of the whole value: anchors at both ends that no alternative or flag escapes.
fn is_anchored(pattern: &str) -> bool {
    let flags = pattern.match_indices("(?").any(|(at, _)| !pattern[at..].starts_with("(?:"));
    let ends = pattern.starts_with('^') && pattern.ends_with('$') && !pattern.ends_with("\\$");
    ends && !flags && !splits_outside_groups(pattern)
}

fn splits_outside_groups(pattern: &str) -> bool {
    let mut depth = 0_usize;
    let mut in_class = false;
    let mut escaped = false;
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth = depth.saturating_sub(1),
            '|' if !in_class && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_anchored;

    #[test]
    fn an_anchored_pattern_speaks_of_the_whole_value() {
        for (pattern, expected) in [
            ("^[a-z]+$", true),
            ("^(?:a|b)$", true),
            ("^[a|b]$", true),
            ("^a\\|b$", true),
            ("[a-z]+$", false),
            ("^[a-z]+", false),
            ("^a|b$", false),
            ("^a\\$", false),
            ("(?m)^a$", false),
            ("^(?m:a$|^b)$", false),
        ] {
            assert_eq!(is_anchored(pattern), expected, "{pattern}");
        }
    }
}
