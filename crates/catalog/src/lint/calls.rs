//! Calls that a file describes: what they may send, and what must never be written into a file.

use super::Findings;
use super::sites::{Form, Site};
use crate::provider::{Call, Method, Provider, RevocationAuth};
use crate::template::Placeholder;

/// Checks the calls of a provider.
pub(super) fn check(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    for (at, call) in calls(provider) {
        if call.method == Method::Get && call.body.is_some() {
            findings.add(format!("{at}.method"), "a GET request has no body (RFC 9110 §9.3.1)");
        }
    }
    revocation(provider, sites, findings);
    for site in sites {
        literal_secret(site, findings);
    }
    let expected = provider.verify.as_ref().and_then(|verify| verify.expect.status);
    if expected.is_some_and(|status| !(200..600).contains(&status)) {
        findings.add("verify.expect.status", "a status is a number from 200 to 599");
    }
}

fn calls(provider: &Provider) -> Vec<(String, Call<'_>)> {
    let mut calls = Vec::new();
    calls.extend(provider.verify.as_ref().map(|verify| ("verify".to_owned(), verify.call())));
    calls.extend(provider.identity.as_ref().map(|identity| ("identity".to_owned(), identity.call())));
    let connected = provider.after_connect.iter().enumerate();
    calls.extend(connected.filter_map(|(at, step)| Some((format!("after_connect.{at}"), step.call()?))));
    if let Some(login) = &provider.login {
        let steps = login.steps.iter().enumerate();
        calls.extend(steps.map(|(at, step)| (format!("login.steps.{at}"), step.call())));
        calls.extend(login.refresh.as_ref().map(|step| ("login.refresh".to_owned(), step.call())));
    }
    calls
}

/// A revocation that shows nothing of the grant ends nothing.
fn revocation(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    let Some(revocation) = &provider.revocation else { return };
    if revocation.method == Some(Method::Get) && revocation.body.is_some() {
        findings.add("revocation.method", "a GET request has no body (RFC 9110 §9.3.1)");
    }
    let own = sites.iter().filter(|site| site.at.starts_with("revocation."));
    let mut placeholders = own.flat_map(|site| site.template.placeholders());
    let names_grant = placeholders.any(|placeholder| {
        matches!(
            placeholder,
            Placeholder::TokenAccess
                | Placeholder::TokenRefresh
                | Placeholder::TokenResponse(_)
                | Placeholder::TokenClaims(_)
                | Placeholder::SessionCookies
                | Placeholder::Connection(_)
        )
    });
    let sends_token = revocation.body.is_none() || revocation.auth == RevocationAuth::Bearer;
    if !names_grant && !sends_token {
        findings.add("revocation", "nothing here says which grant ends: send a token, or auth = \"bearer\"");
    }
}

/// Names of parameters and headers whose value is a secret.
const SECRET_NAMES: [&str; 8] = [
    "access_token",
    "api_key",
    "apikey",
    "client_assertion",
    "client_secret",
    "password",
    "refresh_token",
    "x-api-key",
];

fn literal_secret(site: &Site<'_>, findings: &mut Findings) {
    let name = site.name.or_else(|| site.at.rsplit('.').next()).unwrap_or_default();
    let may_hold = matches!(site.form, Form::Header | Form::Query | Form::Param | Form::Body);
    let is_secret = SECRET_NAMES.iter().any(|secret| secret.eq_ignore_ascii_case(name));
    if may_hold && is_secret && site.template.is_literal() && !site.template.source().is_empty() {
        findings.add(
            &site.at,
            format!("`{name}` is written out: a file holds no secret, a placeholder reads it"),
        );
    }
}
