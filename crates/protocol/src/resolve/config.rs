//! Checking the settings of an operator-defined provider, all at once, in words for the operator.

use std::collections::BTreeMap;
use std::fmt;

use catalog::provider::ClientAuth;
use catalog::{AuthMode, Placeholder, Provider, Template};
use http::HeaderName;
use serde_json::{Map, Value};
use url::Url;

use super::{by_our_names, is_operator_defined, oauth2_endpoints};
use crate::authorize::is_reserved;
use crate::discovery::parse_issuer;

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, by its name on the wire.
    pub field: String,
    /// What is wrong, in lower case and without the value.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}

/// Token parameters that belong to a step and not to the settings.
const OWN_TOKEN_PARAMS: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
];

/// Everything that is wrong with an integration's settings; empty when nothing is, and for providers that the
/// operator does not define.
pub fn check_config(provider: &Provider, config: &BTreeMap<String, String>) -> Vec<ConfigProblem> {
    let config = &by_our_names(provider, config);
    let mut check = Check { config, problems: Vec::new() };
    if !is_operator_defined(provider) {
        return check.problems;
    }
    match provider.auth {
        AuthMode::Oauth2 => {
            check.endpoints_or_issuer(oauth2_endpoints(config));
            check.urls(&["refresh_url", "revocation_url", "introspection_url", "api_base_url", "verify_url"]);
            check.urls(&["pushed_authorization_url"]);
            check.client_auth();
            check.one_of("pkce", &["S256", "none"]);
            check.one_of("dpop", &["on", "off"]);
            check.one_of("flow", &["redirect", "device"]);
            check.params("authorization_params", is_reserved);
            check.params("token_params", is_own_token_param);
        }
        AuthMode::Oauth2ClientCredentials => {
            check.endpoints_or_issuer(&["token_url"]);
            check.urls(&["api_base_url"]);
            check.client_auth();
            check.params("token_params", is_own_token_param);
        }
        AuthMode::Oauth1 => {
            check.needed_urls(&["request_token_url", "authorization_url", "token_url"]);
            check.urls(&["api_base_url"]);
            check.one_of("signature_method", &["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"]);
        }
        AuthMode::ApiKey => {
            check.needed_urls(&["api_base_url"]);
            check.urls(&["verify_url"]);
            check.key_placement();
        }
        AuthMode::Basic => {
            check.needed_urls(&["api_base_url"]);
            check.urls(&["verify_url"]);
        }
        AuthMode::None
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
        | AuthMode::McpOauth2Discovery => {}
    }
    let mut problems = check.problems;
    for problem in &mut problems {
        let input = provider.inputs.integration.iter().find(|input| input.name == problem.field);
        if let Some(input) = input {
            input.wire_name().clone_into(&mut problem.field);
        }
    }
    problems
}

/// A method by its registered name (RFC 7591 §2).
pub(super) fn client_auth(name: &str) -> Option<ClientAuth> {
    match name {
        "client_secret_post" => Some(ClientAuth::ClientSecretPost),
        "client_secret_basic" => Some(ClientAuth::ClientSecretBasic),
        "private_key_jwt" => Some(ClientAuth::PrivateKeyJwt),
        "client_secret_jwt" => Some(ClientAuth::ClientSecretJwt),
        "none" => Some(ClientAuth::None),
        _ => None,
    }
}

/// A JSON object of texts, numbers and truth values, each as text.
pub(super) fn text_object(json: &str) -> Option<BTreeMap<String, String>> {
    let object: Map<String, Value> = serde_json::from_str(json).ok()?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    object.into_iter().map(|(name, value)| Some((name, text(value)?))).collect()
}

fn is_own_token_param(name: &str) -> bool {
    OWN_TOKEN_PARAMS.iter().any(|own| own.eq_ignore_ascii_case(name.trim()))
}

struct Check<'a> {
    config: &'a BTreeMap<String, String>,
    problems: Vec<ConfigProblem>,
}

impl<'a> Check<'a> {
    fn text(&self, field: &str) -> Option<&'a str> {
        self.config.get(field).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn say(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(ConfigProblem { field: field.to_owned(), message: message.into() });
    }

    /// Either all endpoints are given or the issuer is, from whose metadata the missing ones come.
    fn endpoints_or_issuer(&mut self, endpoints: &[&str]) {
        self.urls(endpoints);
        if let Some(issuer) = self.text("issuer") {
            if let Err(error) = parse_issuer(issuer) {
                let message = error.to_string();
                self.say("issuer", message.strip_prefix("the issuer ").unwrap_or(&message));
            }
            return;
        }
        for field in endpoints {
            if self.text(field).is_none() {
                self.say(field, "is missing: give it, or an issuer alone");
            }
        }
    }

    fn needed_urls(&mut self, fields: &[&str]) {
        self.urls(fields);
        for field in fields {
            if self.text(field).is_none() {
                self.say(field, "is missing");
            }
        }
    }

    fn urls(&mut self, fields: &[&str]) {
        for field in fields {
            let Some(text) = self.text(field) else { continue };
            let Ok(url) = Url::parse(text) else {
                self.say(field, "is not a URL");
                continue;
            };
            if !matches!(url.scheme(), "https" | "http") {
                self.say(field, "is not an http or https URL");
            } else if !url.username().is_empty() || url.password().is_some() {
                self.say(field, "has a user name");
            } else if url.fragment().is_some() {
                self.say(field, "has a fragment");
            }
        }
    }

    fn one_of(&mut self, field: &str, allowed: &[&str]) {
        if self.text(field).is_some_and(|chosen| !allowed.contains(&chosen)) {
            self.say(field, format!("is not one of {}", allowed.join(", ")));
        }
    }

    fn client_auth(&mut self) {
        let names =
            ["client_secret_post", "client_secret_basic", "private_key_jwt", "client_secret_jwt", "none"];
        self.one_of("client_auth", &names);
    }

    fn params(&mut self, field: &str, is_ours: fn(&str) -> bool) {
        let Some(json) = self.text(field) else { return };
        let Some(params) = text_object(json) else {
            self.say(field, "is not a JSON object of texts");
            return;
        };
        for name in params.keys().filter(|name| is_ours(name)) {
            self.say(field, format!("sets {name}, which cannot be set here"));
        }
    }

    fn key_placement(&mut self) {
        self.one_of("placement", &["header", "query"]);
        let in_query = self.text("placement") == Some("query");
        let is_header = |name: &str| HeaderName::from_bytes(name.as_bytes()).is_ok();
        if self.text("name").is_some_and(|name| !in_query && !is_header(name)) {
            self.say("name", "is not a header name");
        }
        let Some(template) = self.text("value_template") else { return };
        match Template::parse(template) {
            Err(error) => self.say("value_template", format!("is not a template: {error}")),
            Ok(template) if !holds_only_the_key(&template) => {
                self.say("value_template", "needs {credential.api_key} and can hold nothing else");
            }
            Ok(_) => {}
        }
    }
}

fn holds_only_the_key(template: &Template) -> bool {
    let placeholders = template.placeholders();
    let is_key = |placeholder: &&Placeholder| matches!(placeholder, Placeholder::Credential(name) if name == "api_key");
    !placeholders.is_empty() && placeholders.iter().all(is_key)
}
