//! Lifetimes, dates and what becomes of used refresh tokens.

use super::Findings;
use crate::provider::Provider;

/// Ten years. What is said to live longer was written in another unit.
const LONGEST_S: u64 = 10 * 365 * 86_400;

/// Checks everything that is counted in seconds, and the facts with a date.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    for (at, seconds) in seconds(provider) {
        if seconds == Some(0) {
            findings.add(at, "a time is at least one second; leave it out when it is not known");
        } else if seconds.is_some_and(|seconds| seconds > LONGEST_S) {
            findings.add(at, "a time is at most ten years, in seconds and not in milliseconds");
        }
    }
    facts(provider, findings);
}

fn seconds(provider: &Provider) -> [(&'static str, Option<u64>); 10] {
    let lifecycle = &provider.lifecycle;
    [
        ("token.lifetime_s", provider.token.as_ref().and_then(|token| token.lifetime_s)),
        ("login.lifetime_s", provider.login.as_ref().and_then(|login| login.lifetime_s)),
        ("jwt.lifetime_s", provider.jwt.as_ref().map(|jwt| jwt.lifetime_s)),
        ("saml.lifetime_s", provider.saml.as_ref().map(|saml| saml.lifetime_s)),
        ("signature.lifetime_s", provider.signature.as_ref().map(|signature| signature.lifetime_s)),
        ("refresh.early_s", provider.refresh.early_s),
        ("refresh.extends.lifetime_s", provider.refresh.extends.as_ref().map(|extends| extends.lifetime_s)),
        ("lifecycle.access_token_s", lifecycle.access_token_s),
        ("lifecycle.refresh_token_s", lifecycle.refresh_token_s),
        ("lifecycle.idle_limit_s", lifecycle.idle_limit_s),
    ]
}

fn facts(provider: &Provider, findings: &mut Findings) {
    let lifecycle = &provider.lifecycle;
    if lifecycle.reuse.as_deref().is_some_and(|reuse| !is_reuse(reuse)) {
        findings.add(
            "lifecycle.reuse",
            "reuse is \"allowed\", \"kills_grant\", \"until_new_used\" or \"grace:SECONDS\"",
        );
    }
    if lifecycle.checked.as_deref().is_some_and(|day| !is_date(day)) {
        findings.add("lifecycle.checked", "a date is written YYYY-MM-DD");
    }
}

fn is_reuse(text: &str) -> bool {
    match text.strip_prefix("grace:") {
        Some(seconds) => seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0),
        None => matches!(text, "allowed" | "kills_grant" | "until_new_used"),
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, length: usize, range: std::ops::RangeInclusive<u16>| {
        part.len() == length && part.parse().is_ok_and(|number| range.contains(&number))
    };
    number(year, 4, 2000..=2999) && number(month, 2, 1..=12) && number(day, 2, 1..=31)
}
