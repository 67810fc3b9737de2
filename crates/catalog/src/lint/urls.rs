//! URLs: do they parse once filled, and can a value choose a server that the file did not mean?

use super::Findings;
use super::sites::{Form, Site};
use crate::input::{Input, Kind};
use crate::provider::Provider;
use crate::template::{Function, FunctionName, Placeholder, Template, Values};

/// Checks every URL of a provider.
pub(super) fn check(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    for site in sites.iter().filter(|site| site.form.is_url()) {
        if let Some(message) = refusal(provider, site) {
            findings.add(&site.at, message);
        }
    }
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
    if let Some(message) = open_base(provider, template).or_else(|| open_host(provider, template)) {
        return Some(message);
    }
    let sample = Sample { provider, base: template.base_placeholder() };
    let base = url::Url::parse("https://sample.example/").ok()?;
    let error = template.fill_url_below(&base, &sample).err()?;
    Some(format!("filled with sample values it is refused: {error}"))
}

/// A template that begins with a placeholder hands the choice of the server to whoever fills it.
fn open_base(provider: &Provider, template: &Template) -> Option<String> {
    let base = template.base_placeholder()?;
    if let Placeholder::Computed(Function { name: FunctionName::Https, arguments }) = base {
        let read = arguments.iter().flat_map(Template::placeholders);
        let open = read.into_iter().find(|placeholder| !is_bound(provider, placeholder))?;
        return Some(format!("open host: `{open}` needs a pattern or kind \"hostname\""));
    }
    let fits = match input(provider, base) {
        Some(input) => input.kind == Kind::Url || input.automated,
        None => {
            matches!(base, Placeholder::TokenResponse(_) | Placeholder::Connection(_) | Placeholder::Step(..))
        }
    };
    let message =
        || format!("open host: `{base}` stands first and must be an input of kind \"url\" or be captured");
    (!fits).then(message)
}

fn open_host(provider: &Provider, template: &Template) -> Option<String> {
    if template.base_placeholder().is_some() {
        return None;
    }
    let suffix = template.host_suffix()?;
    let read = template.host_placeholders();
    let chosen = |placeholder: &&Placeholder| {
        input(provider, placeholder).is_some_and(|input| input.kind == Kind::Enum)
    };
    // `x{y}example.com` would let a value extend the last name that the file means, unless the file lists the values.
    let closed = suffix.split(':').next().unwrap_or_default();
    let owns_a_domain = closed.strip_prefix('.').is_some_and(|domain| domain.contains('.'));
    if !closed.is_empty() && !owns_a_domain && !read.iter().all(chosen) {
        return Some(format!(
            "open host: the text after the placeholder, `{closed}`, must be a dot and a whole domain"
        ));
    }
    let open = read.into_iter().find(|placeholder| !is_bound(provider, placeholder))?;
    Some(format!("open host: `{open}` needs a pattern or kind \"hostname\""))
}

/// Whether the file says what a value in a host may look like, or the value does not come from people.
fn is_bound(provider: &Provider, placeholder: &Placeholder) -> bool {
    match input(provider, placeholder) {
        Some(input) => {
            input.automated
                || input.pattern.is_some()
                || matches!(input.kind, Kind::Hostname | Kind::Uuid | Kind::Enum)
        }
        None => matches!(placeholder, Placeholder::TokenResponse(_) | Placeholder::Connection(_)),
    }
}

/// The input that a placeholder reads, if it reads one.
fn input<'a>(provider: &'a Provider, placeholder: &Placeholder) -> Option<&'a Input> {
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
            Some(Kind::String | Kind::Text | Kind::Uuid | Kind::Email | Kind::Enum) | None => {
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
