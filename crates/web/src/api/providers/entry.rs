//! A provider in the shape published clients read.

use std::collections::BTreeMap;

use catalog::input::{Input, Kind};
use catalog::provider::{BodyFormat, ClientAuth, Pkce, Texts};
use catalog::{Alternatives, Placeholder, Provider, Template};
use serde_json::{Map, Value, json};
use url::Url;
use utoipa::ToSchema;

use crate::api::integrations::logo_url;

/// A provider; keys without a value are absent.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the answer for the API document; entries are put together key by key"
)]
pub(super) struct ProviderJson {
    /// The slug.
    name: String,
    display_name: String,
    /// `OAUTH2`, `OAUTH2_CC`, `OAUTH1`, `API_KEY`, `BASIC`, `NONE` or another of the schemes in `docs/catalog.md`.
    auth_mode: String,
    /// What the service is for; one element.
    categories: Vec<String>,
    logo_url: String,
    docs: Option<String>,
    /// Where its guide is, when it has one.
    guide_url: Option<String>,
    /// How well the facts are supported: `vendor` (the vendor says so), `agreed` (two sources) or `single` (one).
    support: String,
    /// Where the facts come from.
    sources: Vec<String>,
    authorization_url: Option<String>,
    authorization_params: Option<BTreeMap<String, String>>,
    disable_pkce: Option<bool>,
    token_url: Option<String>,
    token_params: Option<BTreeMap<String, String>>,
    token_request_auth_method: Option<String>,
    body_format: Option<String>,
    refresh_url: Option<String>,
    scope_separator: Option<String>,
    default_scopes: Option<Vec<String>>,
    available_scopes: Option<Vec<String>>,
    #[schema(value_type = Option<Object>)]
    proxy: Option<Value>,
    /// What is asked of end users, by name.
    #[schema(value_type = Option<Object>)]
    connection_config: Option<Value>,
    /// The credential, by name.
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
    /// What is asked of the operator, by name.
    #[schema(value_type = Option<Object>)]
    integration_config: Option<Value>,
    /// What is asked of end users once and never stored, by name.
    #[schema(value_type = Option<Object>)]
    assertion_option: Option<Value>,
}

/// The entry of one provider. Keys without a value are absent.
pub(super) fn of(provider: &Provider, public_url: &Url) -> Value {
    let mut entry = Map::new();
    let mut put = |key: &str, value: Value| {
        if !is_blank(&value) {
            entry.insert(key.to_owned(), value);
        }
    };
    put("name", json!(provider.slug));
    put("logo_url", json!(logo_url(public_url, &provider.slug)));
    put("display_name", json!(provider.name));
    put("auth_mode", json!(provider.auth.wire()));
    put("categories", json!([provider.category]));
    put("docs", json!(provider.docs));
    put("support", json!(provider.support));
    put("sources", json!(provider.sources));
    if let Some(authorization) = &provider.authorization {
        put("authorization_url", url(provider, &authorization.url));
        put("authorization_params", templates(provider, &authorization.params));
        put("disable_pkce", json!((authorization.pkce == Pkce::None).then_some(true)));
    }
    if let Some(token) = &provider.token {
        put("token_url", url(provider, &token.url));
        put("token_params", templates(provider, &token.params));
        put(
            "token_request_auth_method",
            json!((token.client_auth == ClientAuth::ClientSecretBasic).then_some("basic")),
        );
        put("body_format", json!((token.body == BodyFormat::Json).then_some("json")));
    }
    put("refresh_url", provider.refresh.url.as_ref().map_or(Value::Null, |refresh| url(provider, refresh)));
    put("scope_separator", json!(provider.scopes.separator));
    put("default_scopes", json!(provider.scopes.default));
    put("available_scopes", json!(provider.scopes.known));
    if let Some(base) = &provider.api.base_url {
        put("proxy", json!({ "base_url": url(provider, base) }));
    }
    put("connection_config", fields(&provider.inputs.connection));
    put("credentials", fields(&provider.inputs.credential));
    put("integration_config", fields(&provider.inputs.integration));
    put("assertion_option", fields(&provider.inputs.one_time));
    Value::Object(entry)
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The first alternative: the contract knows only one.
fn url(provider: &Provider, url: &Alternatives) -> Value {
    url.iter().next().map_or(Value::Null, |template| json!(foreign(provider, template)))
}

fn templates(provider: &Provider, params: &Texts) -> Value {
    params.iter().map(|(name, list)| (name.clone(), url(provider, list))).collect()
}

/// A template in the contract's notation: `${connectionConfig.subdomain}`.
pub(super) fn foreign(provider: &Provider, template: &Template) -> String {
    let inputs = &provider.inputs;
    let mut text = template.source().to_owned();
    for placeholder in template.placeholders() {
        let (group, inputs, name) = match placeholder {
            Placeholder::Connection(name) => ("connectionConfig", &inputs.connection, name),
            Placeholder::Credential(name) => ("credentials", &inputs.credential, name),
            Placeholder::Integration(name) => ("integrationConfig", &inputs.integration, name),
            Placeholder::AppClientId
            | Placeholder::AppClientSecret
            | Placeholder::TokenAccess
            | Placeholder::TokenRefresh
            | Placeholder::TokenResponse(_)
            | Placeholder::OneTime(_)
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
            | Placeholder::Computed(_) => continue,
        };
        let wire = inputs.iter().find(|input| input.name == *name).map_or(name.as_str(), Input::wire_name);
        text = text.replace(&placeholder.to_string(), &format!("${{{group}.{wire}}}"));
    }
    text
}

/// Fields by their name on the wire, in the contract's small schema language.
fn fields(inputs: &[Input]) -> Value {
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| (input.wire_name().to_owned(), field(index, input)))
        .collect()
}

fn field(index: usize, input: &Input) -> Value {
    let format = match input.kind {
        Kind::Hostname => Some("hostname"),
        Kind::Url => Some("uri"),
        Kind::Uuid => Some("uuid"),
        Kind::Email => Some("email"),
        Kind::String | Kind::Text | Kind::Hosts | Kind::Enum => None,
    };
    let all = [
        ("type", json!("string")),
        ("title", json!(input.label)),
        ("description", json!(input.help)),
        ("example", json!(input.example)),
        ("pattern", json!(input.pattern)),
        ("optional", json!((!input.required).then_some(true))),
        ("format", json!(format)),
        ("order", json!(index + 1)),
        ("default_value", json!(input.default)),
        ("prefix", json!(input.prefix)),
        ("suffix", json!(input.suffix)),
        ("secret", json!(input.secret.then_some(true))),
        ("automated", json!(input.automated.then_some(true))),
        ("enum", json!(input.choices)),
    ];
    all.into_iter()
        .filter(|(_, value)| !is_blank(value))
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;

    use super::*;

    fn entry(slug: &str) -> Value {
        let provider = Catalog::embedded().get(slug).expect("an embedded provider");
        of(&provider, &Url::parse("https://claviger.example").expect("a URL"))
    }

    #[test]
    fn an_entry_has_what_the_published_clients_rely_on() {
        let github = entry("github");
        assert_eq!(github["name"], "github");
        assert_eq!(github["auth_mode"], "OAUTH2");
        assert_eq!(github["logo_url"], "https://claviger.example/images/template-logos/github.svg");
        assert!(
            github["authorization_url"].as_str().is_some_and(|url| url.starts_with("https://github.com/"))
        );
        assert!(github["categories"].is_array() && github["docs"].is_string());
    }

    #[test]
    fn an_entry_says_what_it_is_for_where_its_facts_come_from_and_how_its_fields_are_called() {
        for provider in Catalog::embedded().iter() {
            let entry = entry(&provider.slug);
            let slug = &provider.slug;
            assert!(entry["categories"][0].as_str().is_some_and(|category| !category.is_empty()), "{slug}");
            assert!(["vendor", "agreed", "single"].map(Value::from).contains(&entry["support"]), "{slug}");
            assert!(entry["sources"][0].is_string(), "{slug}");
            for group in ["connection_config", "credentials", "integration_config"] {
                for (name, field) in entry[group].as_object().into_iter().flatten() {
                    assert!(field["title"].is_string(), "{slug} {group} {name}");
                }
            }
        }
    }

    #[test]
    fn templates_use_the_notation_of_the_contract() {
        let zendesk = entry("zendesk").to_string();
        assert!(zendesk.contains("${connectionConfig."), "{zendesk}");
        assert!(!zendesk.contains("{connection."), "{zendesk}");
    }

    #[test]
    fn every_embedded_provider_can_be_shown() {
        for provider in Catalog::embedded().iter() {
            let entry = entry(&provider.slug);
            assert!(entry["display_name"].is_string(), "{}", provider.slug);
        }
    }
}
