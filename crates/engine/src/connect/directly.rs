//! Connecting without the provider's own page: what was entered becomes a credential, is tried, and is saved.

use std::collections::BTreeMap;

use catalog::input::{Input, Kind};
use catalog::{AuthMode, Provider};
use model::audit::Action;
use model::{ConnectionKey, Integration, Issue};
use protocol::{Credential, Fields, exchange};
use serde_json::{Map, Value};
use vault::Secret;

use super::form::credential_inputs;
use super::{Chosen, Submitted};
use crate::Engine;
use crate::actor::SessionCaller;
use crate::audit::Event;
use crate::entered::wire_name;
use crate::error::{Error, Rule};
use crate::introspect::End;
use crate::refresh::ask::Attempt;
use crate::save::Save;
use crate::seals::SecretMap;

/// What the form brought, by our names.
struct Entered {
    /// Kept with the credential.
    credential: SecretMap,
    /// Used once and never stored.
    one_time: SecretMap,
}

impl Engine {
    pub(super) async fn connect_directly(
        &self,
        by: SessionCaller,
        chosen: Chosen,
        config: Map<String, Value>,
        connection: ConnectionKey,
        values: BTreeMap<String, String>,
    ) -> Result<Submitted, Error> {
        let integration = chosen.integration;
        let provider = self.resolved(&integration).await?;
        let entered = self.entered(&provider, values)?;
        let tried = self.make_and_try(&provider, &integration, config, entered).await;
        let (credential, config, end) = match tried {
            Ok(made) => made,
            Err(error) => {
                self.trace_failure(&by, &integration, &error).await;
                return Err(error);
            }
        };
        let key = integration.key.clone();
        let new = Save::of_session(&by, integration, provider, connection, credential, config);
        let saved = self.save_connected(new, end).await?;
        Ok(Submitted::Connected(saved.connected(by.session.id, key)))
    }

    /// The credential that what was entered makes and that the provider accepts, with the connection's fields and what
    /// came of asking for its end.
    async fn make_and_try(
        &self,
        provider: &Provider,
        integration: &Integration,
        mut config: Map<String, Value>,
        entered: Entered,
    ) -> Result<(Credential, Map<String, Value>, End), Error> {
        let Entered { credential, one_time } = entered;
        let fields = Fields {
            credential,
            one_time,
            ..self.all_fields(provider, integration, &config, &SecretMap::new())?
        };
        let made = self.mint(provider, integration, &fields).await;
        let credential = made.map_err(|attempt| self.not_made(attempt))?;
        complete(&mut config, provider, &credential);
        // What is tried has what the answers brought, and a time of its own.
        let fields = Fields {
            credential: credential.entered(),
            ..self.all_fields(provider, integration, &config, &SecretMap::new())?
        };
        let client = self.client_with(integration, &credential)?;
        self.verify(provider, &credential, &fields, client.as_ref()).await?;
        match self.learn_end(provider, &credential, client.as_ref(), &fields).await {
            End::At(end) => Ok((credential.with_end(end), config, End::Settled)),
            End::Over(message) => Err(Error::refused(Rule::CredentialRejected, message)),
            end @ (End::Settled | End::Open(_)) => Ok((credential, config, end)),
        }
    }

    /// Records that a provider did not take what was entered; who tries many of them leaves a trail.
    async fn trace_failure(&self, by: &SessionCaller, integration: &Integration, error: &Error) {
        let code = match error {
            Error::Refused(_) => "credential_rejected",
            Error::Upstream(upstream) => &upstream.code,
            Error::NotFound(_)
            | Error::Denied(_)
            | Error::Invalid(_)
            | Error::Unavailable
            | Error::Integrity
            | Error::Internal => return,
        };
        let entry = Event {
            environment: by.environment.id,
            actor: by.actor(),
            action: Action::AuthorizationFailed,
            subject: integration.key.as_str(),
            detail: Some(code.to_owned()),
        };
        if let Err(error) = self.record(entry).await {
            tracing::error!(%error, "a failed authorization could not be recorded");
        }
    }

    /// The values of the form; every missing or malformed field is reported.
    fn entered(&self, provider: &Provider, mut values: BTreeMap<String, String>) -> Result<Entered, Error> {
        let mut issues = Vec::new();
        let own = credential_inputs(provider);
        let credential = self.group(&own, &mut values, &mut issues);
        let one_time = self.group(&provider.inputs.one_time, &mut values, &mut issues);
        if issues.is_empty() { Ok(Entered { credential, one_time }) } else { Err(Error::Invalid(issues)) }
    }

    fn group(
        &self,
        inputs: &[Input],
        values: &mut BTreeMap<String, String>,
        issues: &mut Vec<Issue>,
    ) -> SecretMap {
        let given: SecretMap = inputs
            .iter()
            .map(|input| {
                let entered = values.remove(input.wire_name()).map(|value| as_meant(input, value));
                let value = entered.filter(|value| !value.is_empty()).or_else(|| input.default.clone());
                (input.name.clone(), Secret::new(value.unwrap_or_default()))
            })
            .collect();
        let value_of = |name: &str| given.get(name).map(|value| value.expose().as_str());
        let mut kept = SecretMap::new();
        for input in inputs.iter().filter(|input| input.applies(value_of)) {
            let Some(value) = given.get(&input.name) else { continue };
            match self.check_input(input, value.expose()) {
                Ok(()) => drop(kept.insert(input.name.clone(), value.clone())),
                Err(issue) => issues.push(issue),
            }
        }
        kept
    }

    /// Why nothing was made of what was entered. A refusal comes back to the form, for it can be mended there.
    fn not_made(&self, attempt: Attempt) -> Error {
        if attempt.refused {
            return Error::refused(Rule::CredentialRejected, attempt.message);
        }
        self.upstream(attempt.code, attempt.message)
    }
}

/// Passwords and keys are taken as they were typed: a blank may belong to them. Around a host or a UUID none does.
fn as_meant(input: &Input, value: String) -> String {
    match input.kind {
        Kind::String | Kind::Text | Kind::Enum => value,
        Kind::Hostname | Kind::Hosts | Kind::Url | Kind::Uuid | Kind::Email => value.trim().to_owned(),
    }
}

/// Connection fields that come of making the credential.
fn complete(config: &mut Map<String, Value>, provider: &Provider, credential: &Credential) {
    if let Some(tokens) = credential.tokens() {
        for (name, value) in exchange::captures(provider, &tokens.raw, &BTreeMap::new()) {
            config.insert(wire_name(provider, &name), Value::String(value));
        }
    }
    if provider.auth == AuthMode::Oauth1TokenBased {
        // The credential holds the client it was made for.
        config.remove("oauth_client_id_override");
        config.remove("oauth_client_secret_override");
    }
    if let Credential::Aws(keys) = credential {
        let external_id = keys.external_id.clone().unwrap_or_default();
        let fields = [
            ("external_id", &external_id),
            ("role_arn", &keys.role_arn),
            ("region", &keys.region),
            ("service", &keys.service),
        ];
        config.extend(fields.map(|(name, value)| (name.to_owned(), Value::String(value.clone()))));
    }
}
