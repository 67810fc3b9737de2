//! Ending a grant at the provider (RFC 7009 and vendors' own calls).

use egress::Limits;
use model::Connection;
use model::integration::CLIENT_SECRET;
use protocol::revoke::{self, Revocation};
use protocol::{Client, Credential};

use crate::Engine;
use crate::error::Error;

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
        let Credential::OAuth2(tokens) = &secrets.credential else {
            return Ok(RevocationOutcome::Unsupported);
        };
        let provider = self.resolved(&integration).await?;
        let fields = self.fields(&provider, &integration, &connection.config);
        let secret = self.open_integration(&integration)?.remove(CLIENT_SECRET);
        let own = Client { id: integration.client_id.clone().unwrap_or_default(), secret };
        let client = tokens.client_override.as_ref().unwrap_or(&own);
        let Some(request) = revoke::request(&provider, client, tokens, &fields) else {
            return Ok(RevocationOutcome::Unsupported);
        };
        let request = request.map_err(|error| self.upstream("revocation_failed", error.to_string()))?;
        let response = self
            .send(request, &Limits::token())
            .await
            .map_err(|no_answer| self.upstream(no_answer.code, no_answer.message))?;
        Ok(match revoke::outcome(&response) {
            Revocation::Revoked => RevocationOutcome::Revoked,
            Revocation::Refused { .. } => RevocationOutcome::Refused,
            Revocation::Unavailable => RevocationOutcome::Unreachable,
        })
    }
}
