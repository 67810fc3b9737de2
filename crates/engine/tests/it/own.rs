//! Providers of the tests' own, and the browser that is sent to them and comes back.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::{CallbackFailure, ClientInput, Connected, NewIntegration, Submitted, right};
use model::IntegrationKey;
use serde_json::{Value, json};
use testkit::World;
use testkit::databases::each_location;
use url::Url;

use crate::fixtures::{Established, client, key_of, submitted, texts};
use crate::vendor::{Answer, Asked, Vendor};

pub(crate) fn tokens(access: &str) -> Value {
    json!({"access_token": access, "refresh_token": "rt", "expires_in": 3600, "token_type": "Bearer"})
}

/// The browser leaves; it agrees, and the state is given back with a code.
pub(crate) async fn agreed(
    world: &World,
    integration: &IntegrationKey,
    state: impl Fn(&Url) -> String,
) -> Result<Connected, CallbackFailure> {
    let by = world.session().await;
    let (url, cookie) = match submitted(world, &by, integration, &[]).await {
        Ok(Submitted::Redirect { url, cookie_value, .. }) => (url, cookie_value.into_inner()),
        Ok(_) => panic!("the browser is sent to the provider"),
        Err(error) => panic!("the authorization starts: {error}"),
    };
    let query = format!("code=the-code&state={}", state(&url));
    world.engine.callback(&query, |_| Some(cookie.clone())).await
}

pub(crate) fn state_in(url: &Url) -> String {
    param(url, "state").expect("the address holds the state")
}

pub(crate) fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

pub(crate) async fn connected(world: &World, integration: IntegrationKey) -> Established {
    let connected = agreed(world, &integration, state_in).await;
    let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
    Established { integration, key: connected.connection }
}

/// The claims of a signed token, unproved.
pub(crate) fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).expect("a signed token has three parts");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(middle).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims are JSON")
}

/// A provider of the test's own for codes, at the address that the operator enters.
pub(crate) async fn own(
    file: &str,
    script: impl Fn(&Asked, &str) -> Answer + Clone + Send + Sync + 'static,
    test: impl AsyncFn(World, Vendor, IntegrationKey),
) {
    own_with("oauth2", file, Some(client("app", "shh")), &[], script, test).await;
}

/// A provider of the test's own, with the operator's client and inputs.
pub(crate) async fn own_with(
    auth: &str,
    file: &str,
    client: Option<ClientInput>,
    config: &[(&str, &str)],
    script: impl Fn(&Asked, &str) -> Answer + Clone + Send + Sync + 'static,
    test: impl AsyncFn(World, Vendor, IntegrationKey),
) {
    let file = format!(
        r#"name = "Own"
auth = "{auth}"
category = "generic"
sources = ["test"]
{file}
[[inputs.integration]]
name = "root"
kind = "url"
label = "Root"
"#
    );
    let credentials = || {
        client.as_ref().map(|client| ClientInput {
            mode: client.mode.clone(),
            client_id: client.client_id.clone(),
            client_secret: client.client_secret.clone(),
            app: client.app.clone(),
            ..ClientInput::default()
        })
    };
    let (file, test, credentials) = (&file, &test, &credentials);
    each_location(|location| {
        let script = script.clone();
        Box::pin(async move {
            let world = World::knowing(location, "own", file).await;
            let vendor = Vendor::playing(script).await;
            let new = NewIntegration {
                provider: "own".to_owned(),
                key: "own".to_owned(),
                credentials: credentials(),
                config: texts(config).into_iter().chain([("root".to_owned(), vendor.url.clone())]).collect(),
                ..NewIntegration::default()
            };
            let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
            let integration = key_of(made);
            test(world, vendor, integration).await;
        })
    })
    .await;
}
