//! The refresh grant, by each policy.

use std::time::Duration;

use sandbox::RefreshPolicy;
use serde_json::Value;

use crate::client::Answer;
use crate::scene::{scene, scene_that_refreshes, text};

fn refresh_token(answer: &Value) -> &str {
    text(&answer["refresh_token"])
}

fn error(answer: &Answer) -> String {
    text(&answer.json()["error"]).to_owned()
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_and_keeps_the_scopes() {
    let scene = scene().await;
    let first = scene.tokens().await;
    let second = scene.refresh(refresh_token(&first)).await.json();
    assert_ne!(first["access_token"], second["access_token"]);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(second["scope"], "profile contacts.read");
    assert_eq!(scene.me(&second["access_token"]).await.status, 200);
}

#[tokio::test]
async fn a_reused_refresh_token_ends_the_whole_family() {
    let scene = scene().await;
    let first = scene.tokens().await;
    let second = scene.refresh(refresh_token(&first)).await.json();
    assert_eq!(error(&scene.refresh(refresh_token(&first)).await), "invalid_grant");
    assert_eq!(error(&scene.refresh(refresh_token(&second)).await), "invalid_grant");
    assert_eq!(scene.me(&second["access_token"]).await.status, 401);
}

#[tokio::test]
async fn within_the_grace_a_spent_token_gives_the_same_successor() {
    let scene = scene_that_refreshes(RefreshPolicy::Rotating { grace: Duration::from_secs(30) }).await;
    let first = scene.tokens().await;
    let second = scene.refresh(refresh_token(&first)).await.json();
    scene.sandbox.advance(Duration::from_secs(20));
    let again = scene.refresh(refresh_token(&first)).await.json();
    assert_eq!(refresh_token(&again), refresh_token(&second));
    assert_eq!(scene.me(&again["access_token"]).await.status, 200);
}

#[tokio::test]
async fn after_the_grace_a_spent_token_ends_the_family() {
    let scene = scene_that_refreshes(RefreshPolicy::Rotating { grace: Duration::from_secs(30) }).await;
    let first = scene.tokens().await;
    let second = scene.refresh(refresh_token(&first)).await.json();
    scene.sandbox.advance(Duration::from_secs(31));
    assert_eq!(error(&scene.refresh(refresh_token(&first)).await), "invalid_grant");
    assert_eq!(error(&scene.refresh(refresh_token(&second)).await), "invalid_grant");
}

#[tokio::test]
async fn the_grace_ends_when_the_successor_is_used() {
    let scene = scene_that_refreshes(RefreshPolicy::Rotating { grace: Duration::from_secs(30) }).await;
    let first = scene.tokens().await;
    let second = scene.refresh(refresh_token(&first)).await.json();
    assert_eq!(scene.refresh(refresh_token(&second)).await.status, 200);
    assert_eq!(error(&scene.refresh(refresh_token(&first)).await), "invalid_grant");
}

#[tokio::test]
async fn a_fixed_refresh_token_is_used_again_and_again() {
    let scene = scene_that_refreshes(RefreshPolicy::Fixed).await;
    let first = scene.tokens().await;
    for _ in 0..3 {
        let answer = scene.refresh(refresh_token(&first)).await;
        assert_eq!((answer.status, answer.json().get("refresh_token")), (200, None));
    }
}

#[tokio::test]
async fn a_refresh_token_expires_after_thirty_days() {
    let scene = scene().await;
    let first = scene.tokens().await;
    scene.sandbox.advance(Duration::from_hours(30 * 24));
    assert_eq!(error(&scene.refresh(refresh_token(&first)).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_cannot_widen_the_scopes() {
    let scene = scene().await;
    let first = scene.tokens().await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(&first)),
        ("scope", "contacts.write"),
    ];
    assert_eq!(error(&scene.token(&fields).await), "invalid_scope");
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_refused_and_stays_good() {
    let scene = scene().await;
    let first = scene.tokens().await;
    scene.sandbox.register_client(sandbox::Client::public("other"));
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&first)), ("client_id", "other")];
    assert_eq!(error(&crate::client::post_form(&scene.at("/token"), &fields).await), "invalid_grant");
    assert_eq!(scene.refresh(refresh_token(&first)).await.status, 200);
}
