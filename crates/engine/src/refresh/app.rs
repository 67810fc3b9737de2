//! Renewing the token of an installed app, and the tokens of the user who installed it.

use protocol::after_token::Context;
use protocol::{Credential, Fields, OAuth2Tokens, app_installation, refresh};

use super::Lease;
use super::ask::Attempt;
use crate::Engine;
use crate::token_calls::Unanswered;

impl Engine {
    /// The app signs for a new token. The user's tokens are renewed beside it where they can be; that they are not is
    /// no reason to be without the app's, which is what the connection is for.
    pub(super) async fn renewed_app(
        &self,
        context: Context<'_>,
        user: Option<&OAuth2Tokens>,
        lease: &Lease,
    ) -> Result<Credential, Attempt> {
        let Context { provider, client, fields } = context;
        let build = |fields: &Fields| app_installation::request(provider, Some(client), fields);
        let response = self.ask_server(fields, None, build).await.map_err(|unanswered| match unanswered {
            Unanswered::Unbuilt(error) => Attempt::unusable(&error),
            Unanswered::Silent(no_answer) => Attempt::no_answer(no_answer.code, no_answer.message),
        })?;
        let installation = app_installation::outcome(&response, self.ports().now())
            .map_err(|error| Attempt::refused(&error, &[]))?;
        let user = match user {
            Some(tokens) if self.is_due(tokens) => Some(self.renewed_user(context, tokens, lease).await),
            Some(_) | None => user.cloned(),
        };
        Ok(Credential::App { installation, user })
    }

    /// The user's tokens, new or as they are. Old ones are no reason to renew the whole again, so their end is left
    /// out from then on.
    async fn renewed_user(&self, context: Context<'_>, tokens: &OAuth2Tokens, lease: &Lease) -> OAuth2Tokens {
        let provider = context.provider;
        if refresh::is_possible(provider, tokens) && self.has_time(lease) {
            match self.refreshed(context, tokens).await {
                Ok(renewed) => return renewed,
                Err(attempt) => {
                    tracing::warn!(
                        provider = provider.slug,
                        code = attempt.code,
                        "the user's token stays old"
                    );
                }
            }
        }
        OAuth2Tokens { expires_at: None, ..tokens.clone() }
    }

    /// An installation's token lives an hour and the user's for eight, so the user's is renewed in its last hour.
    fn is_due(&self, tokens: &OAuth2Tokens) -> bool {
        let soon = self.ports().now() + jiff::SignedDuration::from_hours(1);
        tokens.expires_at.is_some_and(|end| end <= soon)
    }
}
