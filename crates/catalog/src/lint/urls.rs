//! URLs: do they parse once filled? Which servers they may lead to is judged in [`super::hosts`].

use super::sites::{Form, Site};
use super::{Findings, hosts};
use crate::input::{Input, Kind};
use crate::provider::Provider;
use crate::template::{Placeholder, Values};

/// Checks every URL of a provider.
pub(super) fn check(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    for site in sites.iter().filter(|site| site.form.is_url()) {
        if let Some(message) = refusal(provider, site) {
            findings.add(&site.at, message);
        }
    }
    hosts::redirects(provider, findings);
    plain_url("docs", provider.docs.as_deref(), findings);
    let issuer = provider.authorization.as_ref().and_then(|section| section.issuer.as_deref());
    plain_url("authorization.issuer", issuer, findings);
}

fn refusal(provider: &Provider, site: &Site<'_>) -> Option<String> {
    let template = site.template;
    if template.is_below_base() {
        if site.form != Form::UrlBelow {
            return Some("write the whole URL, beginning with https://".to_owned());
        }
        if provider.api.base_url.is_none() {
            return Some("a path needs api.base_url".to_owned());
        }
    } else if !template.source().starts_with("https://") && template.base_placeholder().is_none() {
        return Some("a URL begins with https://".to_owned());
    }
    if let Some(message) = hosts::refusal(provider, template) {
        return Some(message);
    }
    let sample = Sample { provider, base: template.base_placeholder() };
    let base = url::Url::parse("https://sample.example/").ok()?;
    match template.fill_url_below(&base, &sample) {
        Ok(_) => hosts::open_end(provider, template).or_else(|| hosts::secret_for_anyone(provider, site)),
        Err(error) => Some(format!("filled with sample values it is refused: {error}")),
    }
}

/// The input that a placeholder reads, if it reads one.
pub(super) fn input<'a>(provider: &'a Provider, placeholder: &Placeholder) -> Option<&'a Input> {
    let (inputs, name) = match placeholder {
        Placeholder::Connection(name) => (&provider.inputs.connection, name),
        Placeholder::Integration(name) => (&provider.inputs.integration, name),
        Placeholder::Credential(name) => (&provider.inputs.credential, name),
        Placeholder::OneTime(name) => (&provider.inputs.one_time, name),
        Placeholder::AppClientId
        | Placeholder::AppClientSecret
        | Placeholder::TokenAccess
        | Placeholder::TokenRefresh
        | Placeholder::TokenResponse(_)
        | Placeholder::TokenClaims(_)
        | Placeholder::SessionCookies
        | Placeholder::Jwt
        | Placeholder::Saml
        | Placeholder::Step(..)
        | Placeholder::Answer(_)
        | Placeholder::Callback(_)
        | Placeholder::Request(_)
        | Placeholder::RandomUuid
        | Placeholder::Now(_)
        | Placeholder::Product(_)
        | Placeholder::Computed(_) => return None,
    };
    inputs.iter().find(|input| input.name == *name)
}

/// Plausible values, so that the form of a URL can be tried.
struct Sample<'a> {
    provider: &'a Provider,
    base: Option<&'a Placeholder>,
}

impl Values for Sample<'_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        if self.base == Some(placeholder) {
            return Some("https://sample.example".to_owned());
        }
        let input = input(self.provider, placeholder);
        if let Some(choice) = input.and_then(|input| input.choices.first()) {
            return Some(choice.clone());
        }
        let pattern = input.and_then(|input| regex::Regex::new(input.pattern.as_deref()?).ok());
        if pattern.is_some_and(|pattern| !pattern.is_match("sample") && pattern.is_match("8443")) {
            return Some("8443".to_owned());
        }
        Some(match input.map(|input| input.kind) {
            Some(Kind::Hostname) => "sample.example".to_owned(),
            Some(Kind::Url) => "https://sample.example".to_owned(),
            Some(Kind::String | Kind::Text | Kind::Hosts | Kind::Uuid | Kind::Email | Kind::Enum) | None => {
                "sample".to_owned()
            }
        })
    }
}

fn plain_url(at: &str, text: Option<&str>, findings: &mut Findings) {
    let Some(text) = text else { return };
    let fits = url::Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
    if !fits {
        findings.add(at, "not an https URL without user name");
    }
}
