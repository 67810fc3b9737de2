//! The provider sends the browser back (RFC 6749 §4.1.2): from the state to a stored connection.
//!
//! The state is used up first, by one statement, so that of any number of equal callbacks exactly one goes on. Then
//! the browser is checked, then the answer, and only then a code is redeemed.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::Provider;
use egress::Limits;
use model::audit::Action;
use model::integration::CLIENT_SECRET;
use model::token::TokenHash;
use model::webhook::{EventError, Operation};
use model::{Actor, Environment, Integration, IntegrationKey, PendingFlow, SessionId};
use protocol::callback::{self, Callback};
use protocol::{Client, Credential, Fields, exchange};
use serde_json::{Map, Value};
use vault::Secret;

use crate::actor::SessionCaller;
use crate::audit::Event;
use crate::connect::{Connected, cookie_suffix};
use crate::error::Error;
use crate::integrations::connection_key;
use crate::notify::Happened;
use crate::save::Save;
use crate::seals::FlowContent;
use crate::send::token_failure;
use crate::{Engine, entered};

/// Why a callback did not lead to a connection, in words for the end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackFailure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// A heading.
    pub title: String,
    /// What happened and what to do.
    pub message: String,
    /// What the provider said, made safe.
    pub provider_said: Option<String>,
    /// The connect session, where known.
    pub session: Option<SessionId>,
    /// The integration, where known.
    pub integration: Option<IntegrationKey>,
    /// Whether trying again in the same session can help.
    pub retry: bool,
}

/// Kinds of failed callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The person or the provider said no.
    Denied,
    /// The state is unknown, used or too old.
    Expired,
    /// Another browser set out.
    OtherBrowser,
    /// The provider did not do its part.
    Provider,
    /// The answer breaks a rule that protects the person.
    Rejected,
    /// A fault of ours.
    Internal,
}

/// A flow that came back, with everything it belongs to.
struct Returned {
    by: SessionCaller,
    integration: Integration,
    provider: Arc<Provider>,
    pending: PendingFlow,
    content: FlowContent,
}

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
        let answered = async move { Ok(engine.answer(&query, &state_hash, presented).await) };
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
            let failure = failure(
                FailureKind::OtherBrowser,
                "This authorization began in another browser",
                "For your safety it was stopped and nothing was stored. Open the link again in the browser you want to use.",
            );
            return Err(self.fail(&returned, "other_browser", failure).await);
        }
        let provider = match self.resolved(&returned.integration).await {
            Ok(provider) => provider,
            Err(error) => return Err(self.unresolved(&returned, error).await),
        };
        let returned = Returned { provider, ..returned };
        let (code, params) = match callback::read(query, &returned.provider, &returned.content.flow) {
            Ok(Callback::Granted { code, params }) => (code, params),
            Ok(Callback::Refused { error, description }) => {
                return Err(self.refused(&returned, &error, description).await);
            }
            Err(error) => {
                tracing::warn!(%error, integration = %returned.integration.key, "a callback was refused");
                let failure = failure(
                    FailureKind::Rejected,
                    "The provider's answer was not accepted",
                    "It does not fit this authorization, so nothing was stored. Please start again.",
                );
                return Err(self.fail(&returned, "invalid_callback", failure).await);
            }
        };
        self.redeem(returned, code, params).await
    }

    async fn use_up_state(&self, state_hash: &TokenHash) -> Result<PendingFlow, CallbackFailure> {
        let pending =
            store::flows::consume(self.store(), state_hash, self.ports().now()).await.map_err(|error| {
                tracing::error!(%error, "a flow could not be looked up");
                internal()
            })?;
        pending.ok_or_else(expired)
    }

    async fn returned(&self, pending: PendingFlow) -> Result<Returned, CallbackFailure> {
        self.load_returned(pending).await.map_err(|error| {
            tracing::error!(%error, "a returning flow could not be loaded");
            internal()
        })
    }

    async fn load_returned(&self, pending: PendingFlow) -> Result<Returned, Error> {
        let gone = || Error::NotFound(crate::Thing::Session);
        let session = store::sessions::find(self.store(), pending.session).await?.ok_or_else(gone)?;
        let environment =
            store::environments::find(self.store(), pending.environment).await?.ok_or_else(gone)?;
        let integration =
            store::integrations::find_by_id(self.store(), pending.environment, pending.integration).await?;
        let integration = integration.ok_or(Error::NotFound(crate::Thing::Integration))?;
        let provider = self.provider_of(&integration)?;
        let content = self.open_flow(&pending)?;
        Ok(Returned { by: SessionCaller { environment, session }, integration, provider, pending, content })
    }

    async fn unresolved(&self, returned: &Returned, error: Error) -> CallbackFailure {
        let code = match &error {
            Error::Upstream(upstream) => upstream.code.clone(),
            Error::NotFound(_)
            | Error::Denied(_)
            | Error::Invalid(_)
            | Error::Refused(_)
            | Error::Unavailable
            | Error::Integrity
            | Error::Internal => "unusable_integration".to_owned(),
        };
        let title = format!("{} could not be asked to complete the authorization", returned.provider.name);
        let message = "Nothing was stored. Please try again; if it happens again, tell the app's support.";
        let failure = failure(FailureKind::Provider, &title, message);
        let failure = CallbackFailure { retry: true, provider_said: Some(error.to_string()), ..failure };
        self.fail(returned, &code, failure).await
    }

    /// Redeems the code and stores what comes of it.
    async fn redeem(
        &self,
        returned: Returned,
        code: Secret<String>,
        params: BTreeMap<String, String>,
    ) -> Result<Connected, CallbackFailure> {
        let (credential, config) = match self.exchange(&returned, &code, &params).await {
            Ok(done) => done,
            Err((code, message)) => {
                let failure = CallbackFailure {
                    retry: true,
                    provider_said: Some(message),
                    ..failure(
                        FailureKind::Provider,
                        &format!("{} did not complete the authorization", returned.provider.name),
                        "Nothing was stored. Please try again; if it happens again, tell the app's support.",
                    )
                };
                return Err(self.fail(&returned, &code, failure).await);
            }
        };
        let internal = || CallbackFailure {
            session: Some(returned.by.session.id),
            integration: Some(returned.integration.key.clone()),
            ..internal()
        };
        let key = connection_key(&returned.content.connection_key).map_err(|_| internal())?;
        let new = Save::of_session(
            &returned.by,
            returned.integration.clone(),
            Arc::clone(&returned.provider),
            key,
            credential,
            config,
        );
        let saved = match self.save_connected(new).await {
            Ok(saved) => saved,
            Err(Error::Refused(_)) => {
                let failure = failure(
                    FailureKind::Rejected,
                    "The connection no longer exists",
                    "It was deleted while you were away, so nothing was stored. Go back to the app and connect anew.",
                );
                return Err(self.fail(&returned, "connection_gone", failure).await);
            }
            Err(error) => {
                tracing::error!(%error, "a new credential could not be stored");
                return Err(internal());
            }
        };
        Ok(saved.connected(returned.by.session.id, returned.integration.key))
    }

    async fn exchange(
        &self,
        returned: &Returned,
        code: &Secret<String>,
        params: &BTreeMap<String, String>,
    ) -> Result<(Credential, Map<String, Value>), (String, String)> {
        let Returned { integration, provider, content, .. } = returned;
        let unreadable = |error: Error| ("integrity_error".to_owned(), error.to_string());
        let secret = self.open_integration(integration).map_err(unreadable)?.remove(CLIENT_SECRET);
        let client = Client { id: integration.client_id.clone().unwrap_or_default(), secret };
        let mut config = content.config.clone();
        for (name, value) in exchange::captures(provider, &Secret::new("{}".to_owned()), params) {
            config.insert(entered::wire_name(provider, &name), Value::String(value));
        }
        let fields = Fields { callback: params.clone(), ..self.fields(provider, integration, &config) };
        let request = exchange::request(provider, &content.flow, &client, code, &fields)
            .map_err(|error| ("unusable_integration".to_owned(), error.to_string()))?;
        let response = self
            .send(request, &Limits::token())
            .await
            .map_err(|no_answer| (no_answer.code.to_owned(), no_answer.message))?;
        let tokens = exchange::outcome(provider, &response, self.ports().now()).map_err(|error| {
            let spent = [Some(code), content.flow.verifier.as_ref(), client.secret.as_ref()];
            let told: Vec<&str> =
                spent.into_iter().flatten().map(|secret| secret.expose().as_str()).collect();
            token_failure(&error, &told)
        })?;
        for (name, value) in exchange::captures(provider, &tokens.raw, params) {
            config.insert(entered::wire_name(provider, &name), Value::String(value));
        }
        Ok((Credential::OAuth2(tokens), config))
    }

    async fn refused(
        &self,
        returned: &Returned,
        error: &str,
        description: Option<String>,
    ) -> CallbackFailure {
        let name = &returned.provider.name;
        let failure = if error == "access_denied" {
            failure(
                FailureKind::Denied,
                "Access was not granted",
                &format!(
                    "{name} reports that the request was declined, so nothing was connected. You can try again."
                ),
            )
        } else {
            failure(
                FailureKind::Provider,
                &format!("{name} could not authorize the connection"),
                "Nothing was stored. Please try again; if it happens again, tell the app's support.",
            )
        };
        let said = description.map_or_else(|| error.to_owned(), |words| format!("{error}: {words}"));
        let failure = CallbackFailure { retry: true, provider_said: Some(said), ..failure };
        self.fail(returned, error, failure).await
    }

    /// Records a failed authorization and tells the app; the failure goes back to the browser.
    async fn fail(&self, returned: &Returned, code: &str, failure: CallbackFailure) -> CallbackFailure {
        let said = failure.provider_said.as_deref().unwrap_or(&failure.title);
        let environment = &returned.by.environment;
        let description = said.to_owned();
        if let Err(error) = self.tell_failure(environment, returned, code, description).await {
            tracing::error!(%error, "a failed authorization could not be reported");
        }
        CallbackFailure {
            session: Some(returned.by.session.id),
            integration: Some(returned.integration.key.clone()),
            ..failure
        }
    }

    async fn tell_failure(
        &self,
        environment: &Environment,
        returned: &Returned,
        code: &str,
        description: String,
    ) -> Result<(), Error> {
        let happened = Happened {
            environment,
            integration_key: returned.integration.key.as_str(),
            provider: &returned.provider,
            connection_key: &returned.content.connection_key,
            stream: returned.pending.id,
            operation: Operation::Creation,
            error: Some(EventError { description, kind: code.to_owned() }),
            tags: None,
            end_user: None,
            url_override: returned.by.session.webhook_url_override.as_deref(),
        };
        if let Some(settings) = self.event_settings(environment.id).await? {
            let mut tx = self.store().begin().await?;
            self.notify(&mut tx, &settings, happened).await?;
            tx.commit().await?;
            self.0.nudge.wake();
        }
        self.record(Event {
            environment: environment.id,
            actor: Actor::Session(returned.by.session.id),
            action: Action::AuthorizationFailed,
            subject: returned.integration.key.as_str(),
            detail: Some(code.to_owned()),
        })
        .await
    }
}

fn failure(kind: FailureKind, title: &str, message: &str) -> CallbackFailure {
    CallbackFailure {
        kind,
        title: title.to_owned(),
        message: message.to_owned(),
        provider_said: None,
        session: None,
        integration: None,
        retry: false,
    }
}

fn expired() -> CallbackFailure {
    failure(
        FailureKind::Expired,
        "This authorization is no longer valid",
        "It was used already or took too long. Go back to the app and start again.",
    )
}

fn internal() -> CallbackFailure {
    failure(
        FailureKind::Internal,
        "The connection could not be completed",
        "Something went wrong on our side and nothing was stored. Please try again in a moment.",
    )
}
