//! Apps and plugins that are installed on a page of the vendor.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::{ClientInput, FailureKind, Submitted};
use jiff::{SignedDuration, Timestamp};
use model::IntegrationKey;
use protocol::Credential;
use serde_json::json;
use testkit::World;
use vault::Secret;

use crate::fixtures::{Established, listed, submitted, succeeded, texts};
use crate::own::{claims, own_with, param};
use crate::vendor::{Answer, Asked};

const APP: &str = r#"
[authorization]
url = "{integration.root}/apps/own/installations/new"
[app]
token_url = "{integration.root}/installations/{connection.installation_id}/access_tokens"
app_id = "{integration.app_id}"
private_key = "{integration.private_key}"
[captures.callback]
installation_id = "installation_id"
[[inputs.connection]]
name = "installation_id"
label = "Installation"
automated = true
[[inputs.integration]]
name = "app_id"
label = "App ID"
[[inputs.integration]]
name = "private_key"
kind = "text"
label = "Private key"
secret = true
"#;

fn private_key() -> String {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("its text");
    let text = BASE64_STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
}

fn app(mode: &str) -> ClientInput {
    let key = private_key();
    let with_client = mode == "CUSTOM";
    ClientInput {
        mode: mode.to_owned(),
        client_id: with_client.then(|| "app".to_owned()),
        client_secret: with_client.then(|| Secret::new("shh".to_owned())),
        app: texts(&[("app_id", "99"), ("private_key", &key)]),
        ..ClientInput::default()
    }
}

/// The browser leaves for the page and comes back with this query behind the state.
async fn back(
    world: &World,
    integration: &IntegrationKey,
    state_name: &str,
    query: &str,
) -> Result<engine::Connected, engine::CallbackFailure> {
    let by = world.session().await;
    let (url, cookie) = match submitted(world, &by, integration, &[]).await {
        Ok(Submitted::Redirect { url, cookie_value, .. }) => (url, cookie_value.into_inner()),
        Ok(_) => panic!("the browser is sent to the page"),
        Err(error) => panic!("it starts: {error}"),
    };
    let state = param(&url, state_name).expect("the address holds the state");
    world.engine.callback(&format!("{state_name}={state}&{query}"), |_| Some(cookie.clone())).await
}

fn installation_token(number: usize) -> Answer {
    let ends = Timestamp::constant(1_767_225_600, 0) + SignedDuration::from_hours(24 * 3650);
    Answer::json(201, &json!({"token": format!("ghs_{number}"), "expires_at": ends.to_string()}))
}

#[tokio::test]
async fn an_installed_app_signs_for_its_token_and_for_each_new_one() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/installations/42/access_tokens" => installation_token(claims_of(asked)),
        _ => Answer::nothing(),
    };
    own_with("app_installation", APP, Some(app("APP")), &[], script, async |world, vendor, integration| {
        let connected = back(&world, &integration, "state", "installation_id=42&setup_action=install").await;
        let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read(&world).await);
        assert!(read.connection.refreshable);
        assert_eq!(read.connection.config["installation_id"], "42");
        let Some(Credential::App { installation, user: None }) = read.credential else {
            panic!("an installation")
        };
        assert!(installation.access_token.expose().starts_with("ghs_"));
        let again = succeeded(established.read_with(&world, crate::fixtures::FORCED).await);
        assert!(matches!(again.credential, Some(Credential::App { .. })));
        let calls = vendor.asked("/installations/42/access_tokens");
        assert_eq!((calls.len(), calls[0].method.as_str()), (2, "POST"));
        let token = calls[0].header("authorization").trim_start_matches("Bearer ").to_owned();
        assert_eq!(claims(&token)["iss"], "99");
        assert_eq!(calls[0].json(), json!({}));
    })
    .await;
}

fn claims_of(asked: &Asked) -> usize {
    asked.header("authorization").len()
}

#[tokio::test]
async fn an_installation_that_is_gone_says_so_when_it_is_renewed() {
    let script = |asked: &Asked, _: &str| match asked.path.as_str() {
        "/installations/42/access_tokens" => {
            Answer::json(201, &json!({"token": "ghs", "expires_at": "2000-01-01T00:00:00Z"}))
        }
        _ => Answer::json(404, &json!({"message": "Not Found"})),
    };
    own_with("app_installation", APP, Some(app("APP")), &[], script, async |world, _, integration| {
        let failure =
            back(&world, &integration, "state", "installation_id=43").await.expect_err("it is gone");
        assert_eq!(failure.kind, FailureKind::Provider);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_installation_that_waits_for_an_owner_is_told_and_not_stored() {
    own_with(
        "app_installation",
        APP,
        Some(app("APP")),
        &[],
        |_, _| Answer::nothing(),
        async |world, _, key| {
            let failure = back(&world, &key, "state", "setup_action=request").await.expect_err("it waits");
            assert_eq!(failure.kind, FailureKind::Awaited);
            assert!(failure.retry);
            assert!(listed(&world).await.is_empty());
        },
    )
    .await;
}

fn with_user() -> String {
    let proof = r#"
proof_url = "{integration.root}/user/installations/{connection.installation_id}/repositories"
[token]
url = "{integration.root}/token"
"#;
    APP.replace("\n[captures.callback]", &format!("{proof}[captures.callback]"))
}

fn with_user_script(asked: &Asked, _: &str) -> Answer {
    match asked.path.as_str() {
        "/token" => {
            Answer::json(200, &json!({"access_token": "ghu", "refresh_token": "ghr", "expires_in": 28800}))
        }
        "/user/installations/42/repositories" if asked.header("authorization") == "Bearer ghu" => {
            Answer::json(200, &json!({"repositories": []}))
        }
        "/installations/42/access_tokens" | "/installations/7/access_tokens" => installation_token(1),
        _ => Answer::json(404, &json!({"message": "Not Found"})),
    }
}

#[tokio::test]
async fn app_and_user_have_tokens_of_their_own() {
    let file = with_user();
    let mode = "app_installation_with_user_oauth";
    own_with(mode, &file, Some(app("CUSTOM")), &[], with_user_script, async |world, vendor, integration| {
        let connected = back(&world, &integration, "state", "installation_id=42&code=c").await;
        let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read(&world).await);
        let Some(Credential::App { installation, user: Some(user) }) = read.credential else {
            panic!("an installation with its user")
        };
        assert_eq!(installation.access_token.expose(), "ghs_1");
        assert_eq!(user.access_token.expose(), "ghu");
        let form = vendor.asked("/token")[0].form();
        assert_eq!(form["code"], "c");
        assert!(!form.contains_key("code_verifier"), "the installation page took no challenge");
    })
    .await;
}

#[tokio::test]
async fn the_installation_of_somebody_else_cannot_be_claimed() {
    let file = with_user();
    let mode = "app_installation_with_user_oauth";
    own_with(mode, &file, Some(app("CUSTOM")), &[], with_user_script, async |world, vendor, integration| {
        let failure = back(&world, &integration, "state", "installation_id=7&code=c").await;
        let said = failure.expect_err("it is not theirs").provider_said.unwrap_or_default();
        assert!(said.contains("does not belong"), "{said}");
        assert!(vendor.asked("/installations/7/access_tokens").is_empty(), "no token was made");
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

const PLUGIN: &str = r#"
[authorization]
url = "{integration.root}/plugins/own"
rename = { state = "payload" }
[plugin]
started_by = "user"
[api]
base_url = "{integration.root}"
auth = "basic"
[verify]
url = "/account"
[captures.callback]
website_id = "website_id"
[[inputs.connection]]
name = "website_id"
label = "Website"
automated = true
[[inputs.integration]]
name = "username"
label = "Identifier"
[[inputs.integration]]
name = "password"
label = "Key"
secret = true
"#;

#[tokio::test]
async fn a_plugin_connects_with_the_operators_credential_once_it_is_tried() {
    let script = |asked: &Asked, _: &str| {
        let expected = format!("Basic {}", BASE64_STANDARD.encode("plug:in"));
        if asked.path == "/account" && asked.header("authorization") == expected {
            Answer::json(200, &json!({}))
        } else {
            Answer::json(401, &json!({"message": "no"}))
        }
    };
    let config = [("username", "plug"), ("password", "in")];
    own_with("plugin_install", PLUGIN, None, &config, script, async |world, _, integration| {
        let connected = back(&world, &integration, "payload", "website_id=w-1").await;
        let connected = connected.unwrap_or_else(|failure| panic!("it is connected: {failure:?}"));
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read(&world).await);
        assert_eq!(read.connection.config["website_id"], "w-1");
        let Some(Credential::Basic { username, password }) = read.credential else { panic!("a pair") };
        assert_eq!((username.as_str(), password.expose().as_str()), ("plug", "in"));
    })
    .await;
}

#[tokio::test]
async fn a_plugin_whose_credential_is_refused_is_not_stored() {
    let script = |_: &Asked, _: &str| Answer::json(401, &json!({"message": "in is wrong"}));
    let config = [("username", "plug"), ("password", "password-of-ours")];
    own_with("plugin_install", PLUGIN, None, &config, script, async |world, _, integration| {
        let failure = back(&world, &integration, "payload", "website_id=w-1").await;
        assert_eq!(failure.expect_err("it is refused").kind, FailureKind::Provider);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}
