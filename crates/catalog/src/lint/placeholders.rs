//! Placeholders: does each name something that exists, and is it there when the template is filled?

use super::Findings;
use super::sites::{self, Place, Site};
use crate::input::Input;
use crate::provider::{ApiAuth, AuthMode, Provider, Quirk};
use crate::template::{Alternatives, Placeholder};

/// Checks all templates of a provider.
pub(super) fn check(provider: &Provider, findings: &mut Findings) {
    let sites = sites::all(provider);
    for site in &sites {
        for placeholder in site.template.placeholders() {
            if let Some(message) = refusal(provider, site, placeholder) {
                findings.add(&site.at, message);
            }
        }
    }
    unreachable_alternatives(provider, findings);
    unused_inputs(provider, &sites, findings);
}

fn refusal(provider: &Provider, site: &Site<'_>, placeholder: &Placeholder) -> Option<String> {
    if let Some(known) = names_nothing(provider, placeholder) {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Some(format!("`{placeholder}` names nothing; known here: {known}"));
    }
    let must_stay_out =
        site.place.is_url() || (site.place == Place::ApiQuery && provider.api.auth != ApiAuth::Custom);
    if must_stay_out && is_secret(provider, placeholder) {
        return Some(format!(
            "`{placeholder}` is a secret and must not stand in a URL, where it would be logged"
        ));
    }
    if is_late(provider, site.place, placeholder) {
        return Some(format!("`{placeholder}` is filled only after the connection is made"));
    }
    if !is_available(provider.auth, site.place, placeholder) {
        return Some(format!("`{placeholder}` is not available in {}", site.at));
    }
    None
}

/// The names that exist, when the placeholder's is not among them.
fn names_nothing<'a>(provider: &'a Provider, placeholder: &Placeholder) -> Option<Vec<&'a str>> {
    let (name, known) = match placeholder {
        Placeholder::Connection(name) => (name, connection_fields(provider)),
        Placeholder::Integration(name) => (name, names(&provider.inputs.integration)),
        Placeholder::Credential(name) => (name, credential_fields(provider)),
        Placeholder::AppClientId
        | Placeholder::AppClientSecret
        | Placeholder::TokenAccess
        | Placeholder::TokenRefresh
        | Placeholder::TokenResponse(_)
        | Placeholder::Base64(_) => return None,
    };
    if known.contains(&name.as_str()) { None } else { Some(known) }
}

fn names(inputs: &[Input]) -> Vec<&str> {
    inputs.iter().map(|input| input.name.as_str()).collect()
}

fn connection_fields(provider: &Provider) -> Vec<&str> {
    let captured = provider.captures.token_response.keys().chain(provider.captures.callback.keys());
    let mut fields = names(&provider.inputs.connection);
    fields.extend(captured.map(String::as_str));
    fields
}

fn credential_fields(provider: &Provider) -> Vec<&str> {
    if !provider.inputs.credential.is_empty() {
        return names(&provider.inputs.credential);
    }
    match provider.auth {
        AuthMode::ApiKey => vec!["api_key"],
        AuthMode::Basic => vec!["username", "password"],
        AuthMode::Oauth2ClientCredentials => vec!["client_id", "client_secret"],
        AuthMode::Oauth2 | AuthMode::Oauth1 | AuthMode::None => Vec::new(),
    }
}

fn is_secret(provider: &Provider, placeholder: &Placeholder) -> bool {
    let declared = |inputs: &[Input], name: &str| {
        inputs.iter().find(|input| input.name == name).map(|input| input.secret)
    };
    match placeholder {
        Placeholder::Connection(name) => declared(&provider.inputs.connection, name).unwrap_or(false),
        Placeholder::Integration(name) => declared(&provider.inputs.integration, name).unwrap_or(false),
        Placeholder::Credential(name) => declared(&provider.inputs.credential, name)
            .unwrap_or(!matches!(name.as_str(), "username" | "client_id")),
        Placeholder::AppClientSecret | Placeholder::TokenAccess | Placeholder::TokenRefresh => true,
        Placeholder::TokenResponse(path) => {
            path.rsplit('.').next().is_some_and(|last| last.contains("token"))
        }
        Placeholder::AppClientId | Placeholder::Base64(_) => false,
    }
}

/// Whether a connection field comes into being after the place is filled.
fn is_late(provider: &Provider, place: Place, placeholder: &Placeholder) -> bool {
    let Placeholder::Connection(name) = placeholder else { return false };
    let is_asked = provider.inputs.connection.iter().any(|input| input.name == *name && !input.automated);
    let in_callback = provider.captures.callback.contains_key(name);
    !is_asked && (place.is_before_consent() || (place == Place::TokenUrl && !in_callback))
}

/// Whether the scheme has the value and the place comes after it. Connection and integration fields always are.
fn is_available(mode: AuthMode, place: Place, placeholder: &Placeholder) -> bool {
    let has_app = matches!(mode, AuthMode::Oauth2 | AuthMode::Oauth1);
    let has_token = has_app || mode == AuthMode::Oauth2ClientCredentials;
    let before_token = place.is_before_consent()
        || matches!(
            place,
            Place::TokenUrl | Place::TokenParam | Place::TokenHeader | Place::IntrospectionUrl
        );
    let on_api = matches!(place, Place::BaseUrl | Place::ApiHeader | Place::ApiQuery)
        || matches!(place, Place::CallUrl | Place::CallHeader | Place::CallBody);
    match placeholder {
        Placeholder::Connection(_) | Placeholder::Integration(_) | Placeholder::Base64(_) => true,
        Placeholder::Credential(_) => !place.is_before_consent(),
        Placeholder::AppClientId => has_app,
        Placeholder::AppClientSecret => has_app && !place.is_before_consent(),
        Placeholder::TokenAccess | Placeholder::TokenResponse(_) => has_token && !before_token,
        // The refresh token goes to the authorization server alone.
        Placeholder::TokenRefresh => mode == AuthMode::Oauth2 && !before_token && !on_api,
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
        if list.is_some_and(|list| stop + 1 < list.iter().len()) {
            findings.add(
                format!("{at}.{}", stop + 1),
                "this alternative is never reached: the one before it can always be filled",
            );
        }
    }
}

/// Whether a placeholder always has a value.
fn is_certain(provider: &Provider, placeholder: &Placeholder) -> bool {
    let always = |inputs: &[Input], name: &str| {
        inputs.iter().any(|input| {
            input.name == name && !input.automated && (input.required || input.default.is_some())
        })
    };
    match placeholder {
        Placeholder::Connection(name) => always(&provider.inputs.connection, name),
        Placeholder::Integration(name) => always(&provider.inputs.integration, name),
        Placeholder::Credential(name) => {
            provider.inputs.credential.is_empty() || always(&provider.inputs.credential, name)
        }
        Placeholder::AppClientId => true,
        Placeholder::AppClientSecret
        | Placeholder::TokenAccess
        | Placeholder::TokenRefresh
        | Placeholder::TokenResponse(_)
        | Placeholder::Base64(_) => false,
    }
}

/// An operator is not asked for what nothing uses. Operator-defined providers use their inputs in code.
fn unused_inputs(provider: &Provider, sites: &[Site<'_>], findings: &mut Findings) {
    if provider.quirks.contains(&Quirk::OperatorDefined) {
        return;
    }
    for (index, input) in provider.inputs.integration.iter().enumerate() {
        let wanted = Placeholder::Integration(input.name.clone());
        let used = sites.iter().any(|site| site.template.placeholders().contains(&&wanted));
        if !used && !provider.exclusive_by.contains(&input.name) {
            let message = format!("the integration input `{}` is used by no template", input.name);
            findings.add(format!("inputs.integration.{index}.name"), message);
        }
    }
}
