use model::{EnvironmentId, IntegrationId, IntegrationKey};
use store::{Constraint, Error, connections, flows, integrations};
use testkit::databases::each_store;

use crate::fixtures::{
    assert_same, at, environment, flow, integration, refused, sealed, stored_connection, stored_integration,
    stored_session, uuid, write,
};

#[tokio::test]
async fn an_integration_is_found_by_key_and_by_identifier() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let by_key = integrations::find(&store, github.environment, &github.key).await.expect("a read");
        assert_same(&by_key.as_ref(), &Some(&github));
        let by_id = integrations::find_by_id(&store, github.environment, github.id).await.expect("a read");
        assert_same(&by_id, &by_key);
        assert!(by_id.is_some_and(|found| found.secrets == github.secrets));
    })
    .await;
}

#[tokio::test]
async fn keys_of_integrations_are_case_sensitive() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let upper = IntegrationKey::parse(&github.key.as_str().to_uppercase()).expect("a good key");
        assert!(integrations::find(&store, github.environment, &upper).await.expect("a read").is_none());
    })
    .await;
}

#[tokio::test]
async fn another_environment_sees_and_changes_nothing() {
    each_store(|store| async move {
        let ours = stored_integration(&store, 1).await;
        let theirs = stored_integration(&store, 11).await.environment;
        assert!(integrations::find(&store, theirs, &ours.key).await.expect("a read").is_none());
        assert!(integrations::find_by_id(&store, theirs, ours.id).await.expect("a read").is_none());
        assert_eq!(integrations::list(&store, theirs).await.expect("a read").len(), 1);
        stored_connection(&store, 5, &ours).await;
        assert_eq!(integrations::connection_count(&store, theirs, ours.id).await.expect("a read"), 0);
        assert!(!write(&store, async |tx| integrations::update(tx, theirs, &ours, 1).await).await);
        assert!(!write(&store, async |tx| integrations::delete(tx, theirs, ours.id).await).await);
        assert_eq!(
            integrations::connection_count(&store, ours.environment, ours.id).await.expect("a read"),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn integrations_are_listed_by_provider_and_then_by_age() {
    each_store(|store| async move {
        let first = stored_integration(&store, 1).await;
        let mut asana = integration(3, first.environment);
        asana.provider = "asana".to_owned();
        asana.created_at = at(9);
        let mut younger = integration(4, first.environment);
        younger.created_at = at(1);
        for integration in [&younger, &asana] {
            write(&store, async |tx| integrations::create(tx, integration).await).await;
        }
        let listed = integrations::list(&store, first.environment).await.expect("a read");
        let ids: Vec<_> = listed.into_iter().map(|integration| integration.id).collect();
        assert_eq!(ids, [asana.id, first.id, younger.id]);
    })
    .await;
}

#[tokio::test]
async fn a_taken_key_is_a_conflict_for_new_and_for_renamed_integrations() {
    each_store(|store| async move {
        let first = stored_integration(&store, 1).await;
        let mut second = integration(3, first.environment);
        write(&store, async |tx| integrations::create(tx, &second).await).await;
        second.key = first.key.clone();
        let renamed = refused(&store, async |tx| {
            integrations::update(tx, first.environment, &second, 1).await.map(drop)
        })
        .await;
        assert!(matches!(renamed, Error::Conflict(Constraint::IntegrationKey)), "{renamed}");
        second.id = IntegrationId(uuid(4));
        let added = refused(&store, async |tx| integrations::create(tx, &second).await).await;
        assert!(matches!(added, Error::Conflict(Constraint::IntegrationKey)), "{added}");
    })
    .await;
}

#[tokio::test]
async fn the_same_identifier_twice_is_a_conflict_of_its_own() {
    each_store(|store| async move {
        let mut again = stored_integration(&store, 1).await;
        again.key = IntegrationKey::parse("another").expect("a good key");
        let error = refused(&store, async |tx| integrations::create(tx, &again).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::RowId)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_integration_needs_its_environment() {
    each_store(|store| async move {
        let orphan = integration(2, environment(1).id);
        let error = refused(&store, async |tx| integrations::create(tx, &orphan).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::Reference)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_update_writes_every_field() {
    each_store(|store| async move {
        let mut changed = stored_integration(&store, 1).await;
        changed.key = IntegrationKey::parse("renamed").expect("a good key");
        changed.provider = "gitlab".to_owned();
        changed.display_name = None;
        changed.forward_webhooks = false;
        changed.client_id = None;
        changed.scopes = Vec::new();
        changed.config.clear();
        changed.custom.clear();
        changed.secrets = sealed("other secrets");
        changed.secret_names.push("webhook_secret".to_owned());
        changed.version = 2;
        changed.updated_at = at(9);
        let environment = changed.environment;
        assert!(write(&store, async |tx| integrations::update(tx, environment, &changed, 1).await).await);
        let found = integrations::find_by_id(&store, environment, changed.id).await.expect("a read");
        assert_same(&found.as_ref(), &Some(&changed));
        assert!(found.is_some_and(|found| found.secrets == changed.secrets));
    })
    .await;
}

#[tokio::test]
async fn an_update_of_an_outdated_version_changes_nothing() {
    each_store(|store| async move {
        let stored = stored_integration(&store, 1).await;
        let mut changed = stored.clone();
        changed.version = 3;
        changed.display_name = None;
        let environment = stored.environment;
        assert!(!write(&store, async |tx| integrations::update(tx, environment, &changed, 2).await).await);
        let found = integrations::find_by_id(&store, environment, stored.id).await.expect("a read");
        assert_same(&found, &Some(stored));
    })
    .await;
}

#[tokio::test]
async fn deleting_an_integration_takes_its_connections_and_flows_along() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let environment: EnvironmentId = github.environment;
        let connection = stored_connection(&store, 5, &github).await;
        let session = stored_session(&store, 6, environment).await;
        let flow = flow(7, &session, github.id);
        write(&store, async |tx| flows::create(tx, &flow).await).await;

        assert!(write(&store, async |tx| integrations::delete(tx, environment, github.id).await).await);
        assert!(connections::find_by_id(&store, environment, connection.id).await.expect("a read").is_none());
        assert!(flows::consume(&store, &flow.state_hash, at(1)).await.expect("a write").is_none());
        assert!(!write(&store, async |tx| integrations::delete(tx, environment, github.id).await).await);
    })
    .await;
}
