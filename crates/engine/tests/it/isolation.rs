//! Nothing crosses the wall between two environments: what is there is not found, like what is nowhere.

use engine::{
    Caller, ConnectionPatch, Error, Grant, IntegrationPatch, MetadataWrite, ReadError, Reconnect, Right,
    Thing, right,
};
use model::Scopes;
use serde_json::Map;
use testkit::{World, each_world};

use crate::fixtures::{Established, connection_key, established, integration_key, refused, wrong_fields};

/// A stranger with every right in an environment of its own.
async fn stranger(world: &World) -> Caller {
    world.key("other", Scopes::full()).await.0
}

fn may<R: Right>(caller: &Caller) -> Grant<R> {
    caller.clone().grant().expect("the key holds every right")
}

/// What the stranger is told about a connection, by every use case that names one.
async fn told(world: &World, by: &Caller, named: &Established) -> Vec<String> {
    let (engine, integration, key) = (&world.engine, &named.integration, &named.key);
    let read =
        engine.read_connection(&may::<right::ReadConnection>(by), integration, key, <_>::default()).await;
    let read = match read {
        Err(ReadError::Error(error)) => error,
        Err(ReadError::Failing { .. }) | Ok(_) => panic!("a stranger reads nothing"),
    };
    let patch = ConnectionPatch::default();
    let updated =
        engine.update_connection(&may::<right::UpdateConnection>(by), integration, key, patch).await;
    let deleted = engine.delete_connection(&may::<right::DeleteConnection>(by), integration, key).await;
    let (writes, keys) = (may::<right::UpdateConnection>(by), std::slice::from_ref(key));
    let written =
        engine.write_metadata(&writes, integration, keys, &Map::new(), MetadataWrite::Replace).await;
    let target = Reconnect { integration: integration.clone(), connection: key.clone() };
    let reconnect =
        engine.create_reconnect_session(&may::<right::CreateSession>(by), &target, <_>::default()).await;
    let errors = [read, refused(updated), refused(deleted), refused(written), refused(reconnect)];
    errors.iter().map(|error| format!("{error:?}")).collect()
}

#[tokio::test]
async fn a_connection_of_another_environment_is_like_one_that_does_not_exist() {
    each_world(async |world| {
        let connection = established(&world).await;
        let by = stranger(&world).await;
        let unknown = Established { integration: integration_key("nowhere"), key: connection_key("nobody") };
        assert_eq!(told(&world, &by, &connection).await, told(&world, &by, &unknown).await);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn an_integration_of_the_same_name_does_not_open_the_other_ones_connections() {
    each_world(async |world| {
        let connection = established(&world).await;
        let by = stranger(&world).await;
        let new = engine::NewIntegration {
            provider: "oauth2-generic".to_owned(),
            key: "op".to_owned(),
            ..engine::NewIntegration::default()
        };
        let made = world.engine.create_integration(&may::<right::CreateIntegration>(&by), new).await;
        made.map(drop).expect("names are free in each environment");
        let unknown = Established { integration: integration_key("op"), key: connection_key("nobody") };
        assert_eq!(told(&world, &by, &connection).await, told(&world, &by, &unknown).await);
        let all =
            world.engine.connections(&may::<right::ListConnections>(&by), &<_>::default(), 100, 0).await;
        assert!(all.expect("a list").is_empty());
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn an_integration_of_another_environment_is_not_found() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let by = stranger(&world).await;
        let not_found = |error: Error| matches!(error, Error::NotFound(Thing::Integration));
        let (reads, updates) = (may::<right::ReadIntegration>(&by), may::<right::UpdateIntegration>(&by));
        assert!(not_found(refused(world.engine.integration(&reads, &integration).await)));
        let patched =
            world.engine.update_integration(&updates, &integration, IntegrationPatch::default()).await;
        assert!(not_found(refused(patched)));
        let deletes = may::<right::DeleteIntegration>(&by);
        assert!(not_found(refused(world.engine.delete_integration(&deletes, &integration).await)));
        let all = world.engine.integrations(&may::<right::ListIntegrations>(&by)).await;
        assert!(all.unwrap_or_else(|error| panic!("{error}")).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_session_reaches_only_integrations_of_its_environment() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let by = stranger(&world).await;
        let sessions = may::<right::CreateSession>(&by);
        let limited = engine::NewSession { allowed_integrations: vec!["op".to_owned()], ..<_>::default() };
        let named = world.engine.create_session(&sessions, limited).await;
        assert_eq!(wrong_fields(named), ["allowed_integrations.0"]);
        let made = world
            .engine
            .create_session(&sessions, <_>::default())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let session = world
            .engine
            .authenticate_session(made.token.expose())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let answer = crate::fixtures::submitted(&world, &session, &integration, &[]).await;
        assert!(matches!(refused(answer), Error::NotFound(Thing::Integration)));
    })
    .await;
}

#[tokio::test]
async fn the_trail_of_another_environment_is_not_shown() {
    each_world(async |world| {
        established(&world).await.token(&world).await;
        let by = stranger(&world).await;
        let entries =
            world.engine.audit_trail(&may::<right::ReadAudit>(&by), 1000, None).await.expect("the trail");
        assert!(entries.iter().all(|entry| entry.environment == by.environment.id));
        assert!(entries.iter().all(|entry| entry.action != "credential.read"));
    })
    .await;
}

#[tokio::test]
async fn a_key_lacks_every_right_it_was_not_given() {
    each_world(async |world| {
        let caller = crate::fixtures::caller(&world, "test", &["environment:connections:list"]).await;
        assert!(caller.clone().grant::<right::ListConnections>().is_ok());
        for denied in [
            caller.clone().grant::<right::ReadConnection>().map(drop),
            caller.clone().grant::<right::CreateConnection>().map(drop),
            caller.clone().grant::<right::DeleteConnection>().map(drop),
            caller.clone().grant::<right::ReadIntegration>().map(drop),
            caller.clone().grant::<right::CreateSession>().map(drop),
            caller.clone().grant::<right::RotateSigningKey>().map(drop),
            caller.grant::<right::ReadAudit>().map(drop),
        ] {
            assert!(matches!(denied, Err(Error::Denied(_))));
        }
    })
    .await;
}
