//! Ending a grant at the provider (RFC 7009 and vendors' own calls).

use catalog::Provider;
use model::Connection;
use protocol::revoke::{self, Revocation};
use protocol::{Client, Credential, Fields, OAuth2Tokens, RequestError};

use crate::Engine;
use crate::error::Error;
use crate::scrub::scrubbed;

/// What became of the grant at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The outcome.
    pub outcome: RevocationOutcome,
    /// Why, in words fit to be shown, where there is more to say.
    pub message: Option<String>,
}

/// What became of the grant at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationOutcome {
    /// The provider ended it.
    Revoked,
    /// The provider refused.
    Refused,
    /// The provider has no such call, or there was no grant.
    Unsupported,
    /// The provider could not be asked.
    Unreachable,
}

impl RevocationOutcome {
    /// The outcome as answers and the audit trail spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Unreachable => "unreachable",
        }
    }

    /// The outcome without more words.
    const fn plain(self) -> Revoked {
        Revoked { outcome: self, message: None }
    }

    fn because(self, message: impl Into<String>) -> Revoked {
        Revoked { outcome: self, message: Some(message.into()) }
    }
}

impl Revoked {
    /// The outcome as the audit trail has it.
    pub(crate) fn detail(&self) -> String {
        match &self.message {
            Some(message) => format!("{}: {message}", self.outcome.as_str()),
            None => self.outcome.as_str().to_owned(),
        }
    }
}

/// What a revocation is made from beside the tokens.
struct Call<'a> {
    provider: &'a Provider,
    client: &'a Client,
    fields: &'a Fields,
}

impl Engine {
    /// Ends the grant of a connection that is already deleted here. Every failure is an outcome: there is nothing the
    /// caller could take back.
    pub(crate) async fn revoke(&self, connection: &Connection) -> Revoked {
        match self.try_revoke(connection).await {
            Ok(revoked) => revoked,
            Err(error) => {
                tracing::warn!(%error, connection = %connection.id, "the grant could not be revoked");
                RevocationOutcome::Unreachable.because(error.to_string())
            }
        }
    }

    async fn try_revoke(&self, connection: &Connection) -> Result<Revoked, Error> {
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let Some(integration) = integration else { return Ok(RevocationOutcome::Unsupported.plain()) };
        let secrets = self.open_connection(connection)?;
        let credential = &secrets.credential;
        let Some(tokens) = credential.tokens() else { return Ok(RevocationOutcome::Unsupported.plain()) };
        let provider = self.resolved_for(&integration, &connection.config).await?;
        let fields = Fields {
            credential: credential.entered(),
            ..self.all_fields(&provider, &integration, &connection.config, &secrets.fields)?
        };
        let client = if let Credential::ClientCredentials { .. } = credential {
            protocol::client_credentials::client(&fields.credential)
        } else {
            let own = self.client_with(&integration, credential)?;
            own.unwrap_or_else(|| Client { id: String::new(), secret: None })
        };
        let person = tokens.kept.person.as_deref();
        let mut revoked = None;
        // The first outcome that is no success is the one to tell.
        for tokens in std::iter::once(tokens).chain(person) {
            if revoke::request(&provider, &client, tokens, &fields).is_none() {
                return Ok(RevocationOutcome::Unsupported.plain());
            }
            let call = Call { provider: &provider, client: &client, fields: &fields };
            let answer = self.end(&call, credential, tokens).await;
            revoked =
                revoked.filter(|one: &Revoked| one.outcome != RevocationOutcome::Revoked).or(Some(answer));
        }
        Ok(revoked.unwrap_or_else(|| RevocationOutcome::Unsupported.plain()))
    }

    async fn end(&self, call: &Call<'_>, credential: &Credential, tokens: &OAuth2Tokens) -> Revoked {
        let build = |fields: &Fields| {
            let nothing = RequestError::NoSuchStep { step: "revocation endpoint" };
            revoke::request(call.provider, call.client, tokens, fields).unwrap_or(Err(nothing))
        };
        let answered = self.ask_server(call.fields, tokens.kept.dpop_key.as_ref(), build).await;
        let response = match answered {
            Ok(response) => response,
            Err(unanswered) => return RevocationOutcome::Unreachable.because(unanswered.told().1),
        };
        match revoke::outcome(&response) {
            Revocation::Revoked => RevocationOutcome::Revoked.plain(),
            Revocation::Refused { status, said } => {
                let mut secrets = credential.secrets();
                secrets.push(tokens.access_token.clone());
                let hidden: Vec<&str> = secrets.iter().map(|secret| secret.expose().as_str()).collect();
                let said = said.map(|said| format!(": {}", scrubbed(&said, &hidden))).unwrap_or_default();
                RevocationOutcome::Refused.because(format!("status {}{said}", status.as_u16()))
            }
            Revocation::Unavailable => {
                RevocationOutcome::Unreachable.because(format!("status {}", response.status.as_u16()))
            }
        }
    }
}
