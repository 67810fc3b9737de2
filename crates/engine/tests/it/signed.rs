//! Credentials that are signed here: tokens, computed headers, and the proof of a machine.

use engine::{Rule, right};
use protocol::Credential;
use serde_json::json;
use testkit::each_world;

use crate::fixtures::{EXPIRED, FORCED, MINUTE, key_of, refused, rule, set_up, submitted, succeeded, traces};
use crate::stub::{Stub, connected, each_world_with, json as answer, minted, signing_key};

#[tokio::test]
async fn a_signed_token_is_tried_kept_and_signed_again() {
    let stub = Stub::playing(|asked, _| {
        let bearer = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        let status = if bearer.split('.').count() == 3 { 200 } else { 401 };
        answer(status, &json!({}))
    })
    .await;
    let heymarket = stub.provider("heymarket", &["api.heymarket.com"]);
    let stub = &stub;
    each_world_with(vec![heymarket], async |world| {
        key_of(set_up(&world, "heymarket", "hm", &[]).await);
        let values = [("apiSecretId", "6f1c1d0e-0f7e-4f6a-9c55-0123456789ab"), ("apiSecretKey", "abcDEF123")];
        let connection = connected(&world, "hm", &values).await;
        assert!(stub.count("/v1/team") > 0, "it is tried before it is saved");
        let first = connection.token(&world).await;
        world.advance(5 * MINUTE);
        let second = connection.token(&world).await;
        assert_ne!(first, second);
        assert_eq!(traces(&world, "credential.refreshed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_cannot_sign_is_said_at_the_form() {
    each_world(async |world| {
        let integration = key_of(set_up(&world, "snowflake-jwt", "sf", &[]).await);
        let values = [
            ("subdomain", "acme"),
            ("accountIdentifier", "ORG-ACC"),
            ("userName", "ada"),
            ("privateKey", "no key at all"),
        ];
        let outcome = submitted(&world, &world.session().await, &integration, &values).await;
        assert_eq!(rule(outcome), Rule::CredentialRejected);
    })
    .await;
}

#[tokio::test]
async fn a_computed_header_is_good_for_its_time_and_made_anew() {
    let stub = Stub::playing(|asked, _| {
        let status =
            if asked.header("x-wsse").starts_with("UsernameToken Username=\"ada\"") { 200 } else { 401 };
        answer(status, &json!({}))
    })
    .await;
    let emarsys = stub.provider("emarsys", &["api.emarsys.net"]);
    each_world_with(vec![emarsys], async |world| {
        key_of(set_up(&world, "emarsys", "em", &[]).await);
        let connection = connected(&world, "em", &[("username", "ada"), ("password", "s3cret-1")]).await;
        let first = connection.token(&world).await;
        assert_eq!(connection.token(&world).await, first);
        world.advance(5 * MINUTE);
        assert_ne!(connection.token(&world).await, first);
    })
    .await;
}

#[tokio::test]
async fn a_token_pair_is_kept_with_the_account_it_signs_for() {
    each_world(async |world| {
        let new = engine::NewIntegration {
            provider: "netsuite-tba".to_owned(),
            key: "ns".to_owned(),
            credentials: Some(engine::ClientInput {
                mode: "TBA".to_owned(),
                ..crate::fixtures::client("consumer", "consumer-secret")
            }),
            ..engine::NewIntegration::default()
        };
        let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
        key_of(made);
        let values = [("accountId", "123-sb1"), ("token_id", "tid"), ("token_secret", "tsecret")];
        let connection = connected(&world, "ns", &values).await;
        let read = succeeded(connection.read_with(&world, FORCED).await);
        let Some(Credential::OAuth1TokenBased { token_id, .. }) = &read.credential else { panic!("a pair") };
        assert_eq!(token_id.expose(), "tid");
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["accountId"], "123-sb1");
        assert!(!stored.refreshable);
    })
    .await;
}

#[tokio::test]
async fn a_machine_with_a_key_proves_itself_by_an_assertion() {
    let stub = Stub::playing(|asked, before| {
        let form = asked.form();
        assert!(!form.contains_key("client_secret") && form["client_assertion"].split('.').count() == 3);
        answer(200, &json!({"access_token": format!("t{before}"), "expires_in": 3600}))
    })
    .await;
    let okta = stub.provider("okta-cc", &[]);
    let key = signing_key();
    let (stub, host) = (&stub, stub.host.as_str());
    each_world_with(vec![okta], async |world| {
        key_of(set_up(&world, "okta-cc", "okta", &[]).await);
        let first = stub.count("/oauth2/v1/token");
        let values = [
            ("hostname", host),
            ("oauth_scopes", "okta.users.read"),
            ("client_id", "c1"),
            ("client_private_key", key.as_str()),
        ];
        let connection = connected(&world, "okta", &values).await;
        world.advance(EXPIRED);
        assert_eq!(connection.token(&world).await, format!("t{}", first + 1));
        let read = succeeded(connection.read(&world).await);
        let Some(Credential::ClientCredentials { client_secret, entered, .. }) = &read.credential else {
            panic!("a machine")
        };
        assert!(client_secret.expose().is_empty());
        assert_eq!(*entered["client_private_key"].expose(), key);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_is_none_is_said_before_anything_is_sent() {
    let stub = Stub::playing(|_, _| answer(200, &json!({"access_token": "t", "expires_in": 3600}))).await;
    let adp = stub.provider("adp", &["accounts.adp.com"]);
    let stub = &stub;
    each_world_with(vec![adp], async |world| {
        let integration = key_of(set_up(&world, "adp", "adp", &[]).await);
        let values = [
            ("client_id", "c"),
            ("client_secret", "secret-1"),
            ("client_certificate", "no certificate"),
            ("client_private_key", "no key"),
        ];
        let error = refused(submitted(&world, &world.session().await, &integration, &values).await);
        assert!(error.to_string().contains("certificate"), "{error}");
        assert!(stub.asked().is_empty());
    })
    .await;
}

#[tokio::test]
async fn secret_settings_of_the_operator_reach_the_login() {
    let stub = Stub::playing(|asked, _| {
        assert_eq!(asked.form()["client_secret"], "operators-secret");
        answer(200, &json!({"access_token": "t", "expires_in": 3600}))
    })
    .await;
    let sage = stub.provider("sage-intacct-cc", &["api.intacct.com"]);
    each_world_with(vec![sage], async |world| {
        let config = [("clientId", "c"), ("clientSecret", "operators-secret")];
        key_of(set_up(&world, "sage-intacct-cc", "sage", &config).await);
        let connection = connected(&world, "sage", &[("username", "ada")]).await;
        world.advance(EXPIRED);
        assert_eq!(connection.token(&world).await, "t");
        let read = succeeded(connection.read(&world).await);
        assert!(!minted(&read).entered.contains_key("client_secret"), "it stays with the integration");
    })
    .await;
}

#[tokio::test]
async fn hidden_fields_are_not_asked_and_have_their_default() {
    let stub = Stub::playing(|asked, _| {
        // «public-client:public» as HTTP Basic.
        let status =
            if asked.header("authorization") == "Basic cHVibGljLWNsaWVudDpwdWJsaWM=" { 200 } else { 401 };
        answer(status, &json!({"access_token": "t", "expires_in": 3600}))
    })
    .await;
    let datto = stub.provider("datto-rmm-password-grant", &["{connection.platform}-api.centrastage.net"]);
    each_world_with(vec![datto], async |world| {
        let integration = key_of(set_up(&world, "datto-rmm-password-grant", "dt", &[]).await);
        let form = world.engine.form(&world.session().await, &integration).await.expect("a form");
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["platform", "username", "password"]);
        let key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
        let values = [("platform", "merlot"), ("username", key), ("password", key)];
        assert_eq!(connected(&world, "dt", &values).await.token(&world).await, "t");
    })
    .await;
}
