//! Sections: does the file say what its scheme needs, and nothing that contradicts it?

use super::{Findings, scheme};
use crate::provider::{ApiAuth, Provider, Quirk, Starter};

/// Checks the sections of a provider against its scheme and against each other.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    scheme(provider, findings);
    api_auth(provider, findings);
    authorization(provider, findings);
    if provider.sources.iter().all(|source| source.trim().is_empty()) {
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
    let starts_elsewhere =
        provider.plugin.as_ref().is_some_and(|plugin| plugin.started_by == Starter::Vendor);
    let name = provider.auth.name();
    let scheme = scheme::of(provider.auth);
    let oauth1 = provider.oauth1.as_ref();
    let present = [
        ("authorization", provider.authorization.is_some()),
        ("device", provider.device.is_some()),
        ("token", provider.token.is_some()),
        ("long_token", provider.long_token.is_some()),
        ("second_token", provider.second_token.is_some()),
        ("revocation", provider.revocation.is_some()),
        ("oauth1", oauth1.is_some()),
        ("oauth1.request_url", oauth1.is_none_or(|oauth1| oauth1.request_url.is_some())),
        ("oauth1.token_url", oauth1.is_none_or(|oauth1| oauth1.token_url.is_some())),
        ("login", provider.login.is_some()),
        ("jwt", provider.jwt.is_some()),
        ("saml", provider.saml.is_some()),
        ("signature", provider.signature.is_some()),
        ("aws", provider.aws.is_some()),
        ("app", provider.app.is_some()),
        ("mcp", provider.mcp.is_some()),
        ("plugin", provider.plugin.is_some()),
        ("mutual_tls", provider.mutual_tls.is_some()),
        ("api.base_url", provider.api.base_url.is_some()),
    ];
    for (section, present) in present {
        let excused = operator_defined || (section == "authorization" && starts_elsewhere);
        let is_needed = scheme.needs.contains(&section);
        if is_needed && !present && !excused {
            findings.add(section, format!("auth = \"{name}\" needs {}", bracketed(section)));
        }
        if present && !section.contains('.') && !is_needed && !scheme.allows.contains(&section) {
            findings.add(section, format!("auth = \"{name}\" does not use {}", bracketed(section)));
        }
    }
}

fn bracketed(section: &str) -> String {
    if section.contains('.') { section.to_owned() } else { format!("[{section}]") }
}

fn api_auth(provider: &Provider, findings: &mut Findings) {
    let auth = provider.api.auth;
    let fits = scheme::of(provider.auth).api_auth.contains(&auth);
    if !fits {
        findings
            .add("api.auth", format!("this api.auth does not go with auth = \"{}\"", provider.auth.name()));
    }
    let texts = provider.api.headers.values().chain(provider.api.query.values());
    let carries =
        texts.chain(&provider.api.base_url).any(|text| !text.is_literal()) || !provider.api.body.is_empty();
    if auth == ApiAuth::Custom && !provider.quirks.contains(&Quirk::OperatorDefined) && !carries {
        findings.add(
            "api.auth",
            "api.auth = \"custom\" needs a header, query parameter or body that carries the credential",
        );
    }
    if fits
        && !matches!(auth, ApiAuth::Custom | ApiAuth::None)
        && provider.api.headers.contains_key("authorization")
    {
        let message = "api.auth fills this header; with api.auth = \"custom\" it is yours";
        findings.add("api.headers.authorization", message);
    }
}

/// Parameters that the flow itself sets (RFC 6749 §4.1.1, RFC 7636 §4.3).
const RESERVED: [&str; 7] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// Parameters of token requests that have a standard name.
const TOKEN_PARAMS: [&str; 8] = [
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
];

fn authorization(provider: &Provider, findings: &mut Findings) {
    if let Some(authorization) = &provider.authorization {
        for name in authorization.params.keys().filter(|name| RESERVED.contains(&name.as_str())) {
            let message = format!("`{name}` is reserved: the flow sets it");
            findings.add(format!("authorization.params.{name}"), message);
        }
        standard_names(
            "authorization",
            &RESERVED,
            authorization.rename.keys(),
            &authorization.omit,
            findings,
        );
        if authorization.iss_in_response && authorization.issuer.is_none() {
            findings.add(
                "authorization.iss_in_response",
                "iss_in_response needs `issuer` to compare with (RFC 9207 §2.4)",
            );
        }
    }
    if let Some(token) = &provider.token {
        standard_names("token", &TOKEN_PARAMS, token.rename.keys(), &token.omit, findings);
        for (index, name) in token.in_query.iter().enumerate() {
            standard_name(format!("token.in_query.{index}"), &TOKEN_PARAMS, name, findings);
        }
    }
    if let Some(omit) = &provider.refresh.omit {
        standard_names("refresh", &TOKEN_PARAMS, [].iter(), omit, findings);
    }
    if provider.login.as_ref().is_some_and(|login| login.steps.is_empty()) {
        findings.add("login.steps", "a login has at least one step");
    }
}

fn standard_names<'a>(
    section: &str,
    known: &[&str],
    renamed: impl Iterator<Item = &'a String>,
    omitted: &[String],
    findings: &mut Findings,
) {
    let renamed = renamed.map(|name| (format!("{section}.rename.{name}"), name));
    let omitted = omitted.iter().enumerate().map(|(at, name)| (format!("{section}.omit.{at}"), name));
    for (at, name) in renamed.chain(omitted) {
        standard_name(at, known, name, findings);
    }
}

fn standard_name(at: String, known: &[&str], name: &str, findings: &mut Findings) {
    if !known.contains(&name) {
        findings.add(at, format!("`{name}` is no standard parameter here; known are {}", known.join(", ")));
    }
}
