//! The provider sends the browser back: from the state to a stored connection.
//!
//! The state is used up first, by one statement, so that of any number of equal callbacks exactly one goes on. Then
//! the browser is checked, then the answer, and only then is anything redeemed.

mod code;
mod failure;
mod installation;
mod keep;
mod returned;
mod verifier;

use model::PendingFlow;
use model::token::TokenHash;
use protocol::callback::{self, Callback, CallbackError};

use crate::Engine;
use crate::connect::{Connected, cookie_suffix};
use crate::journey::Journey;

pub(crate) use code::capture;
pub use failure::{CallbackFailure, FailureKind};
pub(crate) use failure::{Setback, expired, internal};
pub(crate) use keep::Granted;
pub(crate) use returned::Returned;

impl Engine {
    /// Takes a callback: its raw query, and the cookies of the browser by the end of their name.
    pub async fn callback(
        &self,
        query: &str,
        cookie: impl Fn(&str) -> Option<String>,
    ) -> Result<Connected, CallbackFailure> {
        let state = callback::state(query).map_err(|_| expired())?;
        let state_hash = model::token::hash(&state);
        let presented = cookie(&cookie_suffix(&state_hash)).map(|value| model::token::hash(&value));
        let (engine, query) = (self.clone(), query.to_owned());
        // The state is used up by the first step, so the rest happens whether or not the browser waits for it.
        let answered = async move { Ok(Box::pin(engine.answer(&query, &state_hash, presented)).await) };
        self.to_the_end(answered).await.unwrap_or_else(|_| Err(internal()))
    }

    async fn answer(
        &self,
        query: &str,
        state_hash: &TokenHash,
        presented: Option<TokenHash>,
    ) -> Result<Connected, CallbackFailure> {
        let pending = self.use_up_state(state_hash).await?;
        let same_browser =
            presented.is_some_and(|hash| vault::constant_time_eq(&hash, &pending.browser_hash));
        let returned = self.returned(pending).await?;
        if !same_browser {
            return Err(self.other_browser(&returned).await);
        }
        let returned = self.concrete(returned).await?;
        let granted = match &returned.content.journey {
            Journey::Code(flow) => match callback::read(query, &returned.provider, flow) {
                Ok(Callback::Granted { code, params }) => {
                    self.redeem_code(&returned, flow, &code, &params).await
                }
                read => return Err(self.not_granted(&returned, read).await),
            },
            Journey::Verifier(flow) => {
                match protocol::oauth1::authorize::read(query, &returned.provider, flow) {
                    Ok(Callback::Granted { code, params }) => {
                        self.redeem_verifier(&returned, flow, &code, &params).await
                    }
                    read => return Err(self.not_granted(&returned, read).await),
                }
            }
            Journey::Installation(user) => self.installed(&returned, user.as_ref(), query).await,
            Journey::Plugin => self.plugged_in(&returned, query).await,
            // Nobody is sent back from the other device.
            Journey::Device(_) => {
                let error = CallbackError::Missing { name: "code".to_owned() };
                return Err(self.rejected(&returned, &error).await);
            }
        };
        match granted {
            Ok(granted) => self.keep(returned, granted).await,
            Err(stop) => Err(self.stopped(&returned, stop).await),
        }
    }

    /// An answer that leads no further: refused, or not acceptable.
    async fn not_granted(
        &self,
        returned: &Returned,
        read: Result<Callback, CallbackError>,
    ) -> CallbackFailure {
        match read {
            Ok(Callback::Refused { error, description }) => self.refused(returned, &error, description).await,
            Ok(Callback::Granted { .. }) => internal(),
            Err(error) => self.rejected(returned, &error).await,
        }
    }

    pub(crate) async fn use_up_state(&self, state_hash: &TokenHash) -> Result<PendingFlow, CallbackFailure> {
        let pending =
            store::flows::consume(self.store(), state_hash, self.ports().now()).await.map_err(|error| {
                tracing::error!(%error, "a flow could not be looked up");
                internal()
            })?;
        pending.ok_or_else(expired)
    }
}
