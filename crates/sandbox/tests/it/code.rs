//! The authorization code grant.

use sandbox::{Client, Pkce, SandboxOptions};

use crate::client::{get, post_form, send};
use crate::scene::{REDIRECT_URI, VERIFIER, scene, scene_with, text};

#[tokio::test]
async fn a_code_becomes_tokens_that_the_api_accepts() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    assert_eq!((text(&tokens["token_type"]), &tokens["expires_in"]), ("Bearer", &3600.into()));
    assert_eq!(text(&tokens["scope"]), "profile contacts.read");
    assert_eq!(scene.me(&tokens["access_token"]).await.json()["email"], "mira@sandbox.example");
}

#[tokio::test]
async fn the_callback_carries_the_state_and_the_issuer() {
    let scene = scene().await;
    let back = scene.authorize().await;
    assert_eq!(back.status, 302);
    assert_eq!(back.returned("state").as_deref(), Some("st&te"));
    assert_eq!(back.returned("iss").as_deref(), Some(scene.sandbox.url()));
}

#[tokio::test]
async fn a_denial_comes_back_as_access_denied() {
    let scene = scene().await;
    let back = get(&scene.authorize_url(&[("auto", "deny")]), &[]).await;
    assert_eq!(back.returned("error").as_deref(), Some("access_denied"));
    assert_eq!(back.returned("state").as_deref(), Some("st&te"));
}

#[tokio::test]
async fn a_wrong_verifier_is_refused() {
    let scene = scene().await;
    let answer = scene.redeem(&scene.code().await, &VERIFIER.replace('a', "b")).await;
    assert_eq!((answer.status, text(&answer.json()["error"])), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_replayed_code_ends_the_tokens_it_gave() {
    let scene = scene().await;
    let code = scene.code().await;
    let tokens = scene.redeem(&code, VERIFIER).await.json();
    assert_eq!(scene.redeem(&code, VERIFIER).await.status, 400);
    assert_eq!(scene.me(&tokens["access_token"]).await.status, 401);
    assert_eq!(scene.refresh(text(&tokens["refresh_token"])).await.status, 400);
}

#[tokio::test]
async fn a_code_expires() {
    let scene = scene().await;
    let code = scene.code().await;
    scene.sandbox.advance(std::time::Duration::from_mins(11));
    assert_eq!(text(&scene.redeem(&code, VERIFIER).await.json()["error"]), "invalid_grant");
}

#[tokio::test]
async fn a_request_without_a_challenge_is_told_to_the_app() {
    let scene = scene().await;
    let url = scene.authorize_url(&[]).replace("code_challenge=", "unknown=");
    assert_eq!(get(&url, &[]).await.returned("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_client_with_optional_pkce_needs_no_challenge() {
    let scene = scene().await;
    scene.sandbox.register_client(Client { pkce: Pkce::Optional, ..Client::confidential("old", "s+cret") });
    let url = format!("/authorize?auto=allow&response_type=code&client_id=old&redirect_uri={REDIRECT_URI}");
    let code = get(&scene.at(&url), &[]).await.returned("code").expect("a code");
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI)];
    let client = [("client_id", "old"), ("client_secret", "s+cret")];
    assert_eq!(post_form(&scene.at("/token"), &[&fields[..], &client].concat()).await.status, 200);
}

#[tokio::test]
async fn an_unregistered_redirect_uri_is_never_redirected_to() {
    let redirect_uris = vec!["http://127.0.0.1:9/back/".to_owned()];
    let client = Client { redirect_uris, ..Client::confidential("sandbox-client", "sandbox-secret") };
    let scene = scene_with(SandboxOptions { clients: vec![client], ..SandboxOptions::default() }).await;
    let answer = scene.authorize().await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

#[tokio::test]
async fn a_client_may_authenticate_by_basic_encoded_or_not() {
    use base64::Engine as _;
    let scene = scene().await;
    scene.sandbox.register_client(Client::confidential("c", "a+b%c"));
    for pair in ["c:a+b%c", "c:a%2Bb%25c"] {
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let headers =
            [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let answer = send(&scene.at("/token"), "POST", &headers, "grant_type=client_credentials").await;
        assert_eq!(answer.expect("an answer").status, 200, "{pair}");
    }
}

#[tokio::test]
async fn a_wrong_client_secret_is_a_401_with_a_challenge() {
    let scene = scene().await;
    let fields =
        [("grant_type", "client_credentials"), ("client_id", "sandbox-client"), ("client_secret", "x")];
    let answer = post_form(&scene.at("/token"), &fields).await;
    assert_eq!((answer.status, text(&answer.json()["error"])), (401, "invalid_client"));
    assert!(answer.header("www-authenticate").is_some());
}

#[tokio::test]
async fn client_credentials_give_no_refresh_token() {
    let scene = scene().await;
    let answer =
        scene.token(&[("grant_type", "client_credentials"), ("scope", "contacts.read")]).await.json();
    assert_eq!((text(&answer["scope"]), answer.get("refresh_token")), ("contacts.read", None));
    assert_eq!(scene.me(&answer["access_token"]).await.json()["sub"], "sandbox-client");
}

#[tokio::test]
async fn an_unknown_grant_type_is_named_as_such() {
    let answer = scene().await.token(&[("grant_type", "password")]).await;
    assert_eq!((answer.status, text(&answer.json()["error"])), (400, "unsupported_grant_type"));
}
