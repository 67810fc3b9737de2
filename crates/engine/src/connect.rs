//! The end user's side: which integrations there are, what to enter, setting out.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Provider;
use catalog::input::{Input, Kind};
use catalog::provider::AuthMode;
use model::integration::State;
use model::session::Defaults;
use model::webhook::EventEndUser;
use model::{ConnectionKey, Integration, IntegrationKey, Issue, IssueCode, PendingFlow, SessionId};
use protocol::authorize::{self, Start};
use protocol::{Client, Credential, Fields};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Rule, Thing};
use crate::integrations::connection_key;
use crate::save::Save;
use crate::seals::{FlowContent, Place};

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
    /// By a key.
    ApiKey,
    /// By user name and password.
    Basic,
    /// By a client of their own.
    ClientCredentials,
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

/// Where setting out led.
pub enum Submitted {
    /// To the provider.
    Redirect {
        /// The provider's page.
        url: Url,
        /// Ends the name of the cookie that binds the flow to this browser.
        cookie_name_suffix: String,
        /// Its value.
        cookie_value: Secret<String>,
    },
    /// Straight to a connection.
    Connected(Connected),
}

/// A connection was made.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The connect session.
    pub session: SessionId,
    /// The integration.
    pub integration: IntegrationKey,
    /// The connection.
    pub connection: ConnectionKey,
    /// Name of the connected account, when known.
    pub account: Option<String>,
}

/// An integration in a session, with everything needed to begin.
pub(crate) struct Chosen {
    pub(crate) integration: Integration,
    pub(crate) defaults: Defaults,
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
        let scheme = scheme(provider.auth)?;
        let preset = chosen.defaults.connection_config.unwrap_or_default();
        let own = credential_inputs(&provider);
        let asked = provider.inputs.connection.iter().filter(|input| !input.automated).chain(&own);
        let fields = asked.filter(|input| !preset.contains_key(input.wire_name())).map(FormField::of).collect();
        let ready = match chosen.integration.state(&provider) {
            State::Configured => Ok(()),
            State::Draft(missing) => Err(missing.join(", ")),
        };
        let resolved = if ready.is_ok() { self.resolved(&chosen.integration).await.ok() } else { None };
        let authorization = resolved.as_deref().and_then(|provider| provider.authorization.as_ref());
        Ok(Form {
            key: key.to_string(),
            title: title(&chosen.integration, &provider),
            provider: provider.slug.clone(),
            scheme,
            fields,
            scopes: scopes(&chosen.integration, &provider),
            authorize_origin: authorization.and_then(|authorization| literal_origin(&authorization.url)),
            docs: provider.docs.clone(),
            ready,
        })
    }

    /// Checks what was entered and sets out: to the provider, or straight to a connection.
    pub async fn submit(
        &self,
        by: &SessionCaller,
        key: &IntegrationKey,
        values: BTreeMap<String, String>,
    ) -> Result<Submitted, Error> {
        let chosen = self.choose(by, key).await?;
        let provider = self.provider_of(&chosen.integration)?;
        if let State::Draft(missing) = chosen.integration.state(&provider) {
            let message = format!("the integration «{key}» is a draft: {} is missing", missing.join(", "));
            return Err(Error::refused(Rule::Draft, message));
        }
        let connection = self.connection_name(by).await?;
        let config = self.connection_config(&provider, &chosen.defaults, &values)?;
        match scheme(provider.auth)? {
            Scheme::Redirect => self.set_out(by, &chosen, config, &connection).await,
            Scheme::ApiKey | Scheme::Basic | Scheme::ClientCredentials | Scheme::None => {
                let (engine, by) = (self.clone(), by.clone());
                self.to_the_end(async move { engine.connect_directly(by, chosen, config, connection, values).await })
                    .await
            }
        }
    }

    pub(crate) async fn choose(&self, by: &SessionCaller, key: &IntegrationKey) -> Result<Chosen, Error> {
        if !by.session.allows(key.as_str()) {
            let message = "this connect session is limited to other integrations";
            return Err(Error::refused(Rule::IntegrationNotAllowed, message));
        }
        let found = store::integrations::find(self.store(), by.environment.id, key).await?;
        let integration = found.ok_or(Error::NotFound(Thing::Integration))?;
        let defaults = self.open_defaults(&by.session)?.remove(key.as_str()).unwrap_or_default();
        Ok(Chosen { integration, defaults })
    }

    /// The name the connection will have: that of the connection to authorize again, else a new one.
    async fn connection_name(&self, by: &SessionCaller) -> Result<ConnectionKey, Error> {
        let Some(target) = by.session.reconnects else {
            return connection_key(&self.ports().connection_key().to_string());
        };
        let found = store::connections::find_by_id(self.store(), by.environment.id, target).await?;
        let gone = || Error::refused(Rule::ConnectionGone, "the connection to authorize again was deleted");
        Ok(found.ok_or_else(gone)?.key)
    }

    /// Connection fields by their name on the wire: what the app's server set wins over what the browser sent, and
    /// both are checked. All problems are reported at once.
    fn connection_config(
        &self,
        provider: &Provider,
        defaults: &Defaults,
        values: &BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, Error> {
        let mut config = defaults.connection_config.clone().unwrap_or_default();
        let mut issues = Vec::new();
        for input in provider.inputs.connection.iter().filter(|input| !input.automated) {
            let name = input.wire_name();
            let preset = config.get(name).map(text_of);
            let entered = values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            let value = preset.or(entered).or_else(|| input.default.clone()).unwrap_or_default();
            match self.check_input(input, &value) {
                Err(issue) => issues.push(issue),
                Ok(()) if value.is_empty() => {}
                Ok(()) => drop(config.insert(name.to_owned(), Value::String(value))),
            }
        }
        for (name, value) in &config {
            if model::fields::breaks_headers(&text_of(value)) && !is_text_input(provider, name) {
                let message = "must not hold line breaks or control characters";
                issues.push(Issue::new(IssueCode::InvalidFormat, [name.as_str()], message));
            }
        }
        if issues.is_empty() { Ok(config) } else { Err(Error::Invalid(issues)) }
    }

    async fn set_out(
        &self,
        by: &SessionCaller,
        chosen: &Chosen,
        config: Map<String, Value>,
        connection: &ConnectionKey,
    ) -> Result<Submitted, Error> {
        let integration = &chosen.integration;
        let provider = self.resolved(integration).await?;
        let client = Client { id: integration.client_id.clone().unwrap_or_default(), secret: None };
        let fields = self.fields(&provider, integration, &config);
        let state = model::token::url_token(self.ports().random());
        let cookie_value = model::token::url_token(self.ports().random());
        let scopes_override = config.get("oauth_scopes_override").map(|value| list_of(&text_of(value)));
        let user_scopes = chosen.defaults.user_scopes.as_deref().map(list_of).unwrap_or_default();
        let started = authorize::begin(&Start {
            provider: &provider,
            client: &client,
            fields: &fields,
            redirect_uri: &self.callback_url(),
            scopes: scopes_override.as_deref().unwrap_or(&integration.scopes),
            user_scopes: &user_scopes,
            extra_params: &chosen.defaults.authorization_params.clone().unwrap_or_default(),
            state: state.expose(),
            verifier_random: self.ports().random(),
        })
        .map_err(|error| Error::refused(Rule::Body, format!("the authorization cannot start: {error}")))?;
        let state_hash = model::token::hash(state.expose());
        let id = self.ports().row_id();
        let content = FlowContent { flow: started.flow, config, connection_key: connection.to_string() };
        let now = self.ports().now();
        let pending = PendingFlow {
            id,
            state_hash,
            environment: by.environment.id,
            integration: integration.id,
            session: by.session.id,
            browser_hash: model::token::hash(cookie_value.expose()),
            sealed: self.seal_flow(&Place::flow(by.environment.id, id), &content),
            created_at: now,
            expires_at: now + model::flow::LIFETIME,
        };
        let mut tx = self.store().begin().await?;
        store::flows::create(&mut tx, &pending).await?;
        tx.commit().await?;
        let cookie_name_suffix = cookie_suffix(&state_hash);
        Ok(Submitted::Redirect { url: started.url, cookie_name_suffix, cookie_value })
    }

    async fn connect_directly(
        &self,
        by: SessionCaller,
        chosen: Chosen,
        config: Map<String, Value>,
        connection: ConnectionKey,
        values: BTreeMap<String, String>,
    ) -> Result<Submitted, Error> {
        let provider = self.resolved(&chosen.integration).await?;
        let fields = self.fields(&provider, &chosen.integration, &config);
        let credential = self.entered_credential(&provider, &chosen.integration, &fields, values).await?;
        self.verify(&provider, &credential, &fields).await?;
        let new = self.save_of_session(&by, chosen.integration, provider, connection, credential, config);
        let integration = new.integration.key.clone();
        let saved = self.save(new).await?;
        let account = saved.connection.account;
        let connection = saved.connection.key;
        Ok(Submitted::Connected(Connected { session: by.session.id, integration, connection, account }))
    }

    /// The credential out of a form; every missing or malformed field is reported.
    async fn entered_credential(
        &self,
        provider: &Provider,
        integration: &Integration,
        fields: &Fields,
        mut values: BTreeMap<String, String>,
    ) -> Result<Credential, Error> {
        let mut issues = Vec::new();
        let mut entered = BTreeMap::new();
        for input in credential_inputs(provider) {
            // Passwords and keys are taken as they were typed: a blank may belong to them.
            let value = values.remove(input.wire_name()).unwrap_or_default();
            match self.check_input(&input, &value) {
                Ok(()) => drop(entered.insert(input.name, Secret::new(value))),
                Err(issue) => issues.push(issue),
            }
        }
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        let mut take = |name: &str| entered.remove(name).unwrap_or_else(|| Secret::new(String::new()));
        Ok(match scheme(provider.auth)? {
            Scheme::ApiKey => Credential::ApiKey { api_key: take("api_key") },
            Scheme::Basic => {
                Credential::Basic { username: take("username").into_inner(), password: take("password") }
            }
            Scheme::ClientCredentials => {
                let client = Client { id: take("client_id").into_inner(), secret: Some(take("client_secret")) };
                self.client_credentials(provider, integration, client, fields).await?
            }
            Scheme::None | Scheme::Redirect => Credential::None,
        })
    }

    pub(crate) fn save_of_session(
        &self,
        by: &SessionCaller,
        integration: Integration,
        provider: Arc<Provider>,
        key: ConnectionKey,
        credential: Credential,
        config: Map<String, Value>,
    ) -> Save {
        let session = &by.session;
        let organization = session.organization.as_ref().map(|organization| organization.id.as_str());
        Save {
            environment: by.environment.clone(),
            integration,
            provider,
            key,
            credential,
            config,
            end_user: session.end_user.clone(),
            tags: Some(session.tags.clone()),
            metadata: None,
            webhook_url_override: session.webhook_url_override.clone(),
            event_end_user: session.end_user.as_ref().map(|user| EventEndUser::of(user, organization)),
            actor: by.actor(),
        }
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

/// Ends the name of a flow's cookie: enough of the state's hash to tell parallel flows apart.
pub(crate) fn cookie_suffix(state_hash: &model::token::TokenHash) -> String {
    hex::encode(&state_hash[..4])
}

/// What to call an integration.
fn title(integration: &Integration, provider: &Provider) -> String {
    integration.display_name.clone().unwrap_or_else(|| provider.name.clone())
}

fn category(provider: &Provider) -> String {
    serde_json::to_value(provider.category).map(|value| text_of(&value)).unwrap_or_default()
}

fn scopes(integration: &Integration, provider: &Provider) -> Vec<String> {
    if integration.scopes.is_empty() { provider.scopes.default.clone() } else { integration.scopes.clone() }
}

fn scheme(mode: AuthMode) -> Result<Scheme, Error> {
    match mode {
        AuthMode::Oauth2 => Ok(Scheme::Redirect),
        AuthMode::Oauth2ClientCredentials => Ok(Scheme::ClientCredentials),
        AuthMode::ApiKey => Ok(Scheme::ApiKey),
        AuthMode::Basic => Ok(Scheme::Basic),
        AuthMode::None => Ok(Scheme::None),
        AuthMode::Oauth1
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
        | AuthMode::McpOauth2Discovery => Err(Error::refused(
            Rule::Body,
            "connecting in this way is not supported in this release; import the connection by API",
        )),
    }
}

/// Fields of the credential: the provider's own, else those of the scheme.
pub(crate) fn credential_inputs(provider: &Provider) -> Vec<Input> {
    if !provider.inputs.credential.is_empty() {
        return provider.inputs.credential.clone();
    }
    let field = |name: &str, wire: Option<&str>, label: &str, secret: bool, required: bool| Input {
        name: name.to_owned(),
        wire: wire.map(str::to_owned),
        kind: Kind::String,
        label: label.to_owned(),
        help: None,
        example: None,
        pattern: None,
        prefix: None,
        suffix: None,
        choices: Vec::new(),
        required,
        secret,
        automated: false,
        hidden: false,
        default: None,
        visible_when: BTreeMap::new(),
        discouraged: Vec::new(),
    };
    match provider.auth {
        AuthMode::ApiKey => vec![field("api_key", Some("apiKey"), "API key", true, true)],
        AuthMode::Basic => vec![
            field("username", None, "User name", false, true),
            field("password", None, "Password", true, false),
        ],
        AuthMode::Oauth2ClientCredentials => vec![
            field("client_id", None, "Client ID", false, true),
            field("client_secret", None, "Client secret", true, true),
        ],
        AuthMode::Oauth2
        | AuthMode::Oauth1
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

fn is_text_input(provider: &Provider, name: &str) -> bool {
    provider.inputs.connection.iter().any(|input| input.kind == Kind::Text && input.wire_name() == name)
}

pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn list_of(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
