//! A refresh goes wrong: what is served, when it is tried again, what the app hears.

use std::time::Duration;

use engine::Error;
use sandbox::{Client, Endpoint, Fault};
use store::admin;
use testkit::each_world;

use crate::fixtures::{
    DUE, EXPIRED, FORCED, MINUTE, SECOND, access_token, established, events, failing, machine,
    receive_events, succeeded, traces,
};

#[tokio::test]
async fn a_due_refresh_that_fails_serves_the_token_that_still_works() {
    each_world(async |world| {
        receive_events(&world).await;
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(500), Some(1));
        world.advance(DUE);
        let read = succeeded(connection.read(&world).await);
        assert_eq!((access_token(&read), read.stale), (old.clone(), false));
        assert_eq!(read.connection.refresh.error_code.as_deref(), Some("unavailable"));
        assert_eq!(connection.token(&world).await, old, "the back-off holds for due tokens too");
        assert_eq!(world.sandbox.requests("/token").len(), 2);
        let told = events(&world).await;
        assert_eq!((&told[1]["operation"], &told[1]["success"]), (&"refresh".into(), &false.into()));
        assert_eq!(traces(&world, "credential.refresh_failed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_expired_token_that_cannot_be_refreshed_is_not_served() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(500), Some(1));
        world.advance(EXPIRED);
        let first = connection.failure(&world).await;
        assert_eq!((first.code.as_str(), first.not_tried), ("unavailable", false));
        let second = connection.failure(&world).await;
        assert_eq!((second.code.as_str(), second.not_tried), ("unavailable", true));
        assert_eq!(second.log_id, first.log_id);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
        world.advance(SECOND * 31);
        connection.token(&world).await;
        assert_eq!(world.sandbox.requests("/token").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_back_off_grows_with_each_failure_and_ends_with_a_success() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(500), Some(2));
        world.advance(EXPIRED);
        connection.failure(&world).await;
        world.advance(SECOND * 31);
        assert!(!connection.failure(&world).await.not_tried);
        world.advance(SECOND * 31);
        assert!(connection.failure(&world).await.not_tried, "the second wait is a minute");
        world.advance(SECOND * 30);
        connection.token(&world).await;
        assert_eq!(connection.stored(&world).await.refresh, model::connection::RefreshHealth::default());
    })
    .await;
}

#[tokio::test]
async fn a_forced_read_does_not_wait_for_the_back_off() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(500), Some(1));
        world.advance(EXPIRED);
        connection.failure(&world).await;
        assert!(connection.failure(&world).await.not_tried);
        assert!(succeeded(connection.read_with(&world, FORCED).await).credential.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_forced_read_that_fails_says_so_although_the_token_still_works() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::status(502), Some(1));
        assert_eq!(failing(connection.read_with(&world, FORCED).await).code, "unavailable");
        assert!(!succeeded(connection.read(&world).await).stale);
    })
    .await;
}

#[tokio::test]
async fn retry_after_is_honoured() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::rate_limited("120"), Some(1));
        world.advance(EXPIRED);
        assert_eq!(connection.failure(&world).await.code, "rate_limited");
        world.advance(SECOND * 119);
        assert!(connection.failure(&world).await.not_tried);
        world.advance(SECOND);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_retry_after_of_years_is_believed_for_an_hour() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::rate_limited("315360000"), Some(1));
        world.advance(EXPIRED);
        connection.failure(&world).await;
        world.advance(MINUTE * 59);
        assert!(connection.failure(&world).await.not_tried);
        world.advance(MINUTE);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_client_of_its_own_honours_retry_after_too() {
    each_world(async |world| {
        let connection = machine(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::rate_limited("600"), Some(1));
        world.advance(EXPIRED);
        assert_eq!(connection.failure(&world).await.code, "rate_limited");
        world.advance(SECOND * 599);
        assert!(connection.failure(&world).await.not_tried);
        world.advance(SECOND);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn a_grant_that_is_gone_needs_the_user_at_once() {
    each_world(async |world| {
        receive_events(&world).await;
        let connection = established(&world).await;
        world.sandbox.revoke_all();
        world.advance(EXPIRED);
        assert_eq!(connection.failure(&world).await.code, "invalid_grant");
        assert!(connection.stored(&world).await.refresh.needs_reauth);
        world.advance(Duration::from_hours(48));
        let later = connection.failure(&world).await;
        assert!(later.not_tried && later.message.contains("connect again"));
        assert_eq!(world.sandbox.requests("/token").len(), 2);
        assert_eq!(events(&world).await[1]["error"]["type"], "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_out_of_order_is_not_believed_about_the_grant() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::answer(500, r#"{"error":"invalid_grant"}"#), Some(1));
        world.advance(EXPIRED);
        connection.failure(&world).await;
        assert!(!connection.stored(&world).await.refresh.needs_reauth);
        world.advance(MINUTE);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_cut_off_leaves_the_stored_credential_alone() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        let before = connection.stored(&world).await;
        world.sandbox.fail(Endpoint::Token, Fault::Truncate { bytes: 30 }, Some(1));
        world.advance(DUE);
        assert_eq!(connection.token(&world).await, old);
        let after = connection.stored(&world).await;
        assert_eq!(
            (after.version, after.credential.as_bytes()),
            (before.version, before.credential.as_bytes())
        );
        assert_eq!(after.refresh.error_code.as_deref(), Some("truncated_answer"));
    })
    .await;
}

#[tokio::test]
async fn junk_never_takes_the_place_of_a_good_credential() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(DUE);
        for body in
            ["", "null", "[]", "{}", r#"{"access_token":7}"#, r#"{"access_token":""}"#, "access_token="]
        {
            world.sandbox.fail(Endpoint::Token, Fault::garbage(body), Some(1));
            failing(connection.read_with(&world, FORCED).await);
            assert_eq!(connection.stored(&world).await.version, 1, "{body}");
        }
        assert_eq!(connection.token(&world).await, old);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_to_mend() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.register_client(Client::confidential("sandbox-client", "changed at the provider"));
        world.advance(EXPIRED);
        assert_eq!(connection.failure(&world).await.code, "invalid_client");
        assert!(!connection.stored(&world).await.refresh.needs_reauth);
    })
    .await;
}

#[tokio::test]
async fn metadata_that_cannot_be_read_backs_off_like_any_failure() {
    each_world(async |world| {
        let connection = established(&world).await;
        let fresh = world.node(1).await;
        world.sandbox.fail(Endpoint::Metadata, Fault::status(503), None);
        world.advance(EXPIRED);
        let asked = || world.sandbox.requests("/.well-known/oauth-authorization-server").len();
        let before = asked();
        assert_eq!(connection.failure(&fresh).await.code, "discovery_failed");
        assert!(connection.failure(&fresh).await.not_tried);
        assert_eq!(asked(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn a_new_credential_outlives_a_store_that_is_away_for_a_moment() {
    each_world(async |world| {
        let connection = established(&world).await;
        let old = connection.token(&world).await;
        world.advance(EXPIRED);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(100)), Some(1));
        let mut reading = std::pin::pin!(connection.read(&world));
        tokio::select! {
            _ = &mut reading => panic!("the provider is slow"),
            () = world.asked("/token", 2) => {}
        }
        let away = "alter table connections rename column obtained_at to obtained_at_away";
        admin::execute(&world.location, away).await.expect("the column is renamed");
        let patience = Duration::from_millis(600);
        assert!(
            tokio::time::timeout(patience, &mut reading).await.is_err(),
            "the reader waits for the store"
        );
        let back = "alter table connections rename column obtained_at_away to obtained_at";
        admin::execute(&world.location, back).await.expect("the column is back");
        assert_ne!(access_token(&succeeded(reading.await)), old);
        assert_eq!(world.sandbox.requests("/token").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_connection_deleted_during_its_refresh_is_not_found() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.advance(EXPIRED);
        world.sandbox.fail(Endpoint::Token, Fault::slow(Duration::from_millis(100)), Some(1));
        let deleting = async {
            world.asked("/token", 2).await;
            let by = world.may::<engine::right::DeleteConnection>();
            world
                .engine
                .delete_connection(&by, &connection.integration, &connection.key)
                .await
                .expect("it is deleted");
        };
        let (read, ()) = tokio::join!(connection.read(&world), deleting);
        assert!(matches!(crate::fixtures::unread(read), Error::NotFound(_)));
        assert!(crate::fixtures::listed(&world).await.is_empty());
    })
    .await;
}
