//! Providers that the operator defines become concrete: their endpoints come from the integration's settings or from
//! the metadata of the issuer named there. What comes out is a provider like any other, so that no other step knows
//! the difference.

mod config;

use std::collections::BTreeMap;

use catalog::provider::{
    ApiAuth, Authorization, BodyFormat, ClientAuth, Device, Expect, Oauth1, Pkce, Quirk, Revocation,
    RevocationAuth, RevokedToken, Texts, TokenEndpoint, TokenResponse, Verify,
};
use catalog::{Alternatives, AuthMode, Provider, Template};
use serde_json::Value;
use url::Url;

use crate::discovery::Metadata;

pub use config::{ConfigProblem, check_config};

/// Why a provider cannot be made concrete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The settings do not hold together. The problems are those of [`check_config`].
    #[error("the integration's settings are not complete: {}", list(.0))]
    Config(Vec<ConfigProblem>),
    /// An issuer is named and its metadata was not given.
    #[error("the metadata of the issuer is needed")]
    MetadataNeeded,
    /// The metadata lacks an endpoint that the scheme needs.
    #[error("the issuer's metadata names no {endpoint}")]
    NoEndpoint {
        /// The name of the endpoint in metadata.
        endpoint: &'static str,
    },
}

/// The provider as an integration uses it. One that is not defined by the operator comes back as it is.
pub fn provider(
    provider: &Provider,
    config: &BTreeMap<String, String>,
    metadata: Option<&Metadata>,
) -> Result<Provider, ResolveError> {
    if !is_operator_defined(provider) {
        return Ok(provider.clone());
    }
    let problems = check_config(provider, config);
    if !problems.is_empty() {
        return Err(ResolveError::Config(problems));
    }
    if needs_metadata(provider, config).is_some() && metadata.is_none() {
        return Err(ResolveError::MetadataNeeded);
    }
    let config = &by_our_names(provider, config);
    let settings = Settings { config, metadata };
    let mut resolved = provider.clone();
    resolved.api.base_url = settings.url("api_base_url").or(resolved.api.base_url);
    resolved.verify = settings.text("verify_url").map(verify_at).or(resolved.verify);
    match provider.auth {
        AuthMode::Oauth2 => {
            resolved.authorization = match settings.authorization() {
                // On another device nobody is sent to this page.
                Err(_) if is_on_device(config) => None,
                page => Some(page?),
            };
            resolved.token = Some(settings.token()?);
            settings.surroundings(&mut resolved);
        }
        AuthMode::Oauth2ClientCredentials => {
            resolved.token = Some(settings.token()?);
            settings.surroundings(&mut resolved);
        }
        AuthMode::Oauth1 => {
            resolved.api.auth = ApiAuth::Oauth1;
            resolved.authorization = Some(settings.authorization()?);
            resolved.oauth1 = Some(settings.oauth1());
        }
        AuthMode::ApiKey => settings.place_key(&mut resolved),
        AuthMode::Basic => resolved.api.auth = ApiAuth::Basic,
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
    Ok(resolved)
}

/// The issuer whose metadata is needed: one is named, and the endpoints are not given one by one.
pub fn needs_metadata(provider: &Provider, config: &BTreeMap<String, String>) -> Option<String> {
    let config = &by_our_names(provider, config);
    let settings = Settings { config, metadata: None };
    let endpoints: &[&str] = match provider.auth {
        AuthMode::Oauth2 => oauth2_endpoints(config),
        AuthMode::Oauth2ClientCredentials => &["token_url"],
        AuthMode::Oauth1
        | AuthMode::ApiKey
        | AuthMode::Basic
        | AuthMode::None
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
        | AuthMode::McpOauth2Discovery => return None,
    };
    let given = endpoints.iter().all(|name| settings.text(name).is_some());
    let issuer = settings.text("issuer").filter(|_| is_operator_defined(provider) && !given)?;
    Some(issuer.to_owned())
}

/// Whether people type a code on another device (RFC 8628).
fn is_on_device(config: &BTreeMap<String, String>) -> bool {
    config.get("flow").is_some_and(|flow| flow.trim() == "device")
}

/// The endpoints that a code cannot be had without.
fn oauth2_endpoints(config: &BTreeMap<String, String>) -> &'static [&'static str] {
    if is_on_device(config) {
        &["device_authorization_url", "token_url"]
    } else {
        &["authorization_url", "token_url"]
    }
}

fn is_operator_defined(provider: &Provider) -> bool {
    provider.quirks.contains(&Quirk::OperatorDefined)
}

/// Settings are stored under their names on the wire; here they are read under ours.
fn by_our_names(provider: &Provider, config: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let ours = |wire: &String| {
        let input = provider.inputs.integration.iter().find(|input| input.wire_name() == wire);
        input.map_or_else(|| wire.clone(), |input| input.name.clone())
    };
    config.iter().map(|(wire, value)| (ours(wire), value.clone())).collect()
}

/// The settings of an integration, checked before anything here is asked.
struct Settings<'a> {
    config: &'a BTreeMap<String, String>,
    metadata: Option<&'a Metadata>,
}

impl Settings<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.config.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn url(&self, name: &str) -> Option<Alternatives> {
        self.text(name).map(|url| literal(url).into())
    }

    /// A URL as set, else as the issuer's metadata has it.
    fn endpoint(&self, name: &str, discovered: impl Fn(&Metadata) -> Option<&Url>) -> Option<Alternatives> {
        let discovered = || self.metadata.and_then(discovered).map(|url| literal(url.as_str()).into());
        self.url(name).or_else(discovered)
    }

    fn authorization(&self) -> Result<Authorization, ResolveError> {
        let url = self.endpoint("authorization_url", |known| known.authorization_endpoint.as_ref());
        let issuer = self.text("issuer").map(str::to_owned);
        Ok(Authorization {
            url: url.ok_or(ResolveError::NoEndpoint { endpoint: "authorization_endpoint" })?,
            params: self.literals("authorization_params"),
            pushed_url: self.endpoint("pushed_authorization_url", |known| {
                known.pushed_authorization_request_endpoint.as_ref()
            }),
            pkce: if self.text("pkce") == Some("none") { Pkce::None } else { Pkce::S256 },
            issuer,
            iss_in_response: self.metadata.is_some_and(|known| known.iss_in_response),
            code_param: None,
            response_type: None,
            rename: BTreeMap::new(),
            omit: Vec::new(),
            fragment: None,
            raw_scope: false,
        })
    }

    fn token(&self) -> Result<TokenEndpoint, ResolveError> {
        let url = self.endpoint("token_url", |known| known.token_endpoint.as_ref());
        Ok(TokenEndpoint {
            url: url.ok_or(ResolveError::NoEndpoint { endpoint: "token_endpoint" })?,
            client_auth: self.client_auth(),
            body: BodyFormat::Form,
            params: self.literals("token_params"),
            headers: BTreeMap::new(),
            response: TokenResponse::default(),
            lifetime_s: None,
            dpop: self.text("dpop") == Some("on"),
            rename: BTreeMap::new(),
            omit: Vec::new(),
            in_query: Vec::new(),
        })
    }

    fn oauth1(&self) -> Oauth1 {
        let method = self.text("signature_method");
        let method = method.and_then(|name| serde_json::from_value(Value::String(name.to_owned())).ok());
        Oauth1 {
            request_url: self.url("request_token_url"),
            request_params: Texts::new(),
            token_url: self.url("token_url"),
            signature_method: method.unwrap_or_default(),
            realm: None,
        }
    }

    /// As set; else the first method we know among those that the issuer names; else in the body.
    fn client_auth(&self) -> ClientAuth {
        if let Some(method) = self.text("client_auth").and_then(config::client_auth) {
            return method;
        }
        let named = self.metadata.map(|known| known.client_auth_methods.as_slice()).unwrap_or_default();
        let supports = |method: &str| named.iter().any(|known| known == method);
        if supports("client_secret_basic") && !supports("client_secret_post") {
            ClientAuth::ClientSecretBasic
        } else if supports("none") && !supports("client_secret_post") {
            ClientAuth::None
        } else {
            ClientAuth::ClientSecretPost
        }
    }

    /// What stands around the two main endpoints.
    fn surroundings(&self, resolved: &mut Provider) {
        resolved.refresh.url = self.url("refresh_url").or(resolved.refresh.url.take());
        resolved.revocation = self
            .endpoint("revocation_url", |known| known.revocation_endpoint.as_ref())
            .map(revocation_at)
            .or(resolved.revocation.take());
        let device =
            self.endpoint("device_authorization_url", |known| known.device_authorization_endpoint.as_ref());
        resolved.device = device.map(|url| Device { url }).or(resolved.device.take());
        resolved.lifecycle.introspection_url = self
            .endpoint("introspection_url", |known| known.introspection_endpoint.as_ref())
            .or(resolved.lifecycle.introspection_url.take());
        if let Some(separator) = self.config.get("scope_separator").filter(|text| !text.is_empty()) {
            resolved.scopes.separator = Some(separator.clone());
        }
    }

    /// Where an API key stands in a call.
    fn place_key(&self, resolved: &mut Provider) {
        let in_query = self.text("placement") == Some("query");
        let name = self.text("name").unwrap_or("authorization");
        let value = self.text("value_template").unwrap_or("Bearer {credential.api_key}");
        let value = Template::parse(value).expect("settings were checked, and ours are well formed");
        resolved.api.auth = ApiAuth::Custom;
        if in_query {
            resolved.api.query.insert(name.to_owned(), value.into());
        } else {
            resolved.api.headers.insert(name.to_ascii_lowercase(), value.into());
        }
    }

    fn literals(&self, name: &str) -> Texts {
        let pairs = self.text(name).and_then(config::text_object).unwrap_or_default();
        pairs.into_iter().map(|(name, value)| (name, literal(&value).into())).collect()
    }
}

/// A template that gives the text as it is.
fn literal(text: &str) -> Template {
    let doubled = text.replace('{', "{{").replace('}', "}}");
    Template::parse(&doubled)
        .expect("doubled braces are literal, and nothing else in a template means anything")
}

fn verify_at(url: &str) -> Verify {
    Verify {
        method: None,
        url: literal(url).into(),
        or_urls: Vec::new(),
        headers: Texts::new(),
        query: Texts::new(),
        body: None,
        expect: Expect::default(),
        reject: None,
    }
}

pub(crate) fn revocation_at(url: Alternatives) -> Revocation {
    Revocation {
        url,
        method: None,
        token: RevokedToken::RefreshElseAccess,
        auth: RevocationAuth::Client,
        headers: Texts::new(),
        body: None,
    }
}

fn list(problems: &[ConfigProblem]) -> String {
    let each: Vec<String> = problems.iter().map(ToString::to_string).collect();
    each.join("; ")
}
