use store::{Constraint, Error, environments};
use testkit::databases::each_store;

use crate::fixtures::{environment, refused, write};

#[tokio::test]
async fn an_environment_is_found_by_name_and_by_identifier() {
    each_store(|store| async move {
        let dev = environment(1);
        write(&store, async |tx| environments::create(tx, &dev).await).await;
        let by_name = environments::find_by_name(&store, &dev.name).await.expect("a read");
        assert_eq!(by_name.as_ref(), Some(&dev));
        assert_eq!(environments::find(&store, dev.id).await.expect("a read"), by_name);
        assert_eq!(environments::find(&store, environment(2).id).await.expect("a read"), None);
    })
    .await;
}

#[tokio::test]
async fn a_second_environment_of_a_name_is_a_conflict() {
    each_store(|store| async move {
        write(&store, async |tx| environments::create(tx, &environment(1)).await).await;
        let mut second = environment(2);
        second.name = environment(1).name;
        let error = refused(&store, async |tx| environments::create(tx, &second).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::EnvironmentName)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn environments_are_listed_oldest_first() {
    each_store(|store| async move {
        let (first, mut second) = (environment(2), environment(1));
        second.created_at = crate::fixtures::at(1);
        write(&store, async |tx| environments::create(tx, &second).await).await;
        write(&store, async |tx| environments::create(tx, &first).await).await;
        assert_eq!(environments::list(&store).await.expect("a read"), [first, second]);
    })
    .await;
}

#[tokio::test]
async fn the_name_of_the_app_is_set_and_cleared() {
    each_store(|store| async move {
        let dev = environment(1);
        write(&store, async |tx| environments::create(tx, &dev).await).await;
        for name in [Some("Other"), None] {
            assert!(write(&store, async |tx| environments::set_app_name(tx, dev.id, name).await).await);
            let found = environments::find(&store, dev.id).await.expect("a read").expect("an environment");
            assert_eq!(found.app_name.as_deref(), name);
        }
        let missing = environment(2).id;
        assert!(!write(&store, async |tx| environments::set_app_name(tx, missing, None).await).await);
    })
    .await;
}

#[tokio::test]
async fn free_text_loses_the_one_character_that_postgresql_cannot_hold() {
    each_store(|store| async move {
        let dev = environment(1);
        write(&store, async |tx| environments::create(tx, &dev).await).await;
        write(&store, async |tx| environments::set_app_name(tx, dev.id, Some("A\0cme")).await).await;
        let found = environments::find(&store, dev.id).await.expect("a read").expect("an environment");
        assert_eq!(found.app_name.as_deref(), Some("Acme"));
    })
    .await;
}
