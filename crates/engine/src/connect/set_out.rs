//! Setting out to the provider: the flow is frozen, sealed and bound to this browser.

use model::{ConnectionKey, PendingFlow};
use protocol::Client;
use protocol::authorize::{self, Start};
use serde_json::{Map, Value};

use super::{Chosen, Submitted, text_of};
use crate::Engine;
use crate::actor::SessionCaller;
use crate::error::{Error, Rule};
use crate::seals::{FlowContent, Place};

impl Engine {
    pub(super) async fn set_out(
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
}

/// Ends the name of a flow's cookie: enough of the state's hash to tell parallel flows apart.
pub(crate) fn cookie_suffix(state_hash: &model::token::TokenHash) -> String {
    hex::encode(&state_hash[..4])
}

fn list_of(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
