//! Slack asks for scopes of the app and of the person in one authorization, the latter as `user_scope`.
//!
//! Other providers would take the parameter for a mistake, so it is sent to Slack alone.

use catalog::Provider;

pub(crate) fn applies(provider: &Provider) -> bool {
    provider.slug == "slack"
}
