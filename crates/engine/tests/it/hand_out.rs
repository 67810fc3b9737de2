//! A credential leaves only to those who may have it, and never without a trace.

use engine::ports::Clock as _;
use engine::{Error, ReadError, ReadOptions, right};
use jiff::SignedDuration;
use protocol::Credential;
use store::{Location, admin};
use testkit::{World, each_world};

use crate::fixtures::{
    EXPIRED, Established, FORCED, access_token, api_key, audit, established, imported, new_connection, only,
    plain_keys, succeeded, tokens, traces, unread,
};

const READ: &[&str] = &["environment:connections:read"];

#[tokio::test]
async fn each_hand_out_leaves_an_entry_that_names_key_and_connection() {
    each_world(async |world| {
        let connection = established(&world).await;
        for hand_outs in 1..=3 {
            connection.token(&world).await;
            assert_eq!(traces(&world, "credential.read").await, hand_outs);
        }
        let entries = audit(&world).await;
        let entry = entries.iter().find(|entry| entry.action == "credential.read").expect("an entry");
        assert_eq!(entry.actor, world.caller.key.to_string());
        assert_eq!(entry.subject, connection.stored(&world).await.id.to_string());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_handed_out_while_the_trail_cannot_be_written() {
    each_world(async |world| {
        let connection = established(&world).await;
        admin::execute(&trail(&world), "alter table audit_entries rename to audit_away")
            .await
            .expect("it is renamed");
        assert!(matches!(unread(connection.read(&world).await), Error::Unavailable));
        admin::execute(&trail(&world), "alter table audit_away rename to audit_entries")
            .await
            .expect("it is back");
        connection.token(&world).await;
    })
    .await;
}

/// Where the audit trail of a world is.
pub(crate) fn trail(world: &World) -> Location {
    match &world.location {
        Location::Sqlite { path } => Location::Sqlite { path: path.with_file_name("audit.db") },
        postgres @ Location::Postgres { .. } => postgres.clone(),
    }
}

#[tokio::test]
async fn a_key_without_the_right_to_credentials_gets_none_and_causes_no_refresh() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.advance(EXPIRED);
        let by = only::<right::ReadConnection>(&world, READ).await;
        let read =
            world.engine.read_connection(&by, &connection.integration, &connection.key, <_>::default()).await;
        let read = succeeded(read);
        assert!(read.credential.is_none() && read.secret_fields.is_empty());
        assert_eq!(world.sandbox.requests("/token").len(), 1);
        assert_eq!(traces(&world, "credential.read").await, 0);
    })
    .await;
}

#[tokio::test]
async fn options_about_credentials_need_the_right_to_them() {
    each_world(async |world| {
        let connection = established(&world).await;
        let by = only::<right::ReadConnection>(&world, READ).await;
        for options in [FORCED, ReadOptions { force_refresh: false, include_refresh_token: true }] {
            let read =
                world.engine.read_connection(&by, &connection.integration, &connection.key, options).await;
            assert!(matches!(unread(read), Error::Denied(_)));
        }
        assert_eq!(world.sandbox.requests("/token").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_has_ended_and_cannot_be_refreshed_is_called_stale() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let end = world.clock.now() + SignedDuration::from_mins(5);
        let credential = Credential::OAuth2(tokens("short", None, Some(end)));
        let connection = imported(&world, new_connection(&integration, "c", credential)).await;
        assert!(!succeeded(connection.read(&world).await).stale);
        world.advance(EXPIRED);
        let read = succeeded(connection.read(&world).await);
        assert_eq!((access_token(&read).as_str(), read.stale), ("short", true));
    })
    .await;
}

#[tokio::test]
async fn a_credential_that_was_moved_to_another_row_is_an_integrity_error() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let mine = imported(&world, new_connection(&integration, "mine", api_key("my key"))).await;
        let theirs = imported(&world, new_connection(&integration, "theirs", api_key("their key"))).await;
        let swap =
            "update connections set credential = (select credential from connections where key = 'theirs')
            where key = 'mine'";
        assert_eq!(admin::execute(&world.location, swap).await.expect("rows are swapped"), 1);
        assert!(matches!(unread(mine.read(&world).await), Error::Integrity));
        assert_eq!(traces(&world, "credential.integrity_failed").await, 1);
        assert_eq!(traces(&world, "credential.read").await, 0);
        assert!(succeeded(theirs.read(&world).await).credential.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_moved_credential_is_not_sent_to_the_provider_either() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let connected = world.connect(&integration).await;
        let stolen = world.connect(&integration).await;
        world.advance(EXPIRED);
        let swap = format!(
            "update connections set credential = (select credential from connections where key = '{}') where key = '{}'",
            stolen.connection, connected.connection
        );
        assert_eq!(admin::execute(&world.location, &swap).await.expect("rows are swapped"), 1);
        let connection = Established { integration, key: connected.connection };
        assert!(matches!(unread(connection.read(&world).await), Error::Integrity));
        assert_eq!(world.sandbox.requests("/token").len(), 2, "the two authorizations");
        assert_eq!(traces(&world, "credential.integrity_failed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_older_credential_cannot_be_put_back() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let connection = imported(&world, new_connection(&integration, "c", api_key("old"))).await;
        imported(&world, new_connection(&integration, "c", api_key("new"))).await;
        let back = "update connections set version = version - 1 where key = 'c'";
        admin::execute(&world.location, back).await.expect("the row is there");
        assert!(matches!(connection.read(&world).await, Err(ReadError::Error(Error::Integrity))));
    })
    .await;
}

#[tokio::test]
async fn when_a_credential_and_a_key_were_last_used_is_written_by_a_job() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.engine.authenticate_key(&world.api_key).await.expect("the key opens its environment");
        connection.token(&world).await;
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.last_fetched_at, Some(world.clock.now()));
        let keys = world.engine.keys().await.expect("keys are listed");
        let (key, _) = keys.iter().find(|(key, _)| key.id == world.caller.key).expect("the key is there");
        assert_eq!(key.last_used_at, Some(world.clock.now()));
    })
    .await;
}

#[tokio::test]
async fn uses_that_could_not_be_written_are_written_later() {
    each_world(async |world| {
        let connection = established(&world).await;
        connection.token(&world).await;
        let rename = |from, to| format!("alter table api_keys rename column {from} to {to}");
        admin::execute(&world.location, &rename("last_used_at", "away")).await.expect("it is renamed");
        assert!(world.engine.run_due_jobs().await.is_err());
        admin::execute(&world.location, &rename("away", "last_used_at")).await.expect("it is back");
        world.engine.run_due_jobs().await.expect("jobs run");
        assert_eq!(connection.stored(&world).await.last_fetched_at, Some(world.clock.now()));
    })
    .await;
}
