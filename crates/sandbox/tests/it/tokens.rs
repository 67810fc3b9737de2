//! The life of issued tokens: the API, introspection and revocation.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Client, SandboxOptions};
use serde_json::{Value, json};

use crate::client::{get, post_form, send};
use crate::scene::{Scene, scene, scene_with, text, with_client};

async fn introspect(scene: &Scene, token: &Value) -> Value {
    post_form(&scene.at("/introspect"), &with_client(&[("token", text(token))])).await.json()
}

async fn revoke(scene: &Scene, token: &str) -> u16 {
    post_form(&scene.at("/revoke"), &with_client(&[("token", token)])).await.status
}

#[tokio::test]
async fn an_expired_access_token_is_refused_with_the_reason() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    scene.sandbox.advance(Duration::from_hours(1));
    let answer = scene.me(&tokens["access_token"]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").is_some_and(|value| value.contains("invalid_token")));
}

#[tokio::test]
async fn a_request_without_a_token_is_challenged_without_an_error() {
    let answer = get(&scene().await.at("/api/me"), &[]).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer realm=\"sandbox\"")));
}

#[tokio::test]
async fn introspection_tells_what_a_live_token_may_do() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    let access = introspect(&scene, &tokens["access_token"]).await;
    assert_eq!(access["active"], true);
    assert_eq!((text(&access["scope"]), text(&access["sub"])), ("profile contacts.read", "mira"));
    assert_eq!(access["exp"].as_u64(), access["iat"].as_u64().map(|issued_at| issued_at + 3600));
    assert_eq!(introspect(&scene, &tokens["refresh_token"]).await["active"], true);
}

#[tokio::test]
async fn expired_spent_and_unknown_tokens_are_inactive() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    scene.refresh(text(&tokens["refresh_token"])).await;
    scene.sandbox.advance(Duration::from_hours(1));
    for token in [&tokens["access_token"], &tokens["refresh_token"], &"unknown".into()] {
        assert_eq!(introspect(&scene, token).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn another_clients_tokens_look_inactive() {
    let scene = scene().await;
    scene.sandbox.register_client(Client::confidential("other", "secret"));
    let token = scene.sandbox.grant("other", &["profile"]).access_token;
    assert_eq!(introspect(&scene, &token.into()).await["active"], false);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_access_tokens() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    assert_eq!(revoke(&scene, text(&tokens["refresh_token"])).await, 200);
    assert_eq!(scene.me(&tokens["access_token"]).await.status, 401);
}

#[tokio::test]
async fn revoking_an_access_token_leaves_the_refresh_token_good() {
    let scene = scene().await;
    let tokens = scene.tokens().await;
    assert_eq!(revoke(&scene, text(&tokens["access_token"])).await, 200);
    assert_eq!(scene.me(&tokens["access_token"]).await.status, 401);
    assert_eq!(scene.refresh(text(&tokens["refresh_token"])).await.status, 200);
}

#[tokio::test]
async fn revoking_an_unknown_token_succeeds() {
    assert_eq!(revoke(&scene().await, "unknown").await, 200);
}

#[tokio::test]
async fn a_client_cannot_revoke_the_tokens_of_another() {
    let scene = scene().await;
    scene.sandbox.register_client(Client::confidential("other", "secret"));
    let issued = scene.sandbox.grant("other", &["profile"]);
    revoke(&scene, &issued.access_token).await;
    revoke(&scene, issued.refresh_token.as_deref().expect("a refresh token")).await;
    assert_eq!(scene.me(&issued.access_token.into()).await.status, 200);
}

#[tokio::test]
async fn the_echo_shows_the_request_as_it_arrived() {
    let scene = scene().await;
    let bearer = format!("Bearer {}", scene.sandbox.grant("sandbox-client", &[]).access_token);
    let headers = [("authorization", bearer.as_str()), ("x-one", "1")];
    let answer =
        send(&scene.at("/api/echo/a%20b?c=d"), "PUT", &headers, "text").await.expect("an answer").json();
    assert_eq!((text(&answer["method"]), text(&answer["path"])), ("PUT", "/api/echo/a%20b"));
    assert_eq!((text(&answer["query"]), text(&answer["body"])), ("c=d", "text"));
    assert_eq!(answer["headers"]["x-one"], "1");
}

#[tokio::test]
async fn keys_and_passwords_are_accepted_when_they_are_right() {
    let scene = scene().await;
    let password = format!("Basic {}", STANDARD.encode("sandbox:sandbox-password"));
    let tried = [
        ("/api/key", "Bearer sandbox-api-key", 200),
        ("/api/key", "Bearer wrong", 401),
        ("/api/basic", &password, 200),
        ("/api/basic", "Basic d3Jvbmc6d3Jvbmc=", 401),
    ];
    for (path, value, status) in tried {
        assert_eq!(get(&scene.at(path), &[("authorization", value)]).await.status, status, "{path} {value}");
    }
}

#[tokio::test]
async fn every_code_and_token_begins_with_the_marker_of_the_options() {
    let options = SandboxOptions { token_prefix: "MARKER_".to_owned(), ..SandboxOptions::default() };
    let scene = scene_with(options).await;
    let tokens = scene.tokens().await;
    let code = scene.code().await;
    for secret in [text(&tokens["access_token"]), text(&tokens["refresh_token"]), &code] {
        assert!(secret.starts_with("MARKER_"), "{secret}");
    }
}
