//! A person agrees on another device (RFC 8628 §3.4) while a page here asks, time and again, whether they have.
//!
//! The page of the flow asks for it, so nothing runs for a page that nobody looks at. The provider is asked no sooner
//! than it wants to be, however often and from however many nodes the page is loaded: the time of the next question is
//! part of what is sealed, and whoever writes it first asks.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::token::TokenHash;
use protocol::after_token::{self, Context};
use protocol::device::Step;
use protocol::{Client, Credential, Fields, OAuth2Tokens, missing_scopes};
use url::Url;

use crate::Engine;
use crate::callback::{CallbackFailure, Granted, Returned, Setback, expired, internal};
use crate::connect::{Connected, cookie_suffix};
use crate::journey::{AtDevice, Journey};
use crate::seals::{FlowContent, Place, SecretMap};
use crate::token_calls::{Unanswered, failed_call};

/// A question is over by then, whatever became of it.
const ANSWERED: SignedDuration = SignedDuration::from_secs(45);

/// Where an authorization on another device stands.
pub enum DeviceFlow {
    /// The person has not answered yet.
    Waiting(Box<AwaitedDevice>),
    /// They agreed, and the connection is made.
    Connected(Connected),
}

/// What the page shows while the person is at the other device.
#[derive(Debug, Clone)]
pub struct AwaitedDevice {
    /// What to call the integration.
    pub title: String,
    /// Slug of the provider.
    pub provider: String,
    /// The app that gets the access, when it has a name.
    pub app: Option<String>,
    /// What the person types.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: Url,
    /// The same with the code in it.
    pub verification_uri_complete: Option<Url>,
    /// When to load the page again.
    pub again_in: Duration,
    /// When the code ends.
    pub until: Timestamp,
}

impl Engine {
    /// Looks whether the person has agreed. `state` names the flow; the cookies of the browser are asked for by the
    /// end of their name.
    pub async fn device(
        &self,
        state: &str,
        cookie: impl Fn(&str) -> Option<String>,
    ) -> Result<DeviceFlow, CallbackFailure> {
        let state_hash = model::token::hash(state);
        let presented = cookie(&cookie_suffix(&state_hash)).map(|value| model::token::hash(&value));
        let engine = self.clone();
        // A code that was granted is spent, so the rest happens whether or not the browser waits for it.
        let looked = async move { Ok(Box::pin(engine.look(&state_hash, presented)).await) };
        self.to_the_end(looked).await.unwrap_or_else(|_| Err(internal()))
    }

    async fn look(
        &self,
        state_hash: &TokenHash,
        presented: Option<TokenHash>,
    ) -> Result<DeviceFlow, CallbackFailure> {
        let pending =
            store::flows::find(self.store(), state_hash, self.ports().now()).await.map_err(|error| {
                tracing::error!(%error, "a flow could not be looked up");
                internal()
            })?;
        let pending = pending.ok_or_else(expired)?;
        // The address may be known to others, who learn nothing from it and end nothing with it.
        if !presented.is_some_and(|hash| vault::constant_time_eq(&hash, &pending.browser_hash)) {
            return Err(expired());
        }
        let returned = self.returned(pending).await?;
        let Journey::Device(at) = &returned.content.journey else { return Err(expired()) };
        let now = self.ports().now();
        if now < at.ask_from || !self.postpone(&returned, at, now + ANSWERED).await? {
            return Ok(self.waiting(&returned, at));
        }
        Box::pin(self.ask_device(state_hash, returned)).await
    }

    /// Puts the next question off. False when somebody else has done so, who asks in our place.
    async fn postpone(
        &self,
        returned: &Returned,
        at: &AtDevice,
        ask_from: Timestamp,
    ) -> Result<bool, CallbackFailure> {
        let pending = &returned.pending;
        let journey = Journey::Device(AtDevice {
            waiting: at.waiting.clone(),
            client_id: at.client_id.clone(),
            requested_scopes: at.requested_scopes.clone(),
            ask_from,
        });
        let content = FlowContent {
            journey,
            config: returned.content.config.clone(),
            connection_key: returned.content.connection_key.clone(),
        };
        let sealed = self.seal_flow(&Place::flow(pending.environment, pending.id), &content);
        store::flows::reseal(self.store(), pending, &sealed).await.map_err(|error| {
            tracing::error!(%error, "a flow could not be written");
            internal()
        })
    }

    async fn ask_device(
        &self,
        state_hash: &TokenHash,
        returned: Returned,
    ) -> Result<DeviceFlow, CallbackFailure> {
        let mut returned = self.concrete(returned).await?;
        let Journey::Device(at) = &returned.content.journey else { return Err(expired()) };
        let (client, fields) = self.means(&returned, at).map_err(|()| internal())?;
        let provider = &returned.provider;
        let build = |fields: &Fields| at.waiting.request(provider, &client, fields);
        let step = match self.ask_server(&fields, None, build).await {
            Ok(response) => at.waiting.clone().answered(provider, &response, self.ports().now()),
            // RFC 8628 §3.5: a server that does not answer is asked again later.
            Err(Unanswered::Silent(_)) => Ok(Step::Wait(at.waiting.clone())),
            Err(Unanswered::Unbuilt(error)) => {
                return Err(self.end_device(state_hash, &returned, Setback::unusable(&error)).await);
            }
        };
        let context = Context { provider, client: &client, fields: &fields };
        match step {
            Ok(Step::Wait(waiting)) => {
                let ask_from = self.ports().now() + waiting.interval;
                let at = AtDevice {
                    waiting,
                    client_id: at.client_id.clone(),
                    requested_scopes: at.requested_scopes.clone(),
                    ask_from,
                };
                let shown = self.waiting(&returned, &at);
                returned.pending = self.pending_now(state_hash).await?;
                self.postpone(&returned, &at, ask_from).await?;
                Ok(shown)
            }
            Ok(Step::Granted(tokens)) => {
                // Whoever takes the flow makes the connection.
                self.use_up_state(state_hash).await?;
                let requested = at.requested_scopes.clone();
                let granted = self.granted_to_device(&returned, context, tokens, &requested).await;
                match granted {
                    Ok(granted) => self.keep(returned, granted).await.map(DeviceFlow::Connected),
                    Err(setback) => Err(self.set_back(&returned, setback).await),
                }
            }
            Ok(Step::Denied) => {
                self.use_up_state(state_hash).await?;
                Err(self.refused(&returned, "access_denied", None).await)
            }
            Ok(Step::Expired) => {
                let message = "the code ended before anybody agreed".to_owned();
                let setback = Setback { code: "expired_token".to_owned(), message };
                Err(self.end_device(state_hash, &returned, setback).await)
            }
            Err(error) => {
                let setback = failed_call(&error, context, &[], None).into();
                Err(self.end_device(state_hash, &returned, setback).await)
            }
        }
    }

    fn means(&self, returned: &Returned, at: &AtDevice) -> Result<(Client, Fields), ()> {
        let Returned { integration, provider, content, .. } = returned;
        let client = self.client_named(integration, provider, &at.client_id).map_err(drop)?;
        let fields = self.all_fields(provider, integration, &content.config, &SecretMap::new());
        Ok((client, fields.map_err(drop)?))
    }

    async fn pending_now(&self, state_hash: &TokenHash) -> Result<model::PendingFlow, CallbackFailure> {
        let found = store::flows::find(self.store(), state_hash, self.ports().now()).await;
        found.ok().flatten().ok_or_else(expired)
    }

    /// The flow is over without a connection.
    async fn end_device(
        &self,
        state_hash: &TokenHash,
        returned: &Returned,
        setback: Setback,
    ) -> CallbackFailure {
        match self.use_up_state(state_hash).await {
            Ok(_) => self.set_back(returned, setback).await,
            Err(failure) => failure,
        }
    }

    async fn granted_to_device(
        &self,
        returned: &Returned,
        context: Context<'_>,
        mut tokens: OAuth2Tokens,
        requested_scopes: &[String],
    ) -> Result<Granted, Setback> {
        let client = context.client.clone();
        if returned.integration.client_id.as_deref() != Some(client.id.as_str()) {
            tokens.client_override = Some(client.clone());
        }
        let step = after_token::exchanged(context, tokens).map_err(|error| Setback::unusable(&error))?;
        let tokens = self
            .complete(context, step, || true)
            .await
            .map_err(|interrupted| Setback { code: interrupted.code, message: interrupted.message })?;
        let mut config = returned.content.config.clone();
        crate::callback::capture(
            returned,
            &mut config,
            Some(&tokens.raw),
            &std::collections::BTreeMap::new(),
        );
        let missing_scopes = missing_scopes(requested_scopes, &tokens);
        Ok(Granted { credential: Credential::OAuth2(tokens), config, missing_scopes, client })
    }

    fn waiting(&self, returned: &Returned, at: &AtDevice) -> DeviceFlow {
        let waiting = &at.waiting;
        let until = waiting.expires_at.min(returned.pending.expires_at);
        let left = at.ask_from.min(until).duration_since(self.ports().now());
        // A second is added, so that the page does not come back just too early.
        let again_in = Duration::try_from(left).unwrap_or_default().clamp(Duration::ZERO, waiting.interval)
            + Duration::from_secs(1);
        let name = returned.integration.display_name.clone();
        DeviceFlow::Waiting(Box::new(AwaitedDevice {
            title: name.unwrap_or_else(|| returned.provider.name.clone()),
            provider: returned.provider.slug.clone(),
            app: returned.by.environment.app_name.clone(),
            user_code: waiting.user_code.clone(),
            verification_uri: waiting.verification_uri.clone(),
            verification_uri_complete: waiting.verification_uri_complete.clone(),
            again_in,
            until,
        }))
    }
}
