//! Ending a grant at the provider (RFC 7009 and vendors' own calls).

use model::Connection;
use protocol::revoke::{self, Revocation};
use protocol::{Client, ClientCertificate, Credential, Fields, RequestError};

use crate::Engine;
use crate::error::Error;
use crate::token_calls::Unanswered;

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
}

impl Engine {
    /// Ends the grant of a connection that is already deleted here. Every failure is an outcome: there is nothing the
    /// caller could take back.
    pub(crate) async fn revoke(&self, connection: &Connection) -> RevocationOutcome {
        match self.try_revoke(connection).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(%error, connection = %connection.id, "the grant could not be revoked");
                RevocationOutcome::Unreachable
            }
        }
    }

    async fn try_revoke(&self, connection: &Connection) -> Result<RevocationOutcome, Error> {
        let integration =
            store::integrations::find_by_id(self.store(), connection.environment, connection.integration)
                .await?;
        let Some(integration) = integration else { return Ok(RevocationOutcome::Unsupported) };
        let secrets = self.open_connection(connection)?;
        let provider = self.resolved_for(&integration, &connection.config).await?;
        let mut fields = self.all_fields(&provider, &integration, &connection.config, &secrets.fields)?;
        let (tokens, client) = match &secrets.credential {
            Credential::OAuth2(tokens) | Credential::App { user: Some(tokens), .. } => {
                (tokens, self.client_of(&integration, tokens)?)
            }
            Credential::ClientCredentials { tokens, client_id, client_secret, certificate } => {
                fields.credential = certificate.as_ref().map(ClientCertificate::parts).unwrap_or_default();
                (tokens, Client { id: client_id.clone(), secret: Some(client_secret.clone()) })
            }
            Credential::App { user: None, .. }
            | Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::TwoStep(_)
            | Credential::Jwt(_)
            | Credential::Signature(_)
            | Credential::Session(_)
            | Credential::Aws(_)
            | Credential::ApiKey { .. }
            | Credential::Basic { .. }
            | Credential::None => return Ok(RevocationOutcome::Unsupported),
        };
        if provider.revocation.is_none() {
            return Ok(RevocationOutcome::Unsupported);
        }
        let build = |fields: &Fields| {
            let nothing = RequestError::NoSuchStep { step: "revocation endpoint" };
            revoke::request(&provider, &client, tokens, fields).unwrap_or(Err(nothing))
        };
        let answered = self.ask_server(&fields, tokens.kept.dpop_key.as_ref(), build).await;
        let response = answered.map_err(|unanswered| {
            let (code, message) = Unanswered::told(unanswered);
            self.upstream(code, message)
        })?;
        Ok(match revoke::outcome(&response) {
            Revocation::Revoked => RevocationOutcome::Revoked,
            Revocation::Refused { .. } => RevocationOutcome::Refused,
            Revocation::Unavailable => RevocationOutcome::Unreachable,
        })
    }
}
