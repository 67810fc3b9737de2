//! Authorization on another device (RFC 8628): a code is shown here and typed there.

use protocol::{device, requested_scopes};

use super::Departure;
use crate::Engine;
use crate::connect::Submitted;
use crate::error::{Error, Rule};
use crate::journey::{AtDevice, Journey};
use crate::send::token_failure;
use crate::token_calls::Unanswered;

/// Nobody needs longer; servers that name a day leave codes lying about.
const LONGEST: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

impl Engine {
    pub(super) async fn set_out_on_device(&self, departure: Departure<'_>) -> Result<Submitted, Error> {
        let Departure { provider, client, fields, .. } = &departure;
        let scopes = departure.scopes();
        let requested_scopes = requested_scopes(provider, client, &scopes, fields).map_err(|error| {
            Error::refused(Rule::Body, format!("the authorization cannot start: {error}"))
        })?;
        let answered =
            self.ask_server(fields, None, |fields| device::request(provider, client, &scopes, fields)).await;
        let response = answered.map_err(|unanswered| self.not_begun(Unanswered::told(unanswered)))?;
        let now = self.ports().now();
        let waiting =
            device::begun(&response, now).map_err(|error| self.not_begun(token_failure(&error, &[])))?;
        let until = waiting.expires_at.min(now + LONGEST);
        let ask_from = now + waiting.interval;
        let client_id = client.id.clone();
        let journey = Journey::Device(AtDevice { waiting, client_id, requested_scopes, ask_from });
        let (cookie_name_suffix, cookie_value) = self.keep_flow(&departure, journey, until).await?;
        let kept_for = until.duration_since(now);
        Ok(Submitted::Device { state: departure.state, cookie_name_suffix, cookie_value, kept_for })
    }
}
