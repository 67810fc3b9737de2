//! Sections: does the file say what its scheme needs, and nothing that contradicts it?

use super::Findings;
use crate::provider::{ApiAuth, AuthMode, Provider, Quirk, Starter};

/// Checks the sections of a provider against its scheme and against each other.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    scheme(provider, findings);
    api_auth(provider, findings);
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

/// The sections a scheme needs, and those it may have. Sections that every scheme may have are not listed.
const fn sections(mode: AuthMode) -> (&'static [&'static str], &'static [&'static str]) {
    match mode {
        AuthMode::Oauth2 => (
            &["authorization", "token"],
            &["device", "long_token", "second_token", "revocation", "mutual_tls", "plugin"],
        ),
        AuthMode::Oauth2ClientCredentials => (&["token"], &["second_token", "revocation", "mutual_tls"]),
        AuthMode::Oauth1 => (&["authorization", "oauth1"], &[]),
        AuthMode::Oauth1TokenBased => (&["oauth1"], &[]),
        AuthMode::TwoStep => (&["login"], &["jwt", "saml", "revocation"]),
        AuthMode::SessionLogin => (&["login"], &["revocation"]),
        AuthMode::Jwt => (&["jwt"], &[]),
        AuthMode::Signature => (&["signature"], &[]),
        AuthMode::AwsSigv4 => (&["aws"], &[]),
        AuthMode::AppInstallation => (&["authorization", "app"], &[]),
        AuthMode::AppInstallationWithUserOauth => {
            (&["authorization", "app", "token"], &["revocation", "device"])
        }
        AuthMode::PluginInstall => (&["plugin"], &["authorization"]),
        AuthMode::McpOauth2 => (&["authorization", "token", "mcp"], &["revocation"]),
        AuthMode::McpOauth2Discovery => (&["mcp"], &[]),
        AuthMode::ApiKey | AuthMode::Basic => (&["api.base_url"], &[]),
        AuthMode::None => (&[], &[]),
    }
}

fn scheme(provider: &Provider, findings: &mut Findings) {
    let operator_defined = provider.quirks.contains(&Quirk::OperatorDefined);
    let starts_elsewhere =
        provider.plugin.as_ref().is_some_and(|plugin| plugin.started_by == Starter::Vendor);
    let name = provider.auth.name();
    let (needed, allowed) = sections(provider.auth);
    let present = [
        ("authorization", provider.authorization.is_some()),
        ("device", provider.device.is_some()),
        ("token", provider.token.is_some()),
        ("long_token", provider.long_token.is_some()),
        ("second_token", provider.second_token.is_some()),
        ("revocation", provider.revocation.is_some()),
        ("oauth1", provider.oauth1.is_some()),
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
        if needed.contains(&section) && !present && !excused {
            findings.add(section, format!("auth = \"{name}\" needs {}", bracketed(section)));
        }
        if present && section != "api.base_url" && !needed.contains(&section) && !allowed.contains(&section) {
            findings.add(section, format!("auth = \"{name}\" does not use {}", bracketed(section)));
        }
    }
}

fn bracketed(section: &str) -> String {
    if section.contains('.') { section.to_owned() } else { format!("[{section}]") }
}

fn api_auth(provider: &Provider, findings: &mut Findings) {
    let auth = provider.api.auth;
    let fits = match provider.auth {
        AuthMode::Oauth2
        | AuthMode::Oauth2ClientCredentials
        | AuthMode::TwoStep
        | AuthMode::SessionLogin
        | AuthMode::Jwt
        | AuthMode::Signature
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery => matches!(auth, ApiAuth::Bearer | ApiAuth::Custom | ApiAuth::None),
        AuthMode::Oauth1 | AuthMode::Oauth1TokenBased => auth == ApiAuth::Oauth1,
        AuthMode::AwsSigv4 => auth == ApiAuth::AwsSigv4,
        AuthMode::ApiKey => auth == ApiAuth::Custom,
        AuthMode::Basic | AuthMode::PluginInstall => matches!(auth, ApiAuth::Basic | ApiAuth::Custom),
        AuthMode::None => auth == ApiAuth::None,
    };
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
        if !known.contains(&name.as_str()) {
            findings
                .add(at, format!("`{name}` is no standard parameter here; known are {}", known.join(", ")));
        }
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
