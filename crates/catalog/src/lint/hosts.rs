//! Hosts: can a value choose a server that the file did not mean?

use super::Findings;
use super::pattern::Pattern;
use super::sites::Site;
use super::urls::input;
use crate::input::{Input, Kind};
use crate::provider::{AuthMode, Provider};
use crate::template::{Function, FunctionName, Placeholder, Template};

/// What is wrong with the host of a URL.
pub(super) fn refusal(provider: &Provider, template: &Template) -> Option<String> {
    private_host(template).or_else(|| open_base(provider, template)).or_else(|| open_host(provider, template))
}

/// Headers that follow redirects within the API's own hosts need an API that has hosts of its own.
pub(super) fn redirects(provider: &Provider, findings: &mut Findings) {
    if !provider.api.keep_headers_on_redirect {
        return;
    }
    let has_own = |template: &Template| match template.base_placeholder() {
        Some(_) => false,
        None => template.host_placeholders().into_iter().all(|placeholder| {
            let is_whole = template.host_suffix().is_some_and(|suffix| suffix.is_empty());
            !is_whole
                || input(provider, placeholder)
                    .is_some_and(|input| input.kind == Kind::Enum || names_its_hosts(input))
        }),
    };
    if !provider.api.base_url.iter().flatten().all(has_own) {
        let message = "unsafe redirect: the credential would follow to any server that api.base_url can name";
        findings.add("api.keep_headers_on_redirect", message);
    }
}

/// A literal host that only the machine itself or its own network knows.
fn private_host(template: &Template) -> Option<String> {
    if template.base_placeholder().is_some() || !template.host_placeholders().is_empty() {
        return None;
    }
    let authority = template.source().strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host);
    let is_address = authority.contains('[') || host.split('.').all(|label| label.parse::<u32>().is_ok());
    let is_local =
        !host.contains('.') || [".local", ".internal", ".localhost"].iter().any(|end| host.ends_with(end));
    (is_address || is_local).then(|| format!("`{authority}` is no public host name"))
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
    let takes_port = |placeholder: &&Placeholder| {
        input(provider, placeholder)
            .is_some_and(|input| input.kind == Kind::Hostname && input.pattern.is_none() && !input.automated)
    };
    if let Some(part) = read.iter().find(|placeholder| !closed.is_empty() && takes_port(placeholder)) {
        return Some(format!(
            "`{part}` is a part of the host: kind \"hostname\" takes a port, a pattern does not"
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

/// The placeholders that choose the server: the base, or one that ends the host.
fn deciding(template: &Template) -> Vec<&Placeholder> {
    match template.base_placeholder() {
        Some(Placeholder::Computed(Function { arguments, .. })) => {
            arguments.iter().flat_map(Template::placeholders).collect()
        }
        Some(base) => vec![base],
        None if ends_with_a_value(template) => template.host_placeholders().pop().into_iter().collect(),
        None => Vec::new(),
    }
}

fn ends_with_a_value(template: &Template) -> bool {
    template.host_suffix().is_some_and(|suffix| suffix.split(':').next().is_some_and(str::is_empty))
}

/// Secrets of the operator: that of the client, and those that are asked of the operator. Where an end user names any
/// server that they then go to, the operator can at least say which servers those are.
pub(super) fn secret_for_anyone(provider: &Provider, site: &Site<'_>) -> Option<String> {
    let has_client = matches!(
        provider.auth,
        AuthMode::Oauth2
            | AuthMode::Oauth1
            | AuthMode::AppInstallation
            | AuthMode::AppInstallationWithUserOauth
            | AuthMode::McpOauth2
            | AuthMode::McpOauth2Discovery
    );
    let has_more = provider.inputs.integration.iter().any(|input| input.secret);
    if !(has_client && site.takes_the_client() || has_more && site.at != "authorization.url") {
        return None;
    }
    let is_any = |placeholder: &&Placeholder| {
        matches!(placeholder, Placeholder::Connection(_))
            && input(provider, placeholder).is_some_and(|input| {
                !input.automated
                    && input.kind != Kind::Enum
                    && input.limited_by.is_none()
                    && !names_its_hosts(input)
            })
    };
    let open = deciding(site.template).into_iter().find(is_any)?;
    Some(format!(
        "open host: `{open}` chooses who gets the operator's secret; let the operator limit it: limited_by = an integration input of kind \"hosts\""
    ))
}

/// A value that ends the host, or is all of it, leads wherever its pattern lets it. So the pattern names the domains,
/// or the file says by `kind = "hostname"` that any server is meant. Any server is never meant by what a browser
/// brings back: there the code and the client's secret would follow.
pub(super) fn open_end(provider: &Provider, template: &Template) -> Option<String> {
    let deciding = match template.base_placeholder() {
        Some(base) => base,
        None if ends_with_a_value(template) => template.host_placeholders().pop()?,
        None => return None,
    };
    let Placeholder::Connection(name) = deciding else {
        return entered(deciding, input(provider, deciding)?);
    };
    let read = input(provider, deciding);
    if provider.captures.callback.contains_key(name) {
        let is_closed = read.is_some_and(|input| names_its_hosts(input) || input.kind == Kind::Enum);
        let message = || {
            format!(
                "open host: `{deciding}` comes back with the browser, so its input needs a pattern that ends in known domains"
            )
        };
        return (!is_closed).then(message);
    }
    entered(deciding, read.filter(|input| !input.automated)?)
}

/// The same for a value that people enter.
fn entered(placeholder: &Placeholder, input: &Input) -> Option<String> {
    let pattern = Pattern::read(input.pattern.as_ref()?).ok()?;
    let may_be_any = match input.kind {
        Kind::Hostname => pattern.matches("any.example") && pattern.matches("any.other.test"),
        Kind::Url => pattern.matches("https://any.example") && pattern.matches("https://any.other.test"),
        Kind::String | Kind::Text | Kind::Hosts | Kind::Uuid | Kind::Email | Kind::Enum => false,
    };
    let message = || {
        format!(
            "open host: the pattern of `{placeholder}` does not end in known domains; name them, or write kind = \"hostname\" and let it be any"
        )
    };
    (!may_be_any && !names_its_hosts(input)).then(message)
}

fn names_its_hosts(input: &Input) -> bool {
    input
        .pattern
        .as_ref()
        .is_some_and(|text| Pattern::read(text).is_ok_and(|pattern| pattern.names_its_hosts()))
}
