//! Renewing tokens of the code grant (RFC 6749 §6), with what belongs to them.
//!
//! The first answer may have ended the old refresh token, so whatever comes of the calls behind it, what is held by
//! then is kept.

use protocol::after_token::{self, Context};
use protocol::{Credential, Fields, OAuth2Tokens, refresh};
use vault::Secret;

use super::Lease;
use super::ask::{Asked, Attempt};
use crate::seals::{ConnectionSecrets, SecretMap};
use crate::token_calls::{Unanswered, sooner};
use crate::{Engine, entered};

impl Engine {
    pub(super) async fn renewed(
        &self,
        context: Context<'_>,
        tokens: &OAuth2Tokens,
        kept_fields: &SecretMap,
        lease: &Lease,
    ) -> Result<Asked, Attempt> {
        let Context { provider, client, fields } = context;
        let renewed = self.refreshed(context, tokens).await?;
        let mut setback = None;
        let mut renewed = match after_token::refreshed(context, renewed.clone()) {
            Ok(step) => match self.complete(context, step, || self.has_time(lease)).await {
                Ok(whole) => whole,
                Err(interrupted) => {
                    tracing::warn!(
                        provider = provider.slug,
                        code = interrupted.code,
                        "a refresh is not whole"
                    );
                    let mut held = interrupted.tokens;
                    if !interrupted.usable {
                        // It is due at once: the next attempt begins with the refresh token that is held now.
                        held.expires_at = Some(self.ports().now());
                        setback = Some(Attempt::no_answer(interrupted.code, interrupted.message));
                    }
                    held
                }
            },
            Err(error) => {
                tracing::warn!(provider = provider.slug, %error, "a refresh is not whole");
                renewed
            }
        };
        let mut secret_fields = kept_fields.clone();
        if setback.is_none() && self.has_time(lease) {
            let again = Fields { occasion: Some(self.occasion()), ..fields.clone() };
            let context = Context { provider, client, fields: &again };
            if let Some(second) = self.second_token(context, &renewed).await {
                renewed.expires_at = sooner(renewed.expires_at, second.expires_at);
                secret_fields.insert(entered::wire_name(provider, &second.field), second.access_token);
            }
        }
        let secrets = ConnectionSecrets { credential: Credential::OAuth2(renewed), fields: secret_fields };
        Ok(Asked { secrets, setback, open: None })
    }

    /// The first call.
    pub(super) async fn refreshed(
        &self,
        context: Context<'_>,
        tokens: &OAuth2Tokens,
    ) -> Result<OAuth2Tokens, Attempt> {
        let Context { provider, client, fields } = context;
        let build = |fields: &Fields| refresh::request(provider, client, tokens, fields);
        let response =
            self.ask_server(fields, tokens.kept.dpop_key.as_ref(), build).await.map_err(|unanswered| {
                match unanswered {
                    Unanswered::Unbuilt(error) => Attempt::unusable(&error),
                    Unanswered::Silent(no_answer) => Attempt::no_answer(no_answer.code, no_answer.message),
                }
            })?;
        refresh::outcome(provider, tokens, fields, &response, self.ports().now()).map_err(|error| {
            let spent: [Option<&Secret<String>>; 3] =
                [Some(&tokens.access_token), tokens.refresh_token.as_ref(), client.secret.as_ref()];
            let told: Vec<&str> =
                spent.into_iter().flatten().map(|secret| secret.expose().as_str()).collect();
            Attempt::refused(&error, &told)
        })
    }
}
