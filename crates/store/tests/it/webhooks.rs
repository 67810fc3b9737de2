use model::WebhookSettings;
use store::{Constraint, Error, webhooks};
use testkit::databases::each_store;

use crate::fixtures::{assert_same, refused, sealed, stored_integration, write};

fn settings(environment: model::EnvironmentId) -> WebhookSettings {
    WebhookSettings {
        environment,
        primary_url: Some("https://app.example/hook".to_owned()),
        secondary_url: None,
        on_auth_creation: true,
        on_auth_refresh_error: false,
        signing_key: sealed("whsec_"),
        version: 1,
    }
}

#[tokio::test]
async fn settings_are_found_in_their_environment() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        let elsewhere = stored_integration(&store, 11).await.environment;
        let stored = settings(environment);
        write(&store, async |tx| webhooks::create(tx, &stored).await).await;
        assert_same(&webhooks::find(&store, environment).await.expect("a read"), &Some(stored.clone()));
        assert!(webhooks::find(&store, elsewhere).await.expect("a read").is_none());
        let error = refused(&store, async |tx| webhooks::create(tx, &stored).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::WebhookSettings)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn settings_are_updated_by_compare_and_swap() {
    each_store(|store| async move {
        let environment = stored_integration(&store, 1).await.environment;
        write(&store, async |tx| webhooks::create(tx, &settings(environment)).await).await;
        let changed = WebhookSettings {
            environment,
            primary_url: None,
            secondary_url: Some("https://app.example/second".to_owned()),
            on_auth_creation: false,
            on_auth_refresh_error: true,
            signing_key: sealed("whsec_other"),
            version: 2,
        };
        assert!(!write(&store, async |tx| webhooks::update(tx, &changed, 2).await).await);
        assert!(write(&store, async |tx| webhooks::update(tx, &changed, 1).await).await);
        let found = webhooks::find(&store, environment).await.expect("a read").expect("settings");
        assert_same(&found, &changed);
        assert_eq!(found.signing_key, changed.signing_key);
    })
    .await;
}
