//! What the end user is shown: which integrations there are, and what to enter for one.

use catalog::Provider;
use catalog::input::{Input, Kind};
use catalog::provider::{AuthMode, Starter};
use model::integration::State;
use model::{Integration, IntegrationKey};
use protocol::{Client, known_scopes};
use serde_json::{Map, Value};

use super::external_id::EXTERNAL_ID;
use super::set_out::chosen_scopes;
use super::text_of;
use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Rule};
use crate::seals::SecretMap;

/// An integration to choose.
pub struct Choice {
    /// Its name on the wire.
    pub key: String,
    /// What to call it.
    pub title: String,
    /// Slug of the provider.
    pub provider: String,
    /// What the service is for, in kebab case.
    pub category: String,
}

/// How an end user authorizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// At the provider, by redirect.
    Redirect,
    /// At the provider on another device, with a code that is shown here.
    Device,
    /// By a key.
    ApiKey,
    /// By user name and password.
    Basic,
    /// By a client of their own.
    ClientCredentials,
    /// By a token and its secret.
    TokenPair,
    /// By what they sign in with at the provider.
    Login,
    /// By a key that signs.
    SigningKey,
    /// By a role that lets us in.
    Role,
    /// Nothing is needed.
    None,
}

/// What to ask for one integration.
pub struct Form {
    /// The integration's name on the wire.
    pub key: String,
    /// What to call it.
    pub title: String,
    /// Slug of the provider.
    pub provider: String,
    /// How one authorizes.
    pub scheme: Scheme,
    /// What is needed at the provider first, to be copied from here.
    pub shown: Vec<Shown>,
    /// What to enter, in order.
    pub fields: Vec<FormField>,
    /// Scopes that will be asked for.
    pub scopes: Vec<String>,
    /// Origin of the provider's page, when it does not depend on what is entered.
    pub authorize_origin: Option<String>,
    /// Help for the person who connects.
    pub docs: Option<String>,
    /// `Err` says what the operator still has to set.
    pub ready: Result<(), String>,
}

/// A value to be copied to the provider.
pub struct Shown {
    /// One to four words.
    pub label: String,
    /// The value.
    pub value: String,
    /// One line of help.
    pub help: String,
}

/// One field of a form.
pub struct FormField {
    /// Its name on the wire.
    pub name: String,
    /// One to four words.
    pub label: String,
    /// One line of help.
    pub help: Option<String>,
    /// An example of the form.
    pub example: Option<String>,
    /// Shown before the value.
    pub prefix: Option<String>,
    /// Shown after the value.
    pub suffix: Option<String>,
    /// What kind of value it is.
    pub kind: Kind,
    /// Allowed values of an enum.
    pub choices: Vec<String>,
    /// Whether it must be filled.
    pub required: bool,
    /// Whether it is hidden while typed.
    pub secret: bool,
    /// Value to begin with.
    pub value: Option<String>,
}

impl Engine {
    /// The integrations the session may use and that are ready.
    pub async fn choices(&self, by: &SessionCaller) -> Result<Vec<Choice>, Error> {
        let views = self.integrations_of_session(by).await?;
        let explicit = !by.session.allowed_integrations.is_empty();
        // Drafts are left out of the general list; one that was named explicitly is shown and explains itself.
        let shown = views.into_iter().filter(|view| explicit || view.state == State::Configured);
        Ok(shown
            .map(|view| Choice {
                key: view.integration.key.to_string(),
                title: title(&view.integration, &view.provider),
                provider: view.provider.slug.clone(),
                category: category(&view.provider),
            })
            .collect())
    }

    /// What to ask for one integration.
    pub async fn form(&self, by: &SessionCaller, key: &IntegrationKey) -> Result<Form, Error> {
        let chosen = self.choose(by, key).await?;
        let provider = self.provider_of(&chosen.integration)?;
        let chosen = self.with_external_id(by, chosen, &provider).await?;
        let scheme = scheme_of(&provider, &chosen.integration)?;
        let preset = chosen.defaults.connection_config.unwrap_or_default();
        let own = credential_inputs(&provider);
        let is_asked = |input: &&Input| !input.automated && !input.hidden;
        let of_connection = provider.inputs.connection.iter().filter(is_asked);
        let of_connection = of_connection.filter(|input| !preset.contains_key(input.wire_name()));
        let of_connection = of_connection
            .map(|input| FormField { name: field_name(&provider, input), ..FormField::of(input) });
        let of_credential = own.iter().chain(&provider.inputs.one_time).filter(is_asked).map(FormField::of);
        let fields = of_connection.chain(of_credential).collect();
        let ready = match chosen.integration.state(&provider) {
            State::Configured => Ok(()),
            State::Draft(missing) => Err(missing.join(", ")),
        };
        let resolved = if ready.is_ok() { self.resolved(&chosen.integration).await.ok() } else { None };
        let scopes = self.scopes(resolved.as_deref().unwrap_or(&provider), &chosen.integration, &preset)?;
        let authorization = resolved.as_deref().and_then(|provider| provider.authorization.as_ref());
        Ok(Form {
            key: key.to_string(),
            title: title(&chosen.integration, &provider),
            provider: provider.slug.clone(),
            scheme,
            shown: shown(scheme, &preset),
            fields,
            scopes,
            authorize_origin: authorization.and_then(|authorization| literal_origin(&authorization.url)),
            docs: provider.docs.clone(),
            ready,
        })
    }

    /// What will be asked for, as far as it does not hang on what is still to be entered.
    fn scopes(
        &self,
        provider: &Provider,
        integration: &Integration,
        preset: &Map<String, Value>,
    ) -> Result<Vec<String>, Error> {
        let fields = self.fields_to_show(provider, integration, preset, &SecretMap::new())?;
        let client = Client { id: integration.client_id.clone().unwrap_or_default(), secret: None };
        Ok(known_scopes(provider, &client, &chosen_scopes(integration, preset), &fields))
    }
}

impl FormField {
    fn of(input: &Input) -> Self {
        Self {
            name: input.wire_name().to_owned(),
            label: input.label.clone(),
            help: input.help.clone(),
            example: input.example.clone(),
            prefix: input.prefix.clone(),
            suffix: input.suffix.clone(),
            kind: input.kind,
            choices: input.choices.clone(),
            required: input.required,
            secret: input.secret,
            value: input.default.clone(),
        }
    }
}

fn shown(scheme: Scheme, preset: &Map<String, Value>) -> Vec<Shown> {
    let id = preset.get(EXTERNAL_ID).filter(|_| scheme == Scheme::Role);
    let shown = id.map(|id| Shown {
        label: "External ID".to_owned(),
        value: text_of(id),
        help: "Put it into the trust policy of your role, as the condition sts:ExternalId.".to_owned(),
    });
    shown.into_iter().collect()
}

/// What to call an integration.
fn title(integration: &Integration, provider: &Provider) -> String {
    integration.display_name.clone().unwrap_or_else(|| provider.name.clone())
}

fn category(provider: &Provider) -> String {
    serde_json::to_value(provider.category).map(|value| text_of(&value)).unwrap_or_default()
}

/// How one authorizes. What the server cannot do to its end is refused before it begins: half of a connection would look
/// like a whole one.
pub(super) fn scheme(provider: &Provider) -> Result<Scheme, Error> {
    // The vendor would notify us, and nothing listens for that yet.
    if provider.plugin.as_ref().is_some_and(|plugin| plugin.started_by == Starter::Vendor) {
        let message =
            "this way of connecting is not supported in this release; where the API can import it, do that";
        return Err(Error::refused(Rule::Body, message));
    }
    match provider.auth {
        AuthMode::Oauth2
        | AuthMode::Oauth1
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::PluginInstall
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery => Ok(Scheme::Redirect),
        AuthMode::Oauth2ClientCredentials => Ok(Scheme::ClientCredentials),
        AuthMode::ApiKey => Ok(Scheme::ApiKey),
        AuthMode::Basic => Ok(Scheme::Basic),
        AuthMode::None => Ok(Scheme::None),
        AuthMode::Oauth1TokenBased => Ok(Scheme::TokenPair),
        AuthMode::TwoStep | AuthMode::SessionLogin | AuthMode::Signature => Ok(Scheme::Login),
        AuthMode::Jwt => Ok(Scheme::SigningKey),
        AuthMode::AwsSigv4 => Ok(Scheme::Role),
    }
}

/// How one authorizes through an integration: its operator may have chosen the other device.
pub(super) fn scheme_of(provider: &Provider, integration: &Integration) -> Result<Scheme, Error> {
    let scheme = scheme(provider)?;
    let to_device = scheme == Scheme::Redirect && is_device(provider, integration);
    Ok(if to_device { Scheme::Device } else { scheme })
}

/// Whether people type a code on another device: the operator says so, or the provider has no other page. Providers
/// that take no inputs of the operator are told by a free-form value.
pub(super) fn is_device(provider: &Provider, integration: &Integration) -> bool {
    let chosen = integration.config.get("flow").or_else(|| integration.custom.get("flow"));
    match chosen.map(String::as_str) {
        Some(flow) => flow == "device",
        None => provider.device.is_some() && provider.authorization.is_none(),
    }
}

/// What a connection field is called in the form: its name on the wire, unless a field of the credential has that too.
pub(super) fn field_name(provider: &Provider, input: &Input) -> String {
    let name = input.wire_name();
    let own = credential_inputs(provider);
    let is_taken = own.iter().chain(&provider.inputs.one_time).any(|other| other.wire_name() == name);
    if is_taken { format!("connection_config.{name}") } else { name.to_owned() }
}

/// Fields of the credential: the provider's own, else those of the scheme.
pub(crate) fn credential_inputs(provider: &Provider) -> Vec<Input> {
    if !provider.inputs.credential.is_empty() {
        return provider.inputs.credential.clone();
    }
    let secret = |name: &str, label: &str| Input { secret: true, ..Input::new(name, label) };
    match provider.auth {
        AuthMode::ApiKey => vec![Input { wire: Some("apiKey".to_owned()), ..secret("api_key", "API key") }],
        AuthMode::Basic => vec![
            Input::new("username", "User name"),
            Input { required: false, ..secret("password", "Password") },
        ],
        AuthMode::Oauth2ClientCredentials => {
            vec![Input::new("client_id", "Client ID"), secret("client_secret", "Client secret")]
        }
        AuthMode::Oauth1TokenBased => {
            vec![secret("token_id", "Token ID"), secret("token_secret", "Token secret")]
        }
        AuthMode::Signature => vec![Input::new("username", "User name"), secret("password", "Password")],
        AuthMode::SessionLogin => vec![
            Input::new("username", "User name"),
            secret("password", "Password"),
            Input::new("organization_id", "Organization ID"),
            secret("dev_key", "Developer key"),
        ],
        AuthMode::AwsSigv4 => vec![Input::new("role_arn", "Role ARN")],
        AuthMode::Oauth2
        | AuthMode::Oauth1
        | AuthMode::None
        | AuthMode::TwoStep
        | AuthMode::Jwt
        | AuthMode::AppInstallation
        | AuthMode::AppInstallationWithUserOauth
        | AuthMode::PluginInstall
        | AuthMode::McpOauth2
        | AuthMode::McpOauth2Discovery => Vec::new(),
    }
}

fn literal_origin(url: &catalog::Alternatives) -> Option<String> {
    let url = url.fill_url(&NoValues).ok()?;
    Some(url.origin().ascii_serialization())
}

struct NoValues;

impl catalog::Values for NoValues {
    fn value(&self, _: &catalog::Placeholder) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;
    use catalog::provider::{Quirk, Registration};

    use super::*;

    /// Whether there is a page to go to: written down, entered by the operator, or found by asking the server.
    fn has_page(provider: &Provider) -> bool {
        let is_found = provider.mcp.as_ref().is_some_and(|mcp| mcp.server_url.is_some());
        provider.authorization.is_some() || provider.quirks.contains(&Quirk::OperatorDefined) || is_found
    }

    #[test]
    fn every_provider_of_the_catalog_with_a_page_of_its_own_can_be_set_out_to() {
        let catalog = Catalog::embedded();
        let (mut able, mut refused) = (0, Vec::new());
        for provider in catalog.iter().filter(|provider| provider.auth.has_consent()) {
            match scheme(&provider) {
                Ok(scheme) => {
                    assert_eq!(scheme, Scheme::Redirect, "{}", provider.slug);
                    assert!(has_page(&provider), "{} has no page", provider.slug);
                    able += 1;
                }
                Err(_) => refused.push(provider.slug.clone()),
            }
        }
        // Installed at the vendor, who would have to notify us.
        assert_eq!(refused, ["sentry-oauth"]);
        assert!(able >= 470, "{able} providers");
    }

    #[test]
    fn every_client_that_is_registered_by_request_has_an_endpoint_to_be_registered_at() {
        let catalog = Catalog::embedded();
        for provider in catalog.iter() {
            let Some(mcp) = provider.mcp.as_ref().filter(|mcp| mcp.registration == Registration::Dynamic)
            else {
                continue;
            };
            let known = mcp.registration_url.is_some() || mcp.server_url.is_some();
            assert!(known, "{}", provider.slug);
        }
    }
}
