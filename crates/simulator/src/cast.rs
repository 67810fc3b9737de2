//! What the people of a scene enter: values invented from the entry, each another one, most with characters that a
//! careless request would spoil.

mod pattern;
mod uses;

use std::collections::BTreeMap;

use catalog::provider::{AuthMode, ClientAuth, JwtAlgorithm, Quirk};
use catalog::{Input, Kind, Provider};

use crate::keys::{self, KeyUse};
use crate::{operator, template};
use uses::Place;
pub(crate) use uses::Uses;

/// How much is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Every field that is shown.
    Full,
    /// What must be filled, and nothing else.
    Least,
}

/// Values by our own field names.
pub type Values = BTreeMap<String, String>;

/// Everything that is entered, and the OAuth client of the integration.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// Asked of the end user.
    pub connection: Values,
    /// The credential.
    pub credential: Values,
    /// Set by the operator.
    pub integration: Values,
    /// Used once.
    pub one_time: Values,
    /// The client's identifier.
    pub client_id: String,
    /// Its secret; a key where the client signs.
    pub client_secret: String,
    /// Whether the client has a secret at all.
    pub has_secret: bool,
}

impl Cast {
    /// A cast for an entry.
    pub fn of(provider: &Provider, filling: Filling) -> Self {
        let uses = Uses::of(provider);
        let signing = Signing::of(provider);
        let inputs = &provider.inputs;
        let credential =
            if inputs.credential.is_empty() { own_fields(provider.auth) } else { inputs.credential.clone() };
        let group = |kind: &str, inputs: &[Input]| entered(kind, inputs, filling, &uses, &signing);
        let mut cast = Self {
            connection: group("connection", &inputs.connection),
            credential: group("credential", &credential),
            integration: group("integration", &inputs.integration),
            one_time: group("one_time", &inputs.one_time),
            client_id: "client-7 &+id".to_owned(),
            client_secret: "s3cr3t:/+=%&? ~7-long-enough".to_owned(),
            has_secret: true,
        };
        cast.enter_one_of_several(provider, &uses, &signing);
        if operator::defines(provider) {
            cast.integration = operator::settings(provider, filling);
        }
        cast.settle_client(provider);
        cast
    }

    /// A value that the provider itself comes up with, for a field that is filled by its answers.
    pub(crate) fn learned(provider: &Provider, field: &str) -> String {
        let declared = provider.inputs.connection.iter().find(|input| input.name == field);
        let uses = Uses::of(provider);
        let place = uses.place(&format!("connection.{field}"));
        declared.map_or_else(|| plain(field, place), |input| value_of(input, place))
    }

    /// A value at a place of an answer that templates read directly.
    pub(crate) fn fitting(provider: &Provider, placeholder: &str) -> String {
        plain(placeholder, Uses::of(provider).place(placeholder))
    }

    /// Where a URL has alternatives and each needs a field that may stay empty, somebody fills the first.
    fn enter_one_of_several(&mut self, provider: &Provider, uses: &Uses, signing: &Signing) {
        let urls = [
            provider.authorization.as_ref().map(|authorization| &authorization.url),
            provider.token.as_ref().map(|token| &token.url),
            provider.api.base_url.as_ref(),
        ];
        for url in urls.into_iter().flatten().filter(|url| url.iter().count() > 1) {
            let missing = |source: &str| -> Vec<String> {
                let pieces = template::read(source);
                let names = template::names(&pieces).into_iter().map(str::to_owned);
                names.filter(|name| self.is_missing(provider, name)).collect()
            };
            if url.iter().any(|template| missing(template.source()).is_empty()) {
                continue;
            }
            let first = url.iter().next().map(|template| missing(template.source())).unwrap_or_default();
            for name in first {
                let Some((kind, field)) = name.split_once('.') else { continue };
                let (group, inputs) = match kind {
                    "connection" => (&mut self.connection, &provider.inputs.connection),
                    "integration" => (&mut self.integration, &provider.inputs.integration),
                    _ => continue,
                };
                if let Some(input) = inputs.iter().find(|input| input.name == field) {
                    let value = signing.key(&name).unwrap_or_else(|| value_of(input, uses.place(&name)));
                    group.insert(field.to_owned(), value);
                }
            }
        }
    }

    /// Whether a field that people fill has no value.
    fn is_missing(&self, provider: &Provider, name: &str) -> bool {
        let Some((kind, field)) = name.split_once('.') else { return false };
        let (group, inputs) = match kind {
            "connection" => (&self.connection, &provider.inputs.connection),
            "integration" => (&self.integration, &provider.inputs.integration),
            _ => return false,
        };
        let asked = inputs.iter().find(|input| input.name == field && !input.automated);
        asked.is_some_and(|input| input.default.is_none() && !group.contains_key(field))
    }

    fn settle_client(&mut self, provider: &Provider) {
        let token = provider.token.as_ref();
        let method = token.map(|token| token.client_auth);
        // A login may bring its client along, for questions about its token.
        let has_own = provider.auth == AuthMode::TwoStep && self.credential.contains_key("client_id");
        if provider.auth == AuthMode::Oauth2ClientCredentials || has_own {
            self.client_id = self.credential.get("client_id").cloned().unwrap_or_default();
            self.client_secret = self.credential.get("client_secret").cloned().unwrap_or_default();
        }
        self.has_secret = method != Some(ClientAuth::None) && !self.client_secret.is_empty();
        let signs = method == Some(ClientAuth::PrivateKeyJwt)
            || provider.quirks.contains(&Quirk::RevolutClientAssertion);
        if signs {
            self.client_secret = keys::private_key(KeyUse::Rsa);
            for name in ["client_secret", "client_private_key"] {
                if let Some(secret) = self.credential.get_mut(name) {
                    secret.clone_from(&self.client_secret);
                }
            }
        }
    }
}

/// The fields of a scheme whose entry names none.
fn own_fields(auth: AuthMode) -> Vec<Input> {
    let names: &[&str] = match auth {
        AuthMode::ApiKey => &["api_key"],
        AuthMode::Basic | AuthMode::Signature => &["username", "password"],
        AuthMode::Oauth2ClientCredentials => &["client_id", "client_secret"],
        AuthMode::Oauth1TokenBased => &["token_id", "token_secret"],
        AuthMode::SessionLogin => &["username", "password", "organization_id", "dev_key"],
        AuthMode::AwsSigv4 => &["role_arn"],
        AuthMode::Oauth2
        | AuthMode::Oauth1
        | AuthMode::TwoStep
        | AuthMode::Jwt
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::PluginInstall
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery
        | AuthMode::None => &[],
    };
    names.iter().map(|name| input(name)).collect()
}

/// A plain required field.
fn input(name: &str) -> Input {
    let text = serde_json::json!({ "name": name, "label": name });
    serde_json::from_value(text).expect("a name and a label make a field")
}

fn entered(kind: &str, inputs: &[Input], filling: Filling, uses: &Uses, signing: &Signing) -> Values {
    let mut values = Values::new();
    for input in inputs.iter().filter(|input| !input.automated) {
        let is_shown = |values: &Values| {
            input.visible_when.iter().all(|(name, wanted)| {
                let default = || inputs.iter().find(|other| other.name == *name)?.default.clone();
                values.get(name).cloned().or_else(default).as_ref() == Some(wanted)
            })
        };
        let is_needed = input.required && input.default.is_none() && !input.hidden;
        let is_wanted = is_needed || filling == Filling::Full && !(input.hidden && input.default.is_some());
        if is_wanted && is_shown(&values) {
            let name = format!("{kind}.{}", input.name);
            let value = signing.key(&name).unwrap_or_else(|| value_of(input, uses.place(&name)));
            values.insert(input.name.clone(), value);
        }
    }
    values
}

/// A value of a field, from what the field says about itself and from where it is used.
fn value_of(input: &Input, place: Place) -> String {
    if let Some(choice) = input.choices.iter().find(|choice| !input.discouraged.contains(choice)) {
        return choice.clone();
    }
    let natural = natural(input, place);
    let Some(pattern) = &input.pattern else { return natural };
    let example = || pattern::example(pattern, &input.name);
    let fits =
        pattern::matches(pattern, &natural) && (input.kind != Kind::String || place == Place::HostAndPath);
    Some(natural)
        .filter(|_| fits)
        .or_else(example)
        .unwrap_or_else(|| panic!("no text for the pattern {pattern} of {}", input.name))
}

/// A value of a kind of field.
fn natural(input: &Input, place: Place) -> String {
    let label = label(&input.name);
    match input.kind {
        Kind::Hostname => format!("{label}.sim.example.org"),
        Kind::Hosts => "*.sim.example.org".to_owned(),
        Kind::Url => format!("https://{label}.sim.example.org/at/{label}"),
        Kind::Uuid => "0b5c2c2e-8d0e-5c1f-9a7d-3f1d5e2b7a90".to_owned(),
        Kind::Email => "ada+sim@example.org".to_owned(),
        Kind::String | Kind::Text | Kind::Enum => plain(&input.name, place),
    }
}

/// A text that can stand where it is used, and is as awkward as it may be.
fn plain(name: &str, place: Place) -> String {
    let label = label(name);
    match place {
        Place::Base => format!("https://{label}.sim.example.org"),
        Place::Host => label,
        Place::HostAndPath => format!("{label}.sim.example.org/at/{label}"),
        Place::Word => format!("{label}-7"),
        Place::Anywhere => format!("{label}-7+/=%&"),
    }
}

fn label(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Which fields hold keys.
struct Signing(Vec<(String, String)>);

impl Signing {
    fn of(provider: &Provider) -> Self {
        let mut keys = Vec::new();
        let mut add = |template: &catalog::Template, value: &dyn Fn() -> String| {
            for name in template::names(&template::read(template.source())) {
                keys.push((name.to_owned(), value()));
            }
        };
        let rsa = || keys::private_key(KeyUse::Rsa);
        if let Some(jwt) = &provider.jwt {
            match jwt.algorithm {
                JwtAlgorithm::Hs256 => {}
                JwtAlgorithm::Rs256 | JwtAlgorithm::Ps256 => add(&jwt.key, &rsa),
                JwtAlgorithm::Es256 => add(&jwt.key, &|| keys::private_key(KeyUse::P256)),
            }
        }
        if let Some(saml) = &provider.saml {
            add(&saml.key, &rsa);
        }
        if let Some(app) = &provider.app {
            add(&app.private_key, &rsa);
        }
        if let Some(tls) = &provider.mutual_tls {
            let (certificate, key) = keys::client_certificate();
            add(&tls.certificate, &|| certificate.clone());
            add(&tls.private_key, &|| key.clone());
        }
        let uses = Uses::of(provider);
        keys.extend(uses.ed25519_keys().map(|name| (name.to_owned(), keys::private_key(KeyUse::Ed25519))));
        Self(keys)
    }

    fn key(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, key)| key.clone())
    }
}
