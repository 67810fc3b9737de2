//! Slack answers with a token of the app and one of the person, the latter under `authed_user`.
//!
//! With rotation each has its own refresh token and ends at its own time, so the person's tokens are kept whole beside
//! the app's and renewed by a request of their own.

use catalog::Provider;
use catalog::provider::Quirk;
use jiff::Timestamp;
use serde_json::Value;
use vault::Secret;

use crate::credential::{Kept, OAuth2Tokens};
use crate::json_path::{find, text_at};
use crate::lifetime;

/// Takes the person's tokens out of an answer that has tokens of both.
pub(crate) fn split(provider: &Provider, tokens: &mut OAuth2Tokens, now: Timestamp) {
    if !provider.quirks.contains(&Quirk::BotAndUserTokens) {
        return;
    }
    let Ok(answer) = serde_json::from_str::<Value>(tokens.raw.expose()) else { return };
    // Without a token of the app, the person's is the only one and was read as such.
    if text_at(&answer, "access_token").is_none() {
        return;
    }
    let Some(person) = find(&answer, "authed_user") else { return };
    let Some(access_token) = text_at(person, "access_token") else { return };
    tokens.kept.person = Some(Box::new(OAuth2Tokens {
        access_token: Secret::new(access_token),
        refresh_token: text_at(person, "refresh_token").map(Secret::new),
        expires_at: person.get("expires_in").and_then(|lifetime| lifetime::from_now(lifetime, 1.0, now)),
        scope: text_at(person, "scope"),
        raw: Secret::new(person.to_string()),
        client_override: None,
        kept: Kept::default(),
    }));
}
