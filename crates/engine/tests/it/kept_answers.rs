//! A lone server keeps answers to reads, and a kept answer never says less, more or anything older than a new one would.

use std::sync::atomic::{AtomicUsize, Ordering};

use engine::{ConnectionPatch, Error, Grant, ReadConnection, ReadError, ReadOptions, right};
use model::{Scopes, Tags};
use store::admin;
use testkit::World;
use testkit::databases::each_location;

use crate::fixtures::{EXPIRED, Established, access_token, established, only, traces};
use crate::hand_out::trail;

/// Readers, and how often an answer was rendered for them.
#[derive(Default)]
struct Readers {
    rendered: AtomicUsize,
}

impl Readers {
    async fn ask(
        &self,
        world: &World,
        by: &Grant<right::ReadConnection>,
        connection: &Established,
        options: ReadOptions,
    ) -> Result<String, ReadError> {
        let render = |read: &ReadConnection| {
            self.rendered.fetch_add(1, Ordering::Relaxed);
            let token = if read.credential.is_some() { access_token(read) } else { String::new() };
            let (tags, fetched) = (&read.connection.tags, read.connection.last_fetched_at);
            format!("{token} {tags:?} {fetched:?}").into_bytes()
        };
        let (integration, key) = (&connection.integration, &connection.key);
        let answer = world.engine.answer_connection(by, integration, key, options, render).await?;
        Ok(String::from_utf8(answer).expect("text was rendered"))
    }

    async fn answer(&self, world: &World, connection: &Established) -> String {
        let answer = self.ask(world, &world.may(), connection, ReadOptions::default()).await;
        answer.unwrap_or_else(|_| panic!("the connection is read"))
    }

    /// How often an answer was rendered since the last time of asking.
    fn rendered(&self) -> usize {
        self.rendered.swap(0, Ordering::Relaxed)
    }
}

async fn each_lone_world<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let test = &test;
    each_location(|location| Box::pin(async move { test(World::alone(location).await).await })).await;
}

#[tokio::test]
async fn an_answer_is_rendered_once_and_leaves_a_trace_each_time() {
    each_lone_world(async |world| {
        let (connection, readers) = (established(&world).await, Readers::default());
        let first = readers.answer(&world, &connection).await;
        assert_eq!(readers.answer(&world, &connection).await, first);
        assert_eq!(readers.rendered(), 1);
        assert_eq!(traces(&world, "credential.read").await, 2);
    })
    .await;
}

#[tokio::test]
async fn whatever_changes_a_connection_ends_its_kept_answer() {
    each_lone_world(async |world| {
        let (connection, readers) = (established(&world).await, Readers::default());
        let first = readers.answer(&world, &connection).await;

        let tags = Tags::parse([("team".to_owned(), "blue".to_owned())]).expect("good tags");
        let patch = ConnectionPatch { tags: Some(tags), ..ConnectionPatch::default() };
        let (integration, key) = (&connection.integration, &connection.key);
        world.engine.update_connection(&world.may(), integration, key, patch).await.expect("it is changed");
        let tagged = readers.answer(&world, &connection).await;
        assert!(tagged.contains("blue") && !first.contains("blue"), "{tagged}");

        world.engine.run_due_jobs().await.expect("jobs run");
        let fetched = readers.answer(&world, &connection).await;
        assert_ne!(fetched, tagged, "it says when the connection was last fetched");

        world.advance(EXPIRED);
        let refreshed = readers.answer(&world, &connection).await;
        assert_ne!(refreshed, fetched, "it has the new token");
        assert_eq!(readers.rendered(), 4);

        world.engine.delete_connection(&world.may(), integration, key).await.expect("it is deleted");
        let gone = readers.ask(&world, &world.may(), &connection, ReadOptions::default()).await;
        assert!(matches!(gone, Err(ReadError::Error(Error::NotFound(_)))));
    })
    .await;
}

#[tokio::test]
async fn a_kept_answer_is_for_readers_with_the_right_to_it_and_without_options() {
    each_lone_world(async |world| {
        let (connection, readers) = (established(&world).await, Readers::default());
        let kept = readers.answer(&world, &connection).await;

        let reader = only(&world, &["environment:connections:read"]).await;
        let plain = readers.ask(&world, &reader, &connection, ReadOptions::default()).await;
        assert!(plain.is_ok_and(|plain| plain.starts_with(' ')), "there is no token in it");

        let stranger =
            world.key("elsewhere", Scopes::full()).await.0.grant().expect("the key may do everything");
        let strange = readers.ask(&world, &stranger, &connection, ReadOptions::default()).await;
        assert!(matches!(strange, Err(ReadError::Error(Error::NotFound(_)))));

        assert_eq!(readers.rendered(), 2);
        let with_refresh_token = ReadOptions { include_refresh_token: true, ..ReadOptions::default() };
        readers.ask(&world, &world.may(), &connection, with_refresh_token).await.ok().expect("it is read");
        assert_eq!(readers.rendered(), 1, "options are never answered with what was kept without them");
        assert_eq!(readers.answer(&world, &connection).await, kept);
        assert_eq!(readers.rendered(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_kept_answer_is_not_handed_out_while_the_trail_cannot_be_written() {
    each_lone_world(async |world| {
        let (connection, readers) = (established(&world).await, Readers::default());
        readers.answer(&world, &connection).await;
        let rename = "alter table audit_entries rename to audit_away";
        admin::execute(&trail(&world), rename).await.expect("it is renamed");
        let refused = readers.ask(&world, &world.may(), &connection, ReadOptions::default()).await;
        assert!(matches!(refused, Err(ReadError::Error(Error::Unavailable))));
    })
    .await;
}
