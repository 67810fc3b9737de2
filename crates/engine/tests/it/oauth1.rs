//! OAuth 1.0a: three requests make a connection.

use engine::{Error, FailureKind, NewIntegration, Submitted, right};
use model::IntegrationKey;
use protocol::Credential;
use testkit::{World, each_world};
use url::Url;

use crate::fixtures::{Established, client, key_of, listed, refused, submitted, succeeded, texts, traces};
use crate::vendor::{Answer, Asked, Vendor};

async fn vendor() -> Vendor {
    Vendor::playing(|asked, _| answer(asked, "true")).await
}

fn answer(asked: &Asked, confirmed: &str) -> Answer {
    match asked.path.as_str() {
        "/request" => Answer::form(&format!(
            "oauth_token=tmp&oauth_token_secret=tmps&oauth_callback_confirmed={confirmed}"
        )),
        "/token" => Answer::form("oauth_token=at&oauth_token_secret=ats&user_id=7"),
        _ => Answer::nothing(),
    }
}

async fn integration(world: &World, vendor: &Vendor) -> IntegrationKey {
    let url = &vendor.url;
    let mut credentials = client("consumer", "consumer-secret");
    "OAUTH1".clone_into(&mut credentials.mode);
    let new = NewIntegration {
        provider: "oauth1-generic".to_owned(),
        key: "one".to_owned(),
        credentials: Some(credentials),
        config: texts(&[
            ("request_token_url", &format!("{url}/request")),
            ("authorization_url", &format!("{url}/authorize")),
            ("token_url", &format!("{url}/token")),
        ]),
        ..NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

/// The browser leaves: the state it took along, the address it was sent to, and its cookie.
async fn left(world: &World, integration: &IntegrationKey, vendor: &Vendor) -> (String, Url, String) {
    let by = world.session().await;
    let Ok(Submitted::Redirect { url, cookie_value, .. }) = submitted(world, &by, integration, &[]).await
    else {
        panic!("the browser is sent to the provider")
    };
    let header = vendor.asked("/request").last().expect("it was asked").header("authorization").to_owned();
    let state = header.split("state%3D").nth(1).expect("the callback holds the state");
    (state.split(['"', '%']).next().expect("a value").to_owned(), url, cookie_value.into_inner())
}

async fn back(
    world: &World,
    query: &str,
    cookie: &str,
) -> Result<engine::Connected, engine::CallbackFailure> {
    world.engine.callback(query, |_| Some(cookie.to_owned())).await
}

#[tokio::test]
async fn a_verifier_becomes_a_connection_that_is_read_and_never_refreshed() {
    each_world(async |world| {
        let vendor = vendor().await;
        let integration = integration(&world, &vendor).await;
        let (state, url, cookie) = left(&world, &integration, &vendor).await;
        assert!(url.as_str().starts_with(&format!("{}/authorize?", vendor.url)), "{url}");
        assert!(url.query_pairs().any(|(name, value)| name == "oauth_token" && value == "tmp"), "{url}");
        let query = format!("state={state}&oauth_token=tmp&oauth_verifier=ver");
        let connected = back(&world, &query, &cookie).await.expect("the account is connected");
        let header = vendor.asked("/token")[0].header("authorization").to_owned();
        for part in [r#"oauth_verifier="ver""#, r#"oauth_token="tmp""#, "oauth_signature="] {
            assert!(header.contains(part), "{part} in {header}");
        }
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read(&world).await);
        assert!(!read.connection.refreshable);
        let Some(Credential::OAuth1 { token, token_secret, .. }) = read.credential else {
            panic!("an OAuth 1.0a credential")
        };
        assert_eq!((token.expose().as_str(), token_secret.expose().as_str()), ("at", "ats"));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_confirm_the_callback_is_not_used() {
    each_world(async |world| {
        let vendor = Vendor::playing(|asked, _| answer(asked, "false")).await;
        let integration = integration(&world, &vendor).await;
        let by = world.session().await;
        let error = refused(submitted(&world, &by, &integration, &[]).await);
        let Error::Upstream(upstream) = error else { panic!("the provider is to blame, not: {error}") };
        assert_eq!(upstream.code, "unreadable_answer");
        assert!(!upstream.message.contains("tmps"), "{}", upstream.message);
    })
    .await;
}

#[tokio::test]
async fn the_token_of_another_authorization_is_rejected_before_anything_is_sent() {
    each_world(async |world| {
        let vendor = vendor().await;
        let integration = integration(&world, &vendor).await;
        let (state, _, cookie) = left(&world, &integration, &vendor).await;
        let query = format!("state={state}&oauth_token=other&oauth_verifier=ver");
        let failure = back(&world, &query, &cookie).await.expect_err("it is rejected");
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(vendor.asked("/token").is_empty());
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_who_says_no_is_told_so_and_the_state_is_used_up() {
    each_world(async |world| {
        let vendor = vendor().await;
        let integration = integration(&world, &vendor).await;
        let (state, _, cookie) = left(&world, &integration, &vendor).await;
        let failure = back(&world, &format!("state={state}&denied=tmp"), &cookie).await;
        assert_eq!(failure.expect_err("nothing is connected").kind, FailureKind::Denied);
        let query = format!("state={state}&oauth_token=tmp&oauth_verifier=ver");
        let again = back(&world, &query, &cookie).await.expect_err("the state is used up");
        assert_eq!(again.kind, FailureKind::Expired);
        assert_eq!(traces(&world, "connection.authorization_failed").await, 1);
    })
    .await;
}
