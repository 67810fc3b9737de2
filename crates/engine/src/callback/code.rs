//! Redeeming a code (RFC 6749 §4.1.3), with everything that belongs to the tokens it becomes.

use std::collections::BTreeMap;

use protocol::after_token::Context;
use protocol::authorize::Flow;
use protocol::{Client, Credential, Fields, OAuth2Tokens, after_token, exchange, missing_scopes};
use serde_json::{Map, Value};
use vault::Secret;

use super::failure::Setback;
use super::keep::{Granted, Stop};
use super::returned::Returned;
use crate::seals::SecretMap;
use crate::token_calls::{Unanswered, failed_call};
use crate::{Engine, entered};

impl Engine {
    pub(super) async fn redeem_code(
        &self,
        returned: &Returned,
        flow: &Flow,
        code: &Secret<String>,
        params: &BTreeMap<String, String>,
    ) -> Result<Granted, Stop> {
        let (tokens, client, config) = self.exchanged(returned, flow, code, params).await?;
        Ok(Granted {
            missing_scopes: missing_scopes(&flow.requested_scopes, &tokens),
            credential: Credential::OAuth2(tokens),
            config,
            client,
        })
    }

    /// Whole tokens for a code, the client they were given to, and the connection fields with what came along.
    pub(super) async fn exchanged(
        &self,
        returned: &Returned,
        flow: &Flow,
        code: &Secret<String>,
        params: &BTreeMap<String, String>,
    ) -> Result<(OAuth2Tokens, Client, Map<String, Value>), Setback> {
        let Returned { integration, provider, content, .. } = returned;
        let mut config = content.config.clone();
        capture(returned, &mut config, None, params);
        let fields = self.all_fields(provider, integration, &config, &SecretMap::new());
        let fields = fields.map_err(|error| Setback::unreadable(&error))?;
        let fields = Fields { callback: params.clone(), ..fields };
        let client = self.client_named(integration, provider, &flow.client_id);
        let client = client.map_err(|error| Setback::unreadable(&error))?;
        let build = |fields: &Fields| exchange::request(provider, flow, &client, code, fields);
        let response =
            self.ask_server(&fields, flow.dpop_key.as_ref(), build).await.map_err(Unanswered::told)?;
        let context = Context { provider, client: &client, fields: &fields };
        let mut tokens = exchange::outcome(provider, &response, self.ports().now()).map_err(|error| {
            let verifier = flow.verifier.as_ref().map_or("", |verifier| verifier.expose());
            failed_call(&error, context, &[code.expose(), verifier], None)
        })?;
        tokens.kept.dpop_key.clone_from(&flow.dpop_key);
        if integration.client_id.as_deref() != Some(client.id.as_str()) {
            // A registration may go away, and the grant must not go with it.
            tokens.client_override = Some(client.clone());
        }
        let step = after_token::exchanged(context, tokens).map_err(|error| Setback::unusable(&error))?;
        // The code can be had again, so half a credential is not kept: it would look like a whole one.
        let tokens = self
            .complete(context, step, || true)
            .await
            .map_err(|interrupted| Setback { code: interrupted.code, message: interrupted.message })?;
        capture(returned, &mut config, Some(&tokens.raw), params);
        Ok((tokens, client, config))
    }
}

/// Adds what the definition keeps of an answer and of the callback.
pub(crate) fn capture(
    returned: &Returned,
    config: &mut Map<String, Value>,
    answer: Option<&Secret<String>>,
    params: &BTreeMap<String, String>,
) {
    let nothing = Secret::new("{}".to_owned());
    for (name, value) in exchange::captures(&returned.provider, answer.unwrap_or(&nothing), params) {
        config.insert(entered::wire_name(&returned.provider, &name), Value::String(value));
    }
}
