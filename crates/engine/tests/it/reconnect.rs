//! Authorizing an existing connection again.

use engine::{Error, FailureKind, NewSession, Reconnect, Rule, SessionCaller, right};
use sandbox::Client;
use testkit::{World, each_world};

use crate::fixtures::{
    EXPIRED, Established, callback, connection_key, established, events, listed, receive_events, rule,
    submitted,
};

async fn reconnect(world: &World, connection: &Established, new: NewSession) -> Result<SessionCaller, Error> {
    let target =
        Reconnect { integration: connection.integration.clone(), connection: connection.key.clone() };
    let by = world.may::<right::CreateSession>();
    let created = world.engine.create_reconnect_session(&by, &target, new).await?;
    let caller = world.engine.authenticate_session(created.token.expose()).await;
    Ok(caller.unwrap_or_else(|error| panic!("the session is found: {error}")))
}

pub(crate) async fn reconnecting(world: &World, connection: &Established) -> SessionCaller {
    let session = reconnect(world, connection, NewSession::default()).await;
    session.unwrap_or_else(|error| panic!("the session is made: {error}"))
}

async fn delete(world: &World, connection: &Established) {
    let by = world.may::<right::DeleteConnection>();
    world
        .engine
        .delete_connection(&by, &connection.integration, &connection.key)
        .await
        .expect("it is deleted");
}

#[tokio::test]
async fn a_reconnection_keeps_the_connection_and_what_is_known_of_it() {
    each_world(async |world| {
        receive_events(&world).await;
        let connection = established(&world).await;
        let before = connection.stored(&world).await;
        let old = connection.token(&world).await;
        let session = reconnecting(&world, &connection).await;
        let consented = world.consent(&session, &connection.integration).await;
        assert_eq!(callback(&world, &consented).await.expect("it is connected").connection, connection.key);
        let after = connection.stored(&world).await;
        assert_eq!((after.id, after.number, after.created_at), (before.id, before.number, before.created_at));
        assert_eq!((after.version, &after.tags, &after.end_user), (2, &before.tags, &before.end_user));
        assert_ne!(connection.token(&world).await, old);
        let told = events(&world).await;
        assert_eq!((&told[0]["operation"], &told[1]["operation"]), (&"creation".into(), &"override".into()));
        assert_eq!(told[1]["connectionId"], connection.key.as_str());
        assert_eq!(listed(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_reconnection_mends_a_grant_that_was_gone() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.revoke_all();
        world.advance(EXPIRED);
        connection.failure(&world).await;
        let session = reconnecting(&world, &connection).await;
        let consented = world.consent(&session, &connection.integration).await;
        callback(&world, &consented).await.expect("it is connected");
        connection.token(&world).await;
        assert_eq!(connection.stored(&world).await.refresh, model::connection::RefreshHealth::default());
    })
    .await;
}

#[tokio::test]
async fn a_reconnection_is_limited_to_the_integration_of_its_connection() {
    each_world(async |world| {
        let connection = established(&world).await;
        let other = world.integration("other").await;
        let session = reconnecting(&world, &connection).await;
        assert_eq!(rule(submitted(&world, &session, &other, &[]).await), Rule::IntegrationNotAllowed);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_connection_cannot_be_authorized_again() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let unknown = Established { integration, key: connection_key("nope") };
        assert_eq!(rule(reconnect(&world, &unknown, NewSession::default()).await), Rule::Body);
    })
    .await;
}

#[tokio::test]
async fn a_connection_deleted_before_the_person_sets_out_stays_deleted() {
    each_world(async |world| {
        let connection = established(&world).await;
        let session = reconnecting(&world, &connection).await;
        delete(&world, &connection).await;
        let answer = submitted(&world, &session, &connection.integration, &[]).await;
        assert_eq!(rule(answer), Rule::ConnectionGone);
    })
    .await;
}

#[tokio::test]
async fn a_connection_deleted_while_the_person_is_away_stays_deleted() {
    each_world(async |world| {
        receive_events(&world).await;
        let connection = established(&world).await;
        let session = reconnecting(&world, &connection).await;
        let consented = world.consent(&session, &connection.integration).await;
        delete(&world, &connection).await;
        let failure = callback(&world, &consented).await.expect_err("there is nothing to authorize again");
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(listed(&world).await.is_empty());
        assert!(events(&world).await.iter().any(|event| event["error"]["type"] == "connection_gone"));
    })
    .await;
}

#[tokio::test]
async fn a_reconnection_that_fails_leaves_the_connection_as_it_was() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        let session = reconnecting(&world, &connection).await;
        let consented = world.consent(&session, &connection.integration).await;
        world.sandbox.register_client(Client::confidential("sandbox-client", "changed"));
        assert!(callback(&world, &consented).await.is_err());
        assert_eq!(connection.token(&world).await, old);
        assert_eq!(connection.stored(&world).await.version, 1);
    })
    .await;
}
