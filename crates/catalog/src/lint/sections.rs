//! Sections: does the file say what its scheme needs, and nothing that contradicts it?

use super::Findings;
use crate::provider::{ApiAuth, AuthMode, Provider, Quirk};

/// Checks the sections of a provider against its scheme and against each other.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    scheme(provider, findings);
    authorization(provider, findings);
    lifecycle(provider, findings);
    if provider.sources.is_empty() {
        findings.add("sources", "say in `sources` where the facts come from");
    }
    for (index, name) in provider.exclusive_by.iter().enumerate() {
        let inputs = provider.inputs.integration.iter().chain(&provider.inputs.connection);
        if !inputs.into_iter().any(|input| input.name == *name) {
            findings.add(
                format!("exclusive_by.{index}"),
                format!("`{name}` is neither an integration nor a connection input"),
            );
        }
    }
}

fn scheme(provider: &Provider, findings: &mut Findings) {
    let operator_defined = provider.quirks.contains(&Quirk::OperatorDefined);
    let mode = provider.auth;
    let (consents, takes_token, calls_only) = match mode {
        AuthMode::Oauth2 => (true, true, false),
        AuthMode::Oauth2ClientCredentials => (false, true, false),
        AuthMode::Oauth1 => (true, false, false),
        AuthMode::ApiKey | AuthMode::Basic | AuthMode::None => (false, false, true),
    };
    let mut section = |name: &str, present: bool, needed: bool| {
        if needed && !present && !operator_defined {
            findings.add(name, format!("auth = \"{}\" needs [{name}]", spelled(mode)));
        }
        if present && !needed {
            findings.add(name, format!("auth = \"{}\" does not use [{name}]", spelled(mode)));
        }
    };
    section("authorization", provider.authorization.is_some(), consents && mode == AuthMode::Oauth2);
    section("token", provider.token.is_some(), takes_token);
    if mode == AuthMode::Oauth1 && !operator_defined {
        findings.add(
            "auth",
            "auth = \"oauth1\" has no section of its own yet; use quirks = [\"operator-defined\"]",
        );
    }
    if calls_only && provider.api.base_url.is_none() {
        findings.add("api", format!("auth = \"{}\" needs api.base_url", spelled(mode)));
    }
    api_auth(provider, operator_defined, findings);
}

fn api_auth(provider: &Provider, operator_defined: bool, findings: &mut Findings) {
    let auth = provider.api.auth;
    let fits = match provider.auth {
        AuthMode::Oauth2 | AuthMode::Oauth2ClientCredentials => {
            matches!(auth, ApiAuth::Bearer | ApiAuth::Custom | ApiAuth::None)
        }
        AuthMode::Oauth1 => auth == ApiAuth::Oauth1,
        AuthMode::ApiKey => auth == ApiAuth::Custom,
        AuthMode::Basic => matches!(auth, ApiAuth::Basic | ApiAuth::Custom),
        AuthMode::None => auth == ApiAuth::None,
    };
    if !fits {
        findings
            .add("api.auth", format!("this api.auth does not go with auth = \"{}\"", spelled(provider.auth)));
    }
    let carried = provider.api.headers.values().chain(provider.api.query.values());
    if auth == ApiAuth::Custom && !operator_defined && carried.into_iter().all(crate::Template::is_literal) {
        findings.add(
            "api.auth",
            "api.auth = \"custom\" needs a header or query parameter that carries the credential",
        );
    }
}

const fn spelled(mode: AuthMode) -> &'static str {
    match mode {
        AuthMode::Oauth2 => "oauth2",
        AuthMode::Oauth2ClientCredentials => "oauth2_client_credentials",
        AuthMode::Oauth1 => "oauth1",
        AuthMode::ApiKey => "api_key",
        AuthMode::Basic => "basic",
        AuthMode::None => "none",
    }
}

/// Parameters that the flow itself sets (RFC 6749 §4.1.1, RFC 7636 §4.3).
const RESERVED: [&str; 6] =
    ["state", "redirect_uri", "client_id", "code_challenge", "code_challenge_method", "scope"];

fn authorization(provider: &Provider, findings: &mut Findings) {
    let Some(authorization) = &provider.authorization else { return };
    for (name, value) in &authorization.params {
        let wrong_type = name == "response_type" && value.source() != "code";
        if RESERVED.contains(&name.as_str()) || wrong_type {
            findings.add(
                format!("authorization.params.{name}"),
                format!("`{name}` is reserved: the flow sets it"),
            );
        }
    }
    if authorization.iss_in_response && authorization.issuer.is_none() {
        findings.add(
            "authorization.iss_in_response",
            "iss_in_response needs `issuer` to compare with (RFC 9207 §2.4)",
        );
    }
}

fn lifecycle(provider: &Provider, findings: &mut Findings) {
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
