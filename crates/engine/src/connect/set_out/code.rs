//! OAuth 2.0: the browser will bring back a code (RFC 6749 §4.1). Parameters are pushed where the server takes them
//! (RFC 9126), and the code is bound to a key where tokens will be (RFC 9449 §10).

use protocol::authorize::{self, Start, Started};
use protocol::{DpopKey, Fields, RequestError, pushed};
use url::Url;

use super::{Departure, list_of, unstartable};
use crate::Engine;
use crate::connect::Submitted;
use crate::error::{Error, Rule};
use crate::journey::Journey;
use crate::send::token_failure;
use crate::token_calls::Unanswered;

impl Engine {
    pub(super) async fn set_out_for_code(&self, departure: Departure<'_>) -> Result<Submitted, Error> {
        let started = self.started(&departure)?;
        let pushed_to = authorize::pushed_url(&departure.provider, &departure.client, &departure.fields);
        let started = match pushed_to {
            Some(endpoint) => {
                let endpoint = endpoint.map_err(|error| unusable(&error))?;
                self.pushed(&departure, started, &endpoint).await?
            }
            None => started,
        };
        self.depart(departure, started.url, Journey::Code(started.flow)).await
    }

    /// The authorization as the browser would carry it.
    pub(super) fn started(&self, departure: &Departure<'_>) -> Result<Started, Error> {
        let defaults = &departure.chosen.defaults;
        let user_scopes = defaults.user_scopes.as_deref().map(list_of).unwrap_or_default();
        let started = authorize::begin(&Start {
            provider: &departure.provider,
            client: &departure.client,
            fields: &departure.fields,
            redirect_uri: &self.callback_url(),
            scopes: &departure.scopes(),
            user_scopes: &user_scopes,
            extra_params: &defaults.authorization_params.clone().unwrap_or_default(),
            state: departure.state.expose(),
            verifier_random: self.ports().random(),
        })
        .map_err(|error| unstartable(&error))?;
        if !departure.provider.token.as_ref().is_some_and(|token| token.dpop) {
            return Ok(started);
        }
        started.bound_to(self.new_key()).map_err(|error| unusable(&error))
    }

    /// A key for the tokens of one connection.
    pub(super) fn new_key(&self) -> DpopKey {
        loop {
            // One draw of four thousand million is no key.
            if let Some(key) = DpopKey::from_random(self.ports().random()) {
                return key;
            }
        }
    }

    async fn pushed(
        &self,
        departure: &Departure<'_>,
        started: Started,
        endpoint: &Url,
    ) -> Result<Started, Error> {
        let Departure { provider, client, fields, .. } = departure;
        let build = |fields: &Fields| pushed::request(provider, client, fields, endpoint, &started);
        let answered = self.ask_server(fields, started.flow.dpop_key.as_ref(), build).await;
        let response = answered.map_err(|unanswered| self.not_begun(Unanswered::told(unanswered)))?;
        let secret = client.secret.as_ref().map_or("", |secret| secret.expose());
        pushed::outcome(started, &response, self.ports().now())
            .map_err(|error| self.not_begun(token_failure(&error, &[secret])))
    }
}

fn unusable(error: &RequestError) -> Error {
    Error::refused(Rule::Body, format!("the authorization cannot start: {error}"))
}
