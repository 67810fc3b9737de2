//! Delivering events: signed, in order for each connection, tried for days.
//!
//! Signatures: `webhook-id`, `webhook-timestamp` and `webhook-signature` of the Standard Webhooks specification, and
//! the two headers that receivers written for the contract check.

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use egress::Limits;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use model::{OutboxMessage, outbox};

use crate::Engine;
use crate::error::Error;

/// Longer than one attempt can take, so that no message is sent twice at the same time.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

impl Engine {
    /// Claims the next due event and tries to deliver it. `false` when nothing is due.
    pub(crate) async fn deliver_next(&self) -> Result<bool, Error> {
        let now = self.ports().now();
        let Some(message) = store::outbox::claim(self.store(), now, now + CLAIM).await? else {
            return Ok(false);
        };
        // Where one is due there may be more: each worker that finds something wakes the next.
        self.0.nudge.wake();
        let outcome = self.deliver(&message).await;
        self.settle(&message, outcome).await?;
        Ok(true)
    }

    async fn deliver(&self, message: &OutboxMessage) -> Result<StatusCode, String> {
        let request = self.signed(message).await.map_err(|error| error.to_string())?;
        let answer =
            self.0.egress.send(request, &Limits::webhook()).await.map_err(|error| error.to_string())?;
        Ok(answer.status())
    }

    async fn signed(&self, message: &OutboxMessage) -> Result<Request<Vec<u8>>, Error> {
        let settings = store::webhooks::find(self.store(), message.environment).await?;
        let settings = settings.ok_or(Error::NotFound(crate::Thing::WebhookSettings))?;
        let key = self.open_signing_key(&settings)?;
        let id = message.id.to_string();
        let sent_at = self.ports().now().as_second();
        let body = message.body.as_bytes();
        Request::post(message.url.trim())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/plain, */*")
            .header("user-agent", concat!("claviger/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &id)
            .header("webhook-timestamp", sent_at)
            .header("webhook-signature", standard_signature(key.expose(), &id, sent_at, body))
            .header("x-nango-hmac-sha256", hmac_hex(key.expose(), body))
            .header("x-nango-signature", legacy_hex(key.expose(), body))
            .body(body.to_vec())
            .map_err(|_| Error::Internal)
    }

    async fn settle(
        &self,
        message: &OutboxMessage,
        outcome: Result<StatusCode, String>,
    ) -> Result<(), Error> {
        let now = self.ports().now();
        let (said, gone) = match outcome {
            Ok(status) if status.is_success() => {
                let mut tx = self.store().begin().await?;
                store::outbox::delivered(&mut tx, message.id).await?;
                return Ok(tx.commit().await?);
            }
            // The receiver says that it is gone for good.
            Ok(status) => (format!("status {}", status.as_u16()), status == StatusCode::GONE),
            Err(said) => (said, false),
        };
        let wait = outbox::wait_after(message.attempts).filter(|_| !gone);
        tracing::warn!(message = %message.id, attempts = message.attempts, said, "a webhook was not delivered");
        let mut tx = self.store().begin().await?;
        // A message that is gone meanwhile went with its environment.
        let _still_there = match wait {
            Some(wait) => store::outbox::postpone(&mut tx, message.id, later(now, wait), &said).await?,
            None => store::outbox::give_up(&mut tx, message.id, now, &said).await?,
        };
        Ok(tx.commit().await?)
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// `v1,` and the base64 HMAC-SHA256 over `id.timestamp.body`, with the bytes that stand behind `whsec_`.
fn standard_signature(key: &str, id: &str, sent_at: i64, body: &[u8]) -> String {
    let bytes = key.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = hmac::Key::new(hmac::HMAC_SHA256, bytes.as_deref().unwrap_or(key.as_bytes()));
    let mut signing = hmac::Context::with_key(&key);
    signing.update(format!("{id}.{sent_at}.").as_bytes());
    signing.update(body);
    format!("v1,{}", STANDARD.encode(signing.sign()))
}

/// Hex HMAC-SHA256 over the body, with the key's text.
fn hmac_hex(key: &str, body: &[u8]) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), body))
}

/// Hex SHA-256 over the key's text followed by the body. Weak against length extension; kept for receivers that know
/// nothing else.
fn legacy_hex(key: &str, body: &[u8]) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(key.as_bytes());
    digest.update(body);
    hex::encode(digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "11111111-1111-4111-8111-111111111111";
    const BODY: &str = r#"{"authMode":"OAUTH2","connectionId":"c-1","environment":"dev","from":"nango","operation":"creation","provider":"github","providerConfigKey":"github","success":true,"tags":{"a":"x","b":"é \"q\""},"type":"auth"}"#;

    #[test]
    fn contract_signatures_match_the_published_vector() {
        assert_eq!(
            hmac_hex(KEY, BODY.as_bytes()),
            "f983d45067a6432214683d93c5f3f3009a0333bdc6fff0fac146c25ab8b3fd6d"
        );
        assert_eq!(
            legacy_hex(KEY, BODY.as_bytes()),
            "724d3c3746bf7e90699ce89e85206a2508fba157e4ab358db706eb18aa556a84"
        );
    }
}
