//! API keys stop when they should, and the master key is proved before anything is served.

use engine::ports::Clock as _;
use engine::{AuthError, AuthOutage, CanaryError, Engine, NewKey, Parts};
use jiff::SignedDuration;
use model::Scopes;
use model::token::ApiKeyToken;
use store::AuditLog;
use testkit::chance::SeededChance;
use testkit::world::{PUBLIC_URL, loopback_egress};
use testkit::{World, each_world};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vault::{Key, KeyRing};

use crate::fixtures::{SECOND, established};

async fn refusal(world: &World, key: &str) -> AuthError {
    match world.engine.authenticate_key(key).await {
        Err(AuthOutage::Refused(refusal)) => refusal,
        Err(AuthOutage::Store(error)) => panic!("the store answers: {error}"),
        Ok(_) => panic!("the key opens nothing"),
    }
}

#[tokio::test]
async fn a_revoked_key_stops_at_once() {
    each_world(async |world| {
        let (caller, key) = world.key("test", Scopes::full()).await;
        world.engine.revoke_key(caller.key).await.expect("the key is revoked");
        assert_eq!(refusal(&world, &key).await, AuthError::UnknownKey);
    })
    .await;
}

#[tokio::test]
async fn a_key_revoked_by_another_node_stops_within_a_second() {
    each_world(async |world| {
        let other = world.node(1).await;
        let (caller, key) = world.key("test", Scopes::full()).await;
        assert!(other.engine.authenticate_key(&key).await.is_ok());
        world.engine.revoke_key(caller.key).await.expect("the key is revoked");
        world.advance(SECOND);
        assert_eq!(refusal(&other, &key).await, AuthError::UnknownKey);
    })
    .await;
}

#[tokio::test]
async fn a_key_stops_at_its_end() {
    each_world(async |world| {
        let end = world.clock.now() + SignedDuration::from_secs(60);
        let new = NewKey { name: "short".to_owned(), scopes: Scopes::full(), expires_at: Some(end) };
        let made = world.engine.create_key(&world.caller.environment, new).await.map(|made| made.secret);
        let key = made.expect("the key is made").into_inner();
        world.advance(SECOND * 59);
        assert!(world.engine.authenticate_key(&key).await.is_ok());
        world.advance(SECOND);
        assert_eq!(refusal(&world, &key).await, AuthError::UnknownKey);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_told_from_a_typo() {
    each_world(async |world| {
        let unknown = ApiKeyToken::mint([1; 8], [2; 32]);
        assert_eq!(refusal(&world, unknown.text().expose()).await, AuthError::UnknownKey);
        let mut typo = world.api_key.clone();
        let last = typo.pop().expect("a key has characters");
        typo.push(if last == 'x' { 'y' } else { 'x' });
        for malformed in [typo.as_str(), "", "clv_", "Bearer x"] {
            assert_eq!(refusal(&world, malformed).await, AuthError::KeyFormat, "{malformed}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_known_id_with_another_secret_opens_nothing() {
    each_world(async |world| {
        let known = ApiKeyToken::parse(&world.api_key).expect("a well-formed key").public_id;
        let stored =
            store::api_keys::find_by_public_id(&world.store, &known).await.expect("the store answers");
        assert!(stored.is_some());
        // The same public part before another secret, with the checksum that belongs to it.
        let forged = format!("clv_{known}_{}", "0".repeat(43));
        let sum = crc_base62(&forged);
        assert_eq!(refusal(&world, &format!("{forged}{sum}")).await, AuthError::UnknownKey);
    })
    .await;
}

/// CRC-32 as IEEE 802.3 defines it, in six digits of base 62.
fn crc_base62(text: &str) -> String {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let (mut rest, mut sum) = (!crc, Vec::new());
    for _ in 0..6 {
        sum.push(digits[(rest % 62) as usize]);
        rest /= 62;
    }
    sum.iter().rev().collect()
}

#[tokio::test]
async fn another_master_key_is_refused_and_changes_nothing() {
    each_world(async |world| {
        let connection = established(&world).await;
        let wrong = || KeyRing::new(Key::new([8; 32]), Vec::new());
        let checked = engine::check_canary(&world.location, &wrong()).await;
        assert!(matches!(checked, Err(CanaryError::WrongKey)));
        let audit = AuditLog::open(&world.location, false).await.expect("the trail opens");
        let parts = Parts {
            store: world.store.clone(),
            audit,
            keys: wrong(),
            egress: loopback_egress(),
            catalog: catalog::Catalog::embedded(),
            clock: Box::new(world.clock.clone()),
            chance: Box::new(SeededChance::of_node(9)),
            public_url: PUBLIC_URL.parse().expect("a literal URL"),
        };
        let opened = Engine::open(parts, &TaskTracker::new(), &CancellationToken::new()).await;
        assert!(matches!(opened, Err(CanaryError::WrongKey)));
        assert!(
            engine::check_canary(&world.location, &KeyRing::new(Key::new([7; 32]), Vec::new())).await.is_ok()
        );
        connection.token(&world).await;
    })
    .await;
}
