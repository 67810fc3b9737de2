//! Each fault, and that it goes away.
#![expect(clippy::disallowed_methods, reason = "the test is a foreign client and measures real time")]

use std::time::Duration;

use sandbox::{Endpoint, Fault};
use serde_json::json;

use crate::client::{hangs, try_post_form};
use crate::scene::{Scene, VERIFIER, scene, text, with_client};

/// Starts a refresh whose answer may never come.
async fn try_refresh(scene: &Scene, refresh_token: &str) -> Option<crate::client::Answer> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    try_post_form(&scene.at("/token"), &with_client(&fields)).await
}

fn first_refresh_token(scene: &Scene) -> String {
    scene.sandbox.grant("sandbox-client", &["profile"]).refresh_token.expect("a refresh token")
}

#[tokio::test]
async fn a_status_fault_happens_as_often_as_it_was_asked_for_and_does_not_act() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::status(503), Some(2));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(scene.refresh(&token).await.status);
    }
    assert_eq!(seen, [503, 503, 200]);
}

#[tokio::test]
async fn a_fault_without_a_count_stays_until_it_is_cleared() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::status(500), None);
    for _ in 0..3 {
        assert_eq!(scene.refresh(&token).await.status, 500);
    }
    scene.sandbox.clear_faults();
    assert_eq!(scene.refresh(&token).await.status, 200);
}

#[tokio::test]
async fn an_error_page_is_html() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::error_page(502), Some(1));
    let answer = scene.refresh("any").await;
    assert_eq!((answer.status, answer.header("content-type")), (502, Some("text/html")));
    assert!(answer.body.contains("<h1>"));
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_again() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Api, Fault::rate_limited("17"), Some(1));
    let answer = scene.me(&"any".into()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("17")));
}

#[tokio::test]
async fn a_redirect_points_where_it_was_told() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::redirect("http://elsewhere.example/token"), Some(1));
    let answer = scene.refresh("any").await;
    assert_eq!((answer.status, answer.header("location")), (307, Some("http://elsewhere.example/token")));
}

#[tokio::test]
async fn garbage_comes_with_a_200() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::garbage("{\"access_token\":"), Some(1));
    let answer = scene.refresh("any").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"access_token\":"));
}

#[tokio::test]
async fn a_slow_answer_comes_late_but_whole() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(80)), Some(1));
    let start = std::time::Instant::now();
    assert_eq!(scene.refresh(&token).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn an_answer_that_never_comes_was_acted_on() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::Never, Some(1));
    assert!(hangs(try_refresh(&scene, &token)).await);
    assert_eq!(scene.refresh(&token).await.status, 400, "the token was spent");
}

#[tokio::test]
async fn a_sandbox_that_owes_an_answer_still_shuts_down() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::Never, None);
    let url = scene.at("/token");
    let waiting = tokio::spawn(async move { try_post_form(&url, &[]).await });
    while scene.sandbox.requests("/token").is_empty() {
        tokio::task::yield_now().await;
    }
    scene.sandbox.shutdown().await;
    assert!(waiting.await.expect("the client does not panic").is_none());
}

#[tokio::test]
async fn a_lost_answer_was_acted_on_and_no_byte_of_it_arrives() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::Lost, Some(1));
    assert!(try_refresh(&scene, &token).await.is_none());
    assert_eq!(scene.refresh(&token).await.status, 400, "the token was spent");
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let scene = scene().await;
    for bytes in [0, 1, 60] {
        let token = first_refresh_token(&scene);
        scene.sandbox.fail(Endpoint::Token, Fault::Truncate { bytes }, Some(1));
        let answer = try_refresh(&scene, &token).await.expect("the head and a part of the body");
        let promised: usize = answer.header("content-length").expect("a length").parse().expect("a number");
        assert_eq!((answer.status, answer.body.len()), (200, bytes));
        assert!(promised > bytes);
        assert_eq!(scene.refresh(&token).await.status, 400, "the token was spent");
    }
}

#[tokio::test]
async fn without_a_refresh_token_in_the_answer_the_old_one_stays_good() {
    let scene = scene().await;
    let token = first_refresh_token(&scene);
    scene.sandbox.fail(Endpoint::Token, Fault::MissingRefreshToken, Some(1));
    assert_eq!(scene.refresh(&token).await.json().get("refresh_token"), None);
    assert!(scene.refresh(&token).await.json().get("refresh_token").is_some());
}

#[tokio::test]
async fn a_code_can_be_answered_without_a_refresh_token() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::MissingRefreshToken, None);
    assert_eq!(scene.tokens().await.get("refresh_token"), None);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_a_fault_of_the_answer() {
    let scene = scene().await;
    scene.sandbox.fail(Endpoint::Token, Fault::NoExpiry, Some(1));
    assert_eq!(scene.refresh("unknown").await.status, 400);
    assert_eq!(scene.tokens().await.get("expires_in"), None);
}

#[tokio::test]
async fn an_expiry_can_be_anything() {
    let scene = scene().await;
    for value in [json!("3600"), json!(-1), json!(null), json!(1e300)] {
        scene.sandbox.fail(Endpoint::Token, Fault::ExpiresIn { value: value.clone() }, Some(1));
        assert_eq!(scene.tokens().await["expires_in"], value);
    }
}

#[tokio::test]
async fn partial_consent_grants_fewer_scopes_and_says_so() {
    let scene = scene().await;
    let granted = Some(vec!["contacts.read".to_owned()]);
    for (fault, scope) in [
        (Fault::PartialConsent { granted: None }, "profile"),
        (Fault::PartialConsent { granted }, "contacts.read"),
    ] {
        scene.sandbox.fail(Endpoint::Authorize, fault, Some(1));
        assert_eq!(scene.tokens().await["scope"], scope);
    }
}

#[tokio::test]
async fn the_issuer_of_the_callback_can_be_wrong_or_left_out() {
    let scene = scene().await;
    let iss = "https://issuer.example".to_owned();
    scene.sandbox.fail(Endpoint::Authorize, Fault::WrongIss { iss: iss.clone() }, Some(1));
    scene.sandbox.fail(Endpoint::Authorize, Fault::OmitIss, Some(1));
    assert_eq!(scene.authorize().await.returned("iss"), Some(iss));
    assert_eq!(scene.authorize().await.returned("iss"), None);
    assert_eq!(scene.authorize().await.returned("iss").as_deref(), Some(scene.sandbox.url()));
}

#[tokio::test]
async fn expiring_now_ends_access_tokens_and_leaves_refresh_tokens() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    scene.sandbox.expire_now();
    assert_eq!(scene.me(&tokens["access_token"]).await.status, 401);
    assert_eq!(scene.refresh(text(&tokens["refresh_token"])).await.status, 200);
}

#[tokio::test]
async fn revoking_all_ends_everything_but_new_consent_works() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    scene.sandbox.revoke_all();
    assert_eq!(scene.me(&tokens["access_token"]).await.status, 401);
    assert_eq!(scene.refresh(text(&tokens["refresh_token"])).await.status, 400);
    assert_eq!(scene.redeem(&scene.code().await, VERIFIER).await.status, 200);
}
