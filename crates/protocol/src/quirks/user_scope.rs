//! Slack asks for scopes of the app and of the person in one authorization, the latter as `user_scope`.
//!
//! Other providers would take the parameter for a mistake, so it is sent where both kinds of token are given.

use catalog::Provider;
use catalog::provider::Quirk;

pub(crate) fn applies(provider: &Provider) -> bool {
    provider.quirks.contains(&Quirk::BotAndUserTokens)
}
