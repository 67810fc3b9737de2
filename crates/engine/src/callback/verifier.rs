//! Redeeming a verifier (RFC 5849 §2.3).

use std::collections::BTreeMap;

use protocol::Credential;
use protocol::oauth1::{Flow, token};
use vault::Secret;

use super::code::capture;
use super::failure::Setback;
use super::keep::{Granted, Stop};
use super::returned::Returned;
use crate::Engine;
use crate::seals::SecretMap;
use crate::send::token_failure;
use crate::token_calls::Unanswered;

impl Engine {
    pub(super) async fn redeem_verifier(
        &self,
        returned: &Returned,
        flow: &Flow,
        verifier: &Secret<String>,
        params: &BTreeMap<String, String>,
    ) -> Result<Granted, Stop> {
        let Returned { integration, provider, content, .. } = returned;
        let mut config = content.config.clone();
        capture(returned, &mut config, None, params);
        let fields = self.all_fields(provider, integration, &config, &SecretMap::new());
        let fields = fields.map_err(|error| Setback::unreadable(&error))?;
        let client = self.own_client(integration).map_err(|error| Setback::unreadable(&error))?;
        let response = self
            .ask_server(&fields, None, |fields| token::request(provider, &client, flow, verifier, fields))
            .await
            .map_err(|unanswered| Setback::from(Unanswered::told(unanswered)))?;
        let credential = token::outcome(&response, self.ports().now()).map_err(|error| {
            let secrets = [Some(verifier), Some(&flow.temporary.secret), client.secret.as_ref()];
            let told: Vec<&str> =
                secrets.into_iter().flatten().map(|secret| secret.expose().as_str()).collect();
            Setback::from(token_failure(&error, &told))
        })?;
        if let Credential::OAuth1 { raw, .. } = &credential {
            capture(returned, &mut config, Some(raw), params);
        }
        Ok(Granted { credential, config, missing_scopes: Vec::new(), client })
    }
}
