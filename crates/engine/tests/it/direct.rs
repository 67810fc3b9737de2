//! Connecting without a redirect: keys and passwords are tried before they are saved.

use engine::{Error, NewConnection, Rule, Submitted};
use sandbox::{Endpoint, Fault};
use testkit::each_world;

use crate::fixtures::{
    Established, api_key, import, key_of, listed, new_connection, refused, rule, set_up, submitted,
    succeeded, traces, verified_keys, wrong_fields,
};

#[tokio::test]
async fn a_key_that_the_provider_accepts_is_connected() {
    each_world(async |world| {
        let integration = verified_keys(&world).await;
        let session = world.session().await;
        let answer = submitted(&world, &session, &integration, &[("apiKey", "sandbox-api-key")]).await;
        let Ok(Submitted::Connected(connected)) = answer else { panic!("it is connected") };
        let connection = Established { integration, key: connected.connection };
        let read = succeeded(connection.read(&world).await);
        let Some(protocol::Credential::ApiKey { api_key }) = read.credential else { panic!("a key") };
        assert_eq!(api_key.expose(), "sandbox-api-key");
        assert_eq!(traces(&world, "connection.created").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_the_provider_refuses_is_not_stored() {
    each_world(async |world| {
        let integration = verified_keys(&world).await;
        let session = world.session().await;
        let answer = submitted(&world, &session, &integration, &[("apiKey", "wrong")]).await;
        assert_eq!(rule(answer), Rule::CredentialRejected);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_import_that_the_provider_refuses_stores_nothing() {
    each_world(async |world| {
        let integration = verified_keys(&world).await;
        let imports = |key: &str| -> NewConnection { new_connection(&integration, "c", api_key(key)) };
        let error = refused(import(&world, imports("wrong-but-secret")).await);
        assert!(!error.to_string().contains("wrong-but-secret"), "the message does not repeat the key");
        assert!(matches!(error, Error::Refused(engine::Refusal { rule: Rule::CredentialRejected, .. })));
        assert!(listed(&world).await.is_empty());
        assert!(import(&world, imports("sandbox-api-key")).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_cannot_check_is_not_taken_for_a_refusal() {
    each_world(async |world| {
        let integration = verified_keys(&world).await;
        for fault in [Fault::status(503), Fault::status(429), Fault::Lost] {
            world.sandbox.fail(Endpoint::Api, fault, Some(1));
            let error =
                refused(import(&world, new_connection(&integration, "c", api_key("sandbox-api-key"))).await);
            assert!(matches!(error, Error::Upstream(_)), "{error}");
        }
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_verification_does_not_follow_redirects() {
    each_world(async |world| {
        let integration = verified_keys(&world).await;
        let elsewhere = format!("{}/api/elsewhere", world.sandbox.url());
        world.sandbox.fail(Endpoint::Api, Fault::redirect(&elsewhere), Some(1));
        assert!(import(&world, new_connection(&integration, "c", api_key("sandbox-api-key"))).await.is_err());
        assert!(world.sandbox.requests("/api/elsewhere").is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_missing_field_of_a_credential_is_named() {
    each_world(async |world| {
        let config = [("token_url", "https://login.example.com/token")];
        let integration = key_of(set_up(&world, "oauth2-cc-generic", "machine", &config).await);
        let answer = submitted(&world, &world.session().await, &integration, &[]).await;
        assert_eq!(wrong_fields(answer), ["client_id", "client_secret"]);
    })
    .await;
}

#[tokio::test]
async fn a_password_is_tried_and_kept() {
    each_world(async |world| {
        let verify_url = format!("{}/api/basic", world.sandbox.url());
        let config = [("api_base_url", world.sandbox.url()), ("verify_url", verify_url.as_str())];
        let integration = key_of(set_up(&world, "basic-generic", "accounts", &config).await);
        let session = world.session().await;
        let entered = |password| [("username", "sandbox"), ("password", password)];
        let wrong = submitted(&world, &session, &integration, &entered("wrong")).await;
        assert_eq!(rule(wrong), Rule::CredentialRejected);
        let right = submitted(&world, &session, &integration, &entered("sandbox-password")).await;
        assert!(matches!(right, Ok(Submitted::Connected(_))));
    })
    .await;
}

#[tokio::test]
async fn what_the_server_cannot_do_to_its_end_is_refused_before_it_begins() {
    each_world(async |world| {
        // The vendor begins, by a notification for which nothing listens.
        let integration = key_of(set_up(&world, "sentry-oauth", "sentry", &[]).await);
        let session = world.session().await;
        let error = refused(world.engine.form(&session, &integration).await);
        assert!(error.to_string().contains("not supported in this release"), "{error}");
        assert!(listed(&world).await.is_empty());
    })
    .await;
}
