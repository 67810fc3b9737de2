//! Importing a connection that was authorized elsewhere.

use std::sync::Arc;

use catalog::{AuthMode, Provider};
use model::webhook::Operation;
use model::{ConnectionKey, EndUser, IntegrationKey, Issue, IssueCode, Tags};
use protocol::{Credential, Fields};
use serde_json::{Map, Value};

use crate::Engine;
use crate::actor::{Grant, right};
use crate::after_connect::is_followed;
use crate::connect::text_of;
use crate::connections::merged;
use crate::error::{Error, Rule, Thing};
use crate::introspect::may_be_untold;
use crate::read::ReadConnection;
use crate::save::{LookUp, Save};
use crate::seals::SecretMap;
use crate::servers;
use crate::verify::has_check;

/// A connection to be imported.
pub struct NewConnection {
    /// The integration.
    pub integration: IntegrationKey,
    /// Its name; made up when absent.
    pub key: Option<ConnectionKey>,
    /// The credential; its kind must be the provider's.
    pub credential: Credential,
    /// Connection fields by their name on the wire; absent keeps those of an existing connection.
    pub config: Option<Map<String, Value>>,
    /// The app's own data; absent keeps that of an existing connection.
    pub metadata: Option<Map<String, Value>>,
    /// Explicit tags; absent (with no person) keeps those of an existing connection.
    pub tags: Option<Tags>,
    /// The person.
    pub end_user: Option<EndUser>,
    /// Where webhooks go.
    pub webhook_url_override: Option<String>,
}

/// An imported connection.
pub struct Imported {
    /// The connection with its credential, as it was given.
    pub connection: ReadConnection,
    /// Whether one of that name was there before.
    pub replaced: bool,
}

impl Engine {
    /// Imports a connection, or puts the credential into an existing one of that name. It is tried at the provider
    /// first where the provider has a check.
    pub async fn import_connection(
        &self,
        by: &Grant<right::CreateConnection>,
        new: NewConnection,
    ) -> Result<Imported, Error> {
        let environment = by.environment.clone();
        let found = store::integrations::find(self.store(), environment.id, &new.integration).await?;
        let integration = found.ok_or(Error::NotFound(Thing::Integration))?;
        let provider = self.provider_of(&integration)?;
        if new.credential.kind().wire() != provider.auth.wire() {
            let message = format!(
                "credentials.type is {}, but {} uses {}",
                new.credential.kind().wire(),
                provider.name,
                provider.auth.wire()
            );
            return Err(Error::refused(Rule::Body, message));
        }
        let mut issues = [unfit_credential(&new.credential), unfit_config(new.config.as_ref())].concat();
        let key = match new.key {
            Some(key) => key,
            None => ConnectionKey::stored(self.ports().connection_key().to_string()),
        };
        let existing = store::connections::find(self.store(), environment.id, &new.integration, &key)
            .await?
            .map(|f| f.connection);
        let (config, kept_fields) = match (new.config, existing) {
            (Some(config), _) => (config, SecretMap::new()),
            // A credential that no longer opens is what an import may be there to mend.
            (None, Some(old)) => {
                let kept = self.open_connection(&old).map(|secrets| secrets.fields).unwrap_or_default();
                (old.config.clone(), kept)
            }
            (None, None) => (Map::new(), SecretMap::new()),
        };
        issues.extend(missing_config(&provider, &config));
        if let Err(forbidden) = servers::check_all(&provider, &integration, &config) {
            issues.push(forbidden.issue().under("connection_config"));
        }
        if !issues.is_empty() {
            return Err(Error::Invalid(issues));
        }
        if has_check(&provider, &integration) {
            let resolved = self.resolved(&integration).await?;
            let fields = Fields {
                credential: new.credential.entered(),
                ..self.all_fields(&resolved, &integration, &config, &kept_fields)?
            };
            let client = self.client_with(&integration, &new.credential)?;
            self.verify(&resolved, &new.credential, &fields, client.as_ref()).await?;
        }
        // The caller does not wait for what follows, so the end of a token that came without one is asked for by the job
        // as well.
        let is_followed = is_followed(&provider) || may_be_untold(&provider, &integration, &new.credential);
        let look_up = if is_followed { LookUp::Later } else { LookUp::Never };
        let tags = match (&new.end_user, &new.tags) {
            (None, None) => None,
            (end_user, tags) => Some(merged(end_user.as_ref(), tags.as_ref())?),
        };
        let save = Save {
            environment,
            integration,
            provider: provider.clone(),
            key,
            credential: new.credential.clone(),
            config,
            kept_fields,
            look_up,
            reconnects: None,
            end_user: new.end_user,
            tags,
            metadata: new.metadata,
            webhook_url_override: new.webhook_url_override,
            missing_scopes: Vec::new(),
            event_end_user: None,
            actor: by.actor(),
        };
        let engine = self.clone();
        let saved = self.to_the_end(async move { engine.save(save).await }).await?;
        let connection = ReadConnection {
            connection: Arc::new(saved.connection),
            integration: new.integration,
            provider,
            credential: Some(new.credential),
            secret_fields: SecretMap::new(),
            stale: false,
        };
        Ok(Imported { connection, replaced: saved.operation == Operation::Override })
    }
}

/// Values that will stand in headers must not break out of them; refused when written, not when used.
fn unfit_credential(credential: &Credential) -> Vec<Issue> {
    let mut texts: Vec<(&str, &str)> = Vec::new();
    match credential {
        Credential::OAuth2(tokens) => {
            texts.push(("access_token", tokens.access_token.expose()));
            texts.extend(tokens.refresh_token.iter().map(|token| ("refresh_token", token.expose().as_str())));
        }
        // Keys and certificates are PEM, whose lines never stand in a header.
        Credential::ClientCredentials { tokens, client_id, client_secret, entered: _ } => {
            texts.push(("token", tokens.access_token.expose()));
            texts.push(("client_id", client_id));
            texts.push(("client_secret", client_secret.expose()));
        }
        Credential::OAuth1 { token, token_secret, .. } => {
            texts.push(("oauth_token", token.expose()));
            texts.push(("oauth_token_secret", token_secret.expose()));
        }
        Credential::ApiKey { api_key } => texts.push(("apiKey", api_key.expose())),
        Credential::Basic { username, password } => {
            texts.push(("username", username));
            texts.push(("password", password.expose()));
        }
        Credential::OAuth1TokenBased { token_id, token_secret, client_override } => {
            texts.push(("token_id", token_id.expose()));
            texts.push(("token_secret", token_secret.expose()));
            texts.extend(client_override.iter().map(|client| ("config_override", client.id.as_str())));
        }
        // The API takes none of these.
        Credential::TwoStep(_)
        | Credential::Jwt(_)
        | Credential::Signature(_)
        | Credential::Session(_)
        | Credential::Aws(_)
        | Credential::App { .. }
        | Credential::None => {}
    }
    texts
        .into_iter()
        .filter(|(_, text)| model::fields::breaks_headers(text))
        .map(|(name, _)| {
            let message = "must not hold line breaks or control characters";
            Issue::new(IssueCode::InvalidFormat, ["credentials", name], message)
        })
        .collect()
}

/// A token pair signs for one account, so it is of no use without the fields that name it.
fn missing_config(provider: &Provider, config: &Map<String, Value>) -> Vec<Issue> {
    if provider.auth != AuthMode::Oauth1TokenBased {
        return Vec::new();
    }
    let needed = provider.inputs.connection.iter().filter(|input| input.required && !input.automated);
    needed
        .filter(|input| config.get(input.wire_name()).is_none_or(|value| text_of(value).is_empty()))
        .map(|input| {
            let message = format!("{} is required", input.label);
            Issue::new(IssueCode::InvalidType, ["connection_config", input.wire_name()], message)
        })
        .collect()
}

fn unfit_config(config: Option<&Map<String, Value>>) -> Vec<Issue> {
    let values = config.into_iter().flatten();
    values
        .filter(|(_, value)| model::fields::breaks_headers(&text_of(value)))
        .map(|(name, _)| {
            let message = "must not hold line breaks or control characters";
            Issue::new(IssueCode::InvalidFormat, ["connection_config", name], message)
        })
        .collect()
}
