//! A code that is typed on another device.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{
    AwaitedDevice, CallbackFailure, Connected, DeviceFlow, FailureKind, NewIntegration, Submitted, right,
};
use futures_util::future::join_all;
use model::IntegrationKey;
use serde_json::{Value, json};
use testkit::{World, each_world};

use crate::fixtures::{Established, client, key_of, listed, submitted, texts};
use crate::own::tokens;
use crate::vendor::{Answer, Asked, Vendor};

/// A vendor whose n-th answer to a question is the n-th of these, and the last for ever.
async fn vendor(answers: Vec<(u16, Value)>) -> Vendor {
    let count = Arc::new(AtomicUsize::new(0));
    Vendor::playing(move |asked: &Asked, _| match asked.path.as_str() {
        "/device" => Answer::json(
            200,
            &json!({
                "device_code": "dev-code", "user_code": "WDJB-MJHT", "expires_in": 900, "interval": 5,
                "verification_uri": "https://login.example/device",
            }),
        ),
        "/token" => {
            let number = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            Answer::json(answers[number].0, &answers[number].1)
        }
        _ => Answer::nothing(),
    })
    .await
}

fn says(error: &str) -> (u16, Value) {
    (400, json!({ "error": error }))
}

async fn integration(world: &World, vendor: &Vendor) -> IntegrationKey {
    let url = &vendor.url;
    let mut credentials = client("app", "shh");
    credentials.scopes = Some(vec!["read".to_owned(), "write".to_owned()]);
    let config = texts(&[
        ("flow", "device"),
        ("device_authorization_url", &format!("{url}/device")),
        ("token_url", &format!("{url}/token")),
    ]);
    let new = NewIntegration {
        provider: "oauth2-generic".to_owned(),
        key: "tv".to_owned(),
        credentials: Some(credentials),
        config,
        ..NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

/// The address and the cookie of the page that shows the code.
struct Page {
    flow: String,
    cookie: String,
}

async fn begun(world: &World, integration: &IntegrationKey) -> Page {
    let by = world.session().await;
    match submitted(world, &by, integration, &[]).await {
        Ok(Submitted::Device { state, cookie_value, .. }) => {
            Page { flow: state.into_inner(), cookie: cookie_value.into_inner() }
        }
        Ok(_) => panic!("a code is shown"),
        Err(error) => panic!("it starts: {error}"),
    }
}

impl Page {
    async fn load(&self, world: &World) -> Result<DeviceFlow, CallbackFailure> {
        world.engine.device(&self.flow, |_| Some(self.cookie.clone())).await
    }

    async fn waiting(&self, world: &World) -> AwaitedDevice {
        match self.load(world).await {
            Ok(DeviceFlow::Waiting(awaited)) => *awaited,
            Ok(DeviceFlow::Connected(_)) => panic!("nobody has agreed"),
            Err(failure) => panic!("it waits: {failure:?}"),
        }
    }

    async fn connected(&self, world: &World) -> Connected {
        match self.load(world).await {
            Ok(DeviceFlow::Connected(connected)) => connected,
            Ok(DeviceFlow::Waiting(_)) => panic!("somebody has agreed"),
            Err(failure) => panic!("it is connected: {failure:?}"),
        }
    }

    async fn over(&self, world: &World) -> CallbackFailure {
        self.load(world).await.err().expect("it is over")
    }
}

const SIX_SECONDS: Duration = Duration::from_secs(6);

#[tokio::test]
async fn the_code_is_shown_and_an_agreement_becomes_a_connection() {
    each_world(async |world| {
        let mut granted = tokens("at");
        granted["scope"] = json!("read");
        let vendor = vendor(vec![says("authorization_pending"), (200, granted)]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        let shown = page.waiting(&world).await;
        assert_eq!(shown.user_code, "WDJB-MJHT");
        assert_eq!(shown.verification_uri.as_str(), "https://login.example/device");
        assert!(vendor.asked("/token").is_empty(), "the provider is not asked before its time");
        world.advance(SIX_SECONDS);
        page.waiting(&world).await;
        world.advance(SIX_SECONDS);
        let connected = page.connected(&world).await;
        assert_eq!(connected.missing_scopes, ["write"]);
        let established = Established { integration, key: connected.connection };
        assert_eq!(established.token(&world).await, "at");
        let form = vendor.asked("/token")[0].form();
        assert_eq!(form["device_code"], "dev-code");
        assert_eq!(form["client_secret"], "shh");
        assert_eq!(page.over(&world).await.kind, FailureKind::Expired);
    })
    .await;
}

#[tokio::test]
async fn however_often_the_page_is_loaded_the_provider_sets_the_pace() {
    each_world(async |world| {
        let vendor = vendor(vec![says("slow_down"), says("authorization_pending")]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        world.advance(SIX_SECONDS);
        join_all((0..16).map(|_| page.waiting(&world))).await;
        assert_eq!(vendor.asked("/token").len(), 1);
        world.advance(SIX_SECONDS);
        page.waiting(&world).await;
        assert_eq!(vendor.asked("/token").len(), 1, "it was told to slow down by five seconds");
        world.advance(SIX_SECONDS);
        page.waiting(&world).await;
        assert_eq!(vendor.asked("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_says_no_on_the_other_device_ends_it() {
    each_world(async |world| {
        let vendor = vendor(vec![says("access_denied")]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        world.advance(SIX_SECONDS);
        assert_eq!(page.over(&world).await.kind, FailureKind::Denied);
        assert_eq!(page.over(&world).await.kind, FailureKind::Expired);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_stranger_with_the_address_sees_nothing_and_ends_nothing() {
    each_world(async |world| {
        let vendor = vendor(vec![(200, tokens("at"))]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        world.advance(SIX_SECONDS);
        let stranger = world.engine.device(&page.flow, |_| Some("another".to_owned())).await;
        assert_eq!(stranger.err().expect("nothing is shown").kind, FailureKind::Expired);
        assert!(vendor.asked("/token").is_empty());
        page.connected(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_code_that_nobody_used_ends_with_its_time() {
    each_world(async |world| {
        let vendor = vendor(vec![says("authorization_pending")]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        world.advance(Duration::from_mins(16));
        assert_eq!(page.over(&world).await.kind, FailureKind::Expired);
        assert!(vendor.asked("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_device_flow_cannot_be_ended_by_a_callback() {
    each_world(async |world| {
        let vendor = vendor(vec![(200, tokens("at"))]).await;
        let integration = integration(&world, &vendor).await;
        let page = begun(&world, &integration).await;
        let query = format!("state={}&code=x", page.flow);
        let answer = world.engine.callback(&query, |_| Some(page.cookie.clone())).await;
        assert_eq!(answer.expect_err("there is no code to take").kind, FailureKind::Rejected);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}
