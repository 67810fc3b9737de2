//! Placeholders: does each name something that exists, and is it there when the template is filled?

use super::sites::{Form, Moment, Site};
use super::{Findings, scheme};
use crate::input::Input;
use crate::provider::{ApiAuth, AuthMode, Provider, Quirk};
use crate::template::{Alternatives, Placeholder};

/// Checks all templates of a provider.
pub(super) fn check(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    for site in sites {
        for placeholder in site.template.placeholders() {
            if let Some(message) = refusal(provider, site, placeholder) {
                findings.add(&site.at, message);
            }
        }
    }
    unreachable_alternatives(provider, findings);
    unused_inputs(provider, sites, findings);
}

fn refusal(provider: &Provider, site: &Site<'_>, placeholder: &Placeholder) -> Option<String> {
    if let Some(known) = names_nothing(provider, placeholder) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Some(format!("`{placeholder}` names nothing; known here: {known}"));
    }
    if must_stay_out(provider, site) && is_secret(provider, placeholder) {
        return Some(format!(
            "`{placeholder}` is a secret and must not stand in a URL, where it would be logged"
        ));
    }
    if is_late(provider, site, placeholder) {
        return Some(format!("`{placeholder}` is filled only after the connection is made"));
    }
    if !is_available(provider, site.moment, placeholder) {
        return Some(format!("`{placeholder}` is not available in {}", site.at));
    }
    None
}

/// Whether secrets must stay out, because URLs are logged. An API that takes its credential in the URL says so by
/// `api.auth = "custom"`; in the root only one that takes it nowhere else.
fn must_stay_out(provider: &Provider, site: &Site<'_>) -> bool {
    let custom = site.moment == Moment::Call && provider.api.auth == ApiAuth::Custom;
    match site.form {
        Form::Url => {
            let carried = provider.api.headers.values().chain(provider.api.query.values());
            !custom || carried.into_iter().any(|text| !text.is_literal())
        }
        Form::UrlBelow | Form::Query => !custom,
        Form::Header | Form::Param | Form::Body | Form::Value => false,
    }
}

/// The names that exist, when the placeholder's is not among them.
fn names_nothing<'a>(provider: &'a Provider, placeholder: &Placeholder) -> Option<Vec<&'a str>> {
    let (name, known) = match placeholder {
        Placeholder::Connection(name) => (name, connection_fields(provider)),
        Placeholder::Integration(name) => (name, names(&provider.inputs.integration)),
        Placeholder::Credential(name) => (name, credential_fields(provider)),
        Placeholder::OneTime(name) => (name, names(&provider.inputs.one_time)),
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
    if known.contains(&name.as_str()) { None } else { Some(known) }
}

fn names(inputs: &[Input]) -> Vec<&str> {
    inputs.iter().map(|input| input.name.as_str()).collect()
}

/// Every field that a connection can have, entered or not.
pub(super) fn connection_fields(provider: &Provider) -> Vec<&str> {
    let captures = &provider.captures;
    let tables = [&captures.token_response, &captures.callback, &captures.webhook];
    let mut fields = names(&provider.inputs.connection);
    fields.extend(tables.into_iter().flat_map(|table| table.keys()).map(String::as_str));
    fields.extend(provider.after_connect.iter().flat_map(|step| step.sets.keys()).map(String::as_str));
    fields
}

fn credential_fields(provider: &Provider) -> Vec<&str> {
    if !provider.inputs.credential.is_empty() {
        return names(&provider.inputs.credential);
    }
    scheme::of(provider.auth).credential.to_vec()
}

/// Parts of a credential that are no secret when the scheme's own fields apply.
const OPEN_PARTS: [&str; 5] = ["username", "client_id", "token_id", "organization_id", "role_arn"];

fn is_secret(provider: &Provider, placeholder: &Placeholder) -> bool {
    let declared = |inputs: &[Input], name: &str| {
        inputs.iter().find(|input| input.name == name).map(|input| input.secret)
    };
    match placeholder {
        Placeholder::Connection(name) => declared(&provider.inputs.connection, name).unwrap_or(false),
        Placeholder::Integration(name) => declared(&provider.inputs.integration, name).unwrap_or(false),
        Placeholder::Credential(name) => {
            declared(&provider.inputs.credential, name).unwrap_or(!OPEN_PARTS.contains(&name.as_str()))
        }
        Placeholder::OneTime(_)
        | Placeholder::AppClientSecret
        | Placeholder::TokenAccess
        | Placeholder::TokenRefresh
        | Placeholder::SessionCookies
        | Placeholder::Jwt
        | Placeholder::Saml => true,
        Placeholder::TokenResponse(path) | Placeholder::Step(_, path) => {
            path.rsplit('.').next().is_some_and(|last| last.ends_with("token") || last.ends_with("Token"))
        }
        Placeholder::AppClientId
        | Placeholder::TokenClaims(_)
        | Placeholder::Answer(_)
        | Placeholder::Callback(_)
        | Placeholder::Request(_)
        | Placeholder::RandomUuid
        | Placeholder::Now(_)
        | Placeholder::Product(_)
        | Placeholder::Computed(_) => false,
    }
}

/// Whether a connection field comes into being after the place is filled.
fn is_late(provider: &Provider, site: &Site<'_>, placeholder: &Placeholder) -> bool {
    let Placeholder::Connection(name) = placeholder else { return false };
    let is_asked = provider.inputs.connection.iter().any(|input| input.name == *name && !input.automated);
    let is_early =
        provider.captures.callback.contains_key(name) || provider.captures.webhook.contains_key(name);
    match site.moment {
        Moment::Consent => !is_asked,
        Moment::Exchange | Moment::Login(_) | Moment::Signing => !is_asked && !is_early,
        Moment::Renewal | Moment::Call | Moment::Answer => false,
    }
}

/// Whether the scheme has the value and the place comes after it. Connection and integration fields always are.
fn is_available(provider: &Provider, moment: Moment, placeholder: &Placeholder) -> bool {
    let mode = provider.auth;
    let later = matches!(moment, Moment::Renewal | Moment::Call | Moment::Answer);
    let has_token = scheme::of(mode).has_token;
    match placeholder {
        Placeholder::Connection(_)
        | Placeholder::Integration(_)
        | Placeholder::RandomUuid
        | Placeholder::Now(_)
        | Placeholder::Product(_)
        | Placeholder::Computed(_) => true,
        Placeholder::Credential(_) => moment != Moment::Consent,
        Placeholder::OneTime(_) => moment == Moment::Signing,
        Placeholder::AppClientId => mode.has_app(),
        Placeholder::AppClientSecret => mode.has_app() && moment != Moment::Consent,
        Placeholder::TokenAccess | Placeholder::TokenResponse(_) | Placeholder::TokenClaims(_) => {
            has_token && later
        }
        // The refresh token goes to the authorization server alone.
        Placeholder::TokenRefresh => has_token && moment == Moment::Renewal,
        Placeholder::SessionCookies => provider.login.is_some() && moment == Moment::Call,
        Placeholder::Jwt => {
            provider.jwt.is_some()
                && mode != AuthMode::Jwt
                && matches!(moment, Moment::Login(_) | Moment::Exchange)
        }
        Placeholder::Saml => provider.saml.is_some() && matches!(moment, Moment::Login(_)),
        Placeholder::Step(number, _) => matches!(moment, Moment::Login(at) if usize::from(*number) < at),
        Placeholder::Answer(_) => moment == Moment::Answer,
        Placeholder::Callback(_) => mode.has_consent() && moment == Moment::Exchange,
        Placeholder::Request(_) => moment == Moment::Call,
    }
}

fn unreachable_alternatives(provider: &Provider, findings: &mut Findings) {
    let lists: [(&str, Option<&Alternatives>); 6] = [
        ("authorization.url", provider.authorization.as_ref().map(|section| &section.url)),
        ("token.url", provider.token.as_ref().map(|section| &section.url)),
        ("refresh.url", provider.refresh.url.as_ref()),
        ("revocation.url", provider.revocation.as_ref().map(|section| &section.url)),
        ("lifecycle.introspection_url", provider.lifecycle.introspection_url.as_ref()),
        ("api.base_url", provider.api.base_url.as_ref()),
    ];
    for (at, list) in lists {
        let certain =
            |template: &crate::Template| template.placeholders().into_iter().all(|p| is_certain(provider, p));
        let Some(stop) = list.and_then(|list| list.iter().position(certain)) else { continue };
        let kept_for_old = |template: &crate::Template| {
            template.placeholders().into_iter().any(|placeholder| is_hidden(provider, placeholder))
        };
        if list.is_some_and(|list| list.iter().skip(stop + 1).any(|template| !kept_for_old(template))) {
            findings.add(
                format!("{at}.{}", stop + 1),
                "this alternative is never reached: the one before it can always be filled",
            );
        }
    }
}

/// Whether a placeholder reads an input that is no longer asked for. Connections made earlier may have it.
fn is_hidden(provider: &Provider, placeholder: &Placeholder) -> bool {
    let Placeholder::Connection(name) = placeholder else { return false };
    provider.inputs.connection.iter().any(|input| input.name == *name && input.hidden)
}

/// Whether a placeholder always has a value.
fn is_certain(provider: &Provider, placeholder: &Placeholder) -> bool {
    let always = |inputs: &[Input], name: &str| {
        inputs.iter().any(|input| {
            let unconditional = !input.automated && input.visible_when.is_empty();
            input.name == name && unconditional && (input.required || input.default.is_some())
        })
    };
    match placeholder {
        Placeholder::Connection(name) => always(&provider.inputs.connection, name),
        Placeholder::Integration(name) => always(&provider.inputs.integration, name),
        Placeholder::Credential(name) => {
            provider.inputs.credential.is_empty() || always(&provider.inputs.credential, name)
        }
        Placeholder::AppClientId
        | Placeholder::RandomUuid
        | Placeholder::Now(_)
        | Placeholder::Product(_)
        | Placeholder::Request(_) => true,
        Placeholder::OneTime(_)
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
        | Placeholder::Computed(_) => false,
    }
}

/// User name and password that the operator enters are the credential of every connection of a plugin.
fn is_credential_of_plugin(provider: &Provider, name: &str) -> bool {
    provider.auth == AuthMode::PluginInstall && matches!(name, "username" | "password")
}

/// An operator is not asked for what nothing uses. Operator-defined providers and AWS use their inputs in code.
fn unused_inputs(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    if provider.quirks.contains(&Quirk::OperatorDefined) || provider.aws.is_some() {
        return;
    }
    for (index, input) in provider.inputs.integration.iter().enumerate() {
        let wanted = Placeholder::Integration(input.name.clone());
        let used = sites.iter().any(|site| site.template.placeholders().contains(&&wanted));
        let is_known =
            provider.exclusive_by.contains(&input.name) || is_credential_of_plugin(provider, &input.name);
        if !used && !is_known && !provider.is_limit(input) {
            let message = format!("the integration input `{}` is used by no template", input.name);
            findings.add(format!("inputs.integration.{index}.name"), message);
        }
    }
}
