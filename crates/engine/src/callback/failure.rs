//! What did not lead to a connection: told to the person, recorded, and told to the app.

use model::audit::Action;
use model::webhook::{EventError, Operation};
use model::{Actor, Environment, IntegrationKey, SessionId};

use super::Returned;
use crate::Engine;
use crate::audit::Event;
use crate::error::Error;
use crate::notify::Happened;

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
    /// Somebody else has to agree first.
    Awaited,
    /// Another browser set out.
    OtherBrowser,
    /// The provider did not do its part.
    Provider,
    /// The answer breaks a rule that protects the person.
    Rejected,
    /// A fault of ours.
    Internal,
}

/// Why a step at the provider came to nothing: a code of ours and words that are safe to show.
pub(crate) struct Setback {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What providers answer when a person says no: the standard's code, and those of OAuth 1.0a servers.
const REFUSED_BY_PERSON: &[&str] = &["access_denied", "denied", "permission_denied", "user_refused"];

impl From<(String, String)> for Setback {
    fn from((code, message): (String, String)) -> Self {
        Self { code, message }
    }
}

impl Setback {
    /// A definition or settings that no request can be made of.
    pub(crate) fn unusable(error: &impl ToString) -> Self {
        Self { code: "unusable_integration".to_owned(), message: error.to_string() }
    }

    /// Something of ours that is stored and cannot be read, or must not be used.
    pub(crate) fn unreadable(error: &Error) -> Self {
        if let Error::Refused(refusal) = error {
            return Self::unusable(&refusal.message);
        }
        Self { code: "integrity_error".to_owned(), message: error.to_string() }
    }
}

impl Engine {
    pub(crate) async fn unresolved(&self, returned: &Returned, error: Error) -> CallbackFailure {
        let code = error.upstream_code().unwrap_or("unusable_integration").to_owned();
        let title = format!("{} could not be asked to complete the authorization", returned.provider.name);
        let message = "Nothing was stored. Please try again; if it happens again, tell the app's support.";
        let failure = failure(FailureKind::Provider, &title, message);
        let failure = CallbackFailure { retry: true, provider_said: Some(error.to_string()), ..failure };
        self.fail(returned, &code, failure).await
    }

    pub(crate) async fn refused(
        &self,
        returned: &Returned,
        error: &str,
        description: Option<String>,
    ) -> CallbackFailure {
        let name = &returned.provider.name;
        let failure = if REFUSED_BY_PERSON.contains(&error) {
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

    /// Whoever came back is not who set out, or came without the proof.
    pub(crate) async fn other_browser(&self, returned: &Returned) -> CallbackFailure {
        let failure = failure(
            FailureKind::OtherBrowser,
            "This authorization began in another browser",
            "For your safety it was stopped and nothing was stored. Open the link again in the browser you want to use.",
        );
        self.fail(returned, "other_browser", failure).await
    }

    /// An answer that breaks a rule which protects the person.
    pub(super) async fn rejected(
        &self,
        returned: &Returned,
        error: &protocol::callback::CallbackError,
    ) -> CallbackFailure {
        tracing::warn!(%error, integration = %returned.integration.key, "a callback was refused");
        let failure = failure(
            FailureKind::Rejected,
            "The provider's answer was not accepted",
            "It does not fit this authorization, so nothing was stored. Please start again.",
        );
        self.fail(returned, "invalid_callback", failure).await
    }

    /// A step at the provider that came to nothing.
    pub(crate) async fn set_back(&self, returned: &Returned, setback: Setback) -> CallbackFailure {
        let failure = CallbackFailure {
            retry: true,
            provider_said: Some(setback.message),
            ..failure(
                FailureKind::Provider,
                &format!("{} did not complete the authorization", returned.provider.name),
                "Nothing was stored. Please try again; if it happens again, tell the app's support.",
            )
        };
        self.fail(returned, &setback.code, failure).await
    }

    /// Records a failed authorization and tells the app; the failure goes back to the browser.
    pub(crate) async fn fail(
        &self,
        returned: &Returned,
        code: &str,
        failure: CallbackFailure,
    ) -> CallbackFailure {
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
            missing_scopes: &[],
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

pub(crate) fn failure(kind: FailureKind, title: &str, message: &str) -> CallbackFailure {
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

pub(crate) fn expired() -> CallbackFailure {
    failure(
        FailureKind::Expired,
        "This authorization is no longer valid",
        "It was used already or took too long. Go back to the app and start again.",
    )
}

pub(crate) fn internal() -> CallbackFailure {
    failure(
        FailureKind::Internal,
        "The connection could not be completed",
        "Something went wrong on our side and nothing was stored. Please try again in a moment.",
    )
}
