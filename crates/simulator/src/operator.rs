//! Entries that the operator defines: the settings an operator would make, and the entry that they make of it.

use std::collections::BTreeMap;

use catalog::Provider;
use catalog::provider::{AuthMode, Quirk};
use serde_json::{Value, json};

use crate::cast::{Cast, Filling, Values};

const SERVER: &str = "https://login.operator.example.org";

/// Whether the operator says where everything is.
pub(crate) fn defines(provider: &Provider) -> bool {
    provider.quirks.contains(&Quirk::OperatorDefined)
}

/// The operator's settings. With the least, an OAuth 2 server is named by its issuer alone.
pub(crate) fn settings(provider: &Provider, filling: Filling) -> Values {
    let at = |path: &str| format!("{SERVER}{path}");
    let is_full = filling == Filling::Full;
    let pairs: Vec<(&str, String)> = match provider.auth {
        AuthMode::Oauth2 if is_full => vec![
            ("authorization_url", at("/authorize?tenant=t+1")),
            ("token_url", at("/token?tenant=t+1")),
            ("pushed_authorization_url", at("/push")),
            ("refresh_url", at("/refresh")),
            ("revocation_url", at("/revoke")),
            ("introspection_url", at("/introspect")),
            ("api_base_url", at("/api")),
            ("client_auth", "client_secret_basic".to_owned()),
            ("scope_separator", ",".to_owned()),
            ("authorization_params", r#"{"prompt":"consent & more"}"#.to_owned()),
            ("token_params", r#"{"audience":"https://api.example.org/{x}"}"#.to_owned()),
        ],
        AuthMode::Oauth2ClientCredentials if is_full => vec![
            ("token_url", at("/token")),
            ("api_base_url", at("/api")),
            ("client_auth", "client_secret_basic".to_owned()),
            ("token_params", r#"{"audience":"all of it"}"#.to_owned()),
        ],
        AuthMode::Oauth2 | AuthMode::Oauth2ClientCredentials => vec![("issuer", at("/realm"))],
        AuthMode::Oauth1 => vec![
            ("request_token_url", at("/request")),
            ("authorization_url", at("/authorize")),
            ("token_url", at("/token")),
            ("api_base_url", at("/api")),
        ],
        AuthMode::ApiKey if is_full => vec![
            ("api_base_url", at("/api/v1")),
            ("placement", "query".to_owned()),
            ("name", "the_key".to_owned()),
            ("value_template", "key={credential.api_key}".to_owned()),
            ("verify_url", at("/api/v1/me")),
        ],
        AuthMode::ApiKey => vec![("api_base_url", at("/api/v1")), ("name", "x-key".to_owned())],
        AuthMode::Basic if is_full => vec![("api_base_url", at("/api")), ("verify_url", at("/api/me"))],
        AuthMode::Basic => vec![("api_base_url", at("/api"))],
        AuthMode::Oauth1TokenBased
        | AuthMode::TwoStep
        | AuthMode::Jwt
        | AuthMode::Signature
        | AuthMode::SessionLogin
        | AuthMode::AwsSigv4
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::PluginInstall
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery
        | AuthMode::None => Vec::new(),
    };
    let takes = |name: &str| provider.inputs.integration.iter().any(|input| input.name == name);
    pairs.into_iter().filter(|(name, _)| takes(name)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Where the metadata of the issuer stands (RFC 8414 §3.1), and what it says; nothing when no issuer is named.
pub(crate) fn metadata(cast: &Cast) -> Option<(Vec<String>, Value)> {
    let issuer = cast.integration.get("issuer")?;
    let places = vec![
        format!("{SERVER}/.well-known/oauth-authorization-server/realm"),
        format!("{SERVER}/.well-known/openid-configuration/realm"),
        format!("{issuer}/.well-known/openid-configuration"),
    ];
    let says = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{SERVER}/found/authorize"),
        "token_endpoint": format!("{SERVER}/found/token"),
        "revocation_endpoint": format!("{SERVER}/found/revoke"),
        "introspection_endpoint": format!("{SERVER}/found/introspect"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    });
    Some((places, says))
}

/// The entry as the operator's settings make it.
pub(crate) fn resolved(provider: &Provider, cast: &Cast) -> Provider {
    let mut whole = serde_json::to_value(provider).expect("a definition was read from such a value");
    let set = |name: &str| cast.integration.get(name).map(|text| text.replace('{', "{{").replace('}', "}}"));
    let found = metadata(cast).map(|(_, says)| says).unwrap_or_default();
    let endpoint =
        |name: &str, standard: &str| set(name).or_else(|| found[standard].as_str().map(str::to_owned));
    if let Some(root) = set("api_base_url") {
        whole["api"]["base_url"] = json!(root);
    }
    if let Some(url) = set("verify_url") {
        whole["verify"] = json!({ "url": url });
    }
    match provider.auth {
        AuthMode::Oauth2 | AuthMode::Oauth2ClientCredentials => {
            if provider.auth == AuthMode::Oauth2 {
                whole["authorization"] = json!({
                    "url": endpoint("authorization_url", "authorization_endpoint"),
                    "params": texts(cast, "authorization_params"),
                    "pushed_url": set("pushed_authorization_url"),
                    "issuer": cast.integration.get("issuer"),
                    "iss_in_response": found.is_object(),
                });
                whole["scopes"]["separator"] = json!(set("scope_separator"));
                whole["refresh"]["url"] = json!(set("refresh_url"));
            }
            if let Some(url) = endpoint("revocation_url", "revocation_endpoint") {
                whole["revocation"] = json!({ "url": url });
            }
            whole["lifecycle"]["introspection_url"] =
                json!(endpoint("introspection_url", "introspection_endpoint"));
            let method =
                if found.is_object() { Some("client_secret_basic".to_owned()) } else { set("client_auth") };
            whole["token"] = json!({
                "url": endpoint("token_url", "token_endpoint"),
                "client_auth": method.unwrap_or_else(|| "client_secret_post".to_owned()),
                "params": texts(cast, "token_params"),
            });
        }
        AuthMode::Oauth1 => {
            whole["api"]["auth"] = json!("oauth1");
            whole["authorization"] = json!({ "url": set("authorization_url") });
            whole["oauth1"] =
                json!({ "request_url": set("request_token_url"), "token_url": set("token_url") });
        }
        AuthMode::ApiKey => {
            let text = cast.integration.get("value_template").map(String::as_str);
            let default = provider.inputs.integration.iter().find(|input| input.name == "value_template");
            let default = default.and_then(|input| input.default.as_deref());
            let value = text.or(default).unwrap_or("{credential.api_key}");
            let name = cast.integration.get("name").cloned().unwrap_or_else(|| "authorization".to_owned());
            let place = if cast.integration.get("placement").is_some_and(|at| at == "query") {
                "query"
            } else {
                "headers"
            };
            whole["api"][place] = json!({ name: value });
        }
        AuthMode::Basic
        | AuthMode::Oauth1TokenBased
        | AuthMode::TwoStep
        | AuthMode::Jwt
        | AuthMode::Signature
        | AuthMode::SessionLogin
        | AuthMode::AwsSigv4
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::PluginInstall
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery
        | AuthMode::None => {}
    }
    serde_json::from_value(whole).expect("the settings make a definition")
}

/// A JSON object of texts, each taken as it is.
fn texts(cast: &Cast, name: &str) -> BTreeMap<String, String> {
    let object: Option<BTreeMap<String, String>> =
        cast.integration.get(name).and_then(|text| serde_json::from_str(text).ok());
    let literal = |text: String| text.replace('{', "{{").replace('}', "}}");
    object.unwrap_or_default().into_iter().map(|(name, text)| (name, literal(text))).collect()
}
