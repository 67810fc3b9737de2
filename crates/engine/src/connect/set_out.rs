//! Setting out to the provider: the flow is frozen, sealed and bound to this browser.

mod code;
mod device;
mod installation;
mod verifier;

use std::sync::Arc;

use catalog::Provider;
use catalog::provider::AuthMode;
use jiff::Timestamp;
use model::{ConnectionKey, Integration, PendingFlow};
use protocol::authorize::StartError;
use protocol::{Client, Fields};
use serde_json::{Map, Value};
use url::Url;
use vault::Secret;

use super::form::is_device;
use super::{Chosen, Submitted, text_of};
use crate::Engine;
use crate::actor::SessionCaller;
use crate::client::may_be_registered;
use crate::error::{Error, Rule};
use crate::journey::Journey;
use crate::seals::{FlowContent, Place, SecretMap};

/// An authorization that is about to begin.
struct Departure<'a> {
    by: &'a SessionCaller,
    chosen: &'a Chosen,
    integration: Integration,
    provider: Arc<Provider>,
    client: Client,
    fields: Fields,
    config: Map<String, Value>,
    connection: &'a ConnectionKey,
    /// Binds the answer to this authorization.
    state: Secret<String>,
}

impl Engine {
    pub(super) async fn set_out(
        &self,
        by: &SessionCaller,
        chosen: &Chosen,
        config: Map<String, Value>,
        connection: &ConnectionKey,
    ) -> Result<Submitted, Error> {
        let defined = self.provider_of(&chosen.integration)?;
        let (integration, client) = if may_be_registered(&defined) {
            self.client_at_server(&by.environment, &chosen.integration, &config).await?
        } else {
            (chosen.integration.clone(), self.own_client(&chosen.integration)?)
        };
        let provider = self.resolved_for(&integration, &config).await?;
        let fields = self.all_fields(&provider, &integration, &config, &SecretMap::new())?;
        let state = model::token::url_token(self.ports().random());
        let departure =
            Departure { by, chosen, integration, provider, client, fields, config, connection, state };
        let to_device = is_device(&departure.provider, &departure.integration);
        match departure.provider.auth {
            AuthMode::Oauth2 | AuthMode::McpOauth2 | AuthMode::McpOauth2Discovery if to_device => {
                self.set_out_on_device(departure).await
            }
            AuthMode::Oauth2 | AuthMode::McpOauth2 | AuthMode::McpOauth2Discovery => {
                self.set_out_for_code(departure).await
            }
            AuthMode::Oauth1 => self.set_out_for_verifier(departure).await,
            AuthMode::AppInstallation | AuthMode::AppInstallationWithUserOauth => {
                self.set_out_to_install(departure).await
            }
            AuthMode::PluginInstall => self.set_out_to_plug_in(departure).await,
            AuthMode::Oauth2ClientCredentials
            | AuthMode::Oauth1TokenBased
            | AuthMode::TwoStep
            | AuthMode::Jwt
            | AuthMode::Signature
            | AuthMode::SessionLogin
            | AuthMode::AwsSigv4
            | AuthMode::ApiKey
            | AuthMode::Basic
            | AuthMode::None => {
                Err(Error::refused(Rule::Body, "this provider has no page to send the browser to"))
            }
        }
    }

    /// Keeps the flow and sends the browser on its way.
    async fn depart(&self, departure: Departure<'_>, url: Url, journey: Journey) -> Result<Submitted, Error> {
        let until = self.ports().now() + model::flow::LIFETIME;
        let (cookie_name_suffix, cookie_value) = self.keep_flow(&departure, journey, until).await?;
        Ok(Submitted::Redirect { url, cookie_name_suffix, cookie_value })
    }

    /// Stores a flow. What comes back is the cookie that binds it to this browser: the end of its name, and its value.
    async fn keep_flow(
        &self,
        departure: &Departure<'_>,
        journey: Journey,
        expires_at: Timestamp,
    ) -> Result<(String, Secret<String>), Error> {
        let environment = departure.by.environment.id;
        let cookie_value = model::token::url_token(self.ports().random());
        let state_hash = model::token::hash(departure.state.expose());
        let id = self.ports().row_id();
        let content = FlowContent {
            journey,
            config: departure.config.clone(),
            connection_key: departure.connection.to_string(),
        };
        let pending = PendingFlow {
            id,
            state_hash,
            environment,
            integration: departure.integration.id,
            session: departure.by.session.id,
            browser_hash: model::token::hash(cookie_value.expose()),
            sealed: self.seal_flow(&Place::flow(environment, id), &content),
            created_at: self.ports().now(),
            expires_at,
        };
        let mut tx = self.store().begin().await?;
        store::flows::create(&mut tx, &pending).await?;
        tx.commit().await?;
        Ok((cookie_suffix(&state_hash), cookie_value))
    }

    /// Why the provider did not take part, in words for the person at the form.
    fn not_begun(&self, (code, message): (String, String)) -> Error {
        self.upstream(code, format!("the authorization could not begin: {message}"))
    }
}

impl Departure<'_> {
    fn scopes(&self) -> Vec<String> {
        chosen_scopes(&self.integration, &self.config)
    }
}

/// The scopes to ask for: those of the session, else of the integration; empty means the provider's default.
pub(super) fn chosen_scopes(integration: &Integration, config: &Map<String, Value>) -> Vec<String> {
    let overriding = config.get("oauth_scopes_override").map(|value| list_of(&text_of(value)));
    overriding.unwrap_or_else(|| integration.scopes.clone())
}

/// An authorization that its own definition, or the app's parameters, keep from beginning.
fn unstartable(error: &StartError) -> Error {
    Error::refused(Rule::Body, format!("the authorization cannot start: {error}"))
}

/// Ends the name of a flow's cookie: enough of the state's hash to tell parallel flows apart.
pub(crate) fn cookie_suffix(state_hash: &model::token::TokenHash) -> String {
    hex::encode(&state_hash[..4])
}

fn list_of(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
