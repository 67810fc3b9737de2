use model::ApiKeyId;
use store::{Constraint, Error, Store, api_keys, environments};
use testkit::databases::each_store;

use crate::fixtures::{api_key, at, environment, refused, uuid, write};

async fn with_key(store: &Store) -> model::ApiKey {
    let environment = environment(1);
    let key = api_key(2, environment.id);
    write(store, async |tx| {
        environments::create(tx, &environment).await?;
        api_keys::create(tx, &key).await
    })
    .await;
    key
}

async fn found(store: &Store, key: &model::ApiKey) -> model::ApiKey {
    api_keys::find_by_public_id(store, &key.public_id).await.expect("a read").expect("a key")
}

#[tokio::test]
async fn a_key_is_found_by_its_public_part() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        assert_eq!(found(&store, &key).await, key);
        assert_eq!(api_keys::find_by_public_id(&store, "other").await.expect("a read"), None);
    })
    .await;
}

#[tokio::test]
async fn keys_are_listed_with_the_name_of_their_environment() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        assert_eq!(api_keys::list(&store).await.expect("a read"), [(key, environment(1).name)]);
    })
    .await;
}

#[tokio::test]
async fn the_name_of_a_live_key_is_taken_and_that_of_a_revoked_one_is_free() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        let mut second = api_key(3, key.environment);
        second.name.clone_from(&key.name);
        let error = refused(&store, async |tx| api_keys::create(tx, &second).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::ApiKeyName)), "{error}");

        assert!(write(&store, async |tx| api_keys::revoke(tx, key.id, at(5)).await).await);
        assert_eq!(found(&store, &key).await.revoked_at, Some(at(5)));
        write(&store, async |tx| api_keys::create(tx, &second).await).await;
    })
    .await;
}

#[tokio::test]
async fn the_public_part_of_a_key_is_unique() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        let mut second = api_key(3, key.environment);
        second.public_id.clone_from(&key.public_id);
        let error = refused(&store, async |tx| api_keys::create(tx, &second).await).await;
        assert!(matches!(error, Error::Conflict(Constraint::ApiKeyPublicId)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_revoked_once() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        assert!(write(&store, async |tx| api_keys::revoke(tx, key.id, at(5)).await).await);
        assert!(!write(&store, async |tx| api_keys::revoke(tx, key.id, at(6)).await).await);
        assert!(!write(&store, async |tx| api_keys::revoke(tx, ApiKeyId(uuid(9)), at(6)).await).await);
        assert_eq!(found(&store, &key).await.revoked_at, Some(at(5)));
    })
    .await;
}

#[tokio::test]
async fn an_earlier_use_does_not_replace_a_later_one() {
    each_store(|store| async move {
        let key = with_key(&store).await;
        let unknown = (ApiKeyId(uuid(9)), at(50));
        write(&store, async |tx| api_keys::touch(tx, &[(key.id, at(20)), unknown, (key.id, at(10))]).await)
            .await;
        assert_eq!(found(&store, &key).await.last_used_at, Some(at(20)));
        write(&store, async |tx| api_keys::touch(tx, &[(key.id, at(15))]).await).await;
        assert_eq!(found(&store, &key).await.last_used_at, Some(at(20)));
    })
    .await;
}
