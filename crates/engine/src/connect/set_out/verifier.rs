//! OAuth 1.0a: temporary credentials are asked for before the browser leaves (RFC 5849 §2.1), and the browser will
//! bring back a verifier.

use protocol::oauth1::authorize::{Start, begin};
use protocol::oauth1::temporary;

use super::{Departure, unstartable};
use crate::Engine;
use crate::connect::Submitted;
use crate::error::Error;
use crate::journey::Journey;
use crate::send::token_failure;
use crate::token_calls::Unanswered;

impl Engine {
    pub(super) async fn set_out_for_verifier(&self, departure: Departure<'_>) -> Result<Submitted, Error> {
        let Departure { provider, client, fields, .. } = &departure;
        let callback = temporary::callback(&self.callback_url(), departure.state.expose());
        let answered = self
            .ask_server(fields, None, |fields| temporary::request(provider, client, fields, &callback))
            .await;
        let response = answered.map_err(|unanswered| self.not_begun(Unanswered::told(unanswered)))?;
        let temporary = temporary::outcome(&response, self.ports().now()).map_err(|error| {
            let secret = client.secret.as_ref().map_or("", |secret| secret.expose());
            self.not_begun(token_failure(&error, &[secret]))
        })?;
        let start = Start {
            provider,
            client,
            fields,
            callback: &callback,
            scopes: &departure.scopes(),
            extra_params: &departure.chosen.defaults.authorization_params.clone().unwrap_or_default(),
        };
        let started = begin(&start, temporary).map_err(|error| unstartable(&error))?;
        self.depart(departure, started.url, Journey::Verifier(started.flow)).await
    }
}
