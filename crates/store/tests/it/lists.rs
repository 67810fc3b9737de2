use std::collections::BTreeMap;

use model::{Connection, EndUser, EnvironmentId};
use store::connections::{self, ListFilter};
use store::{Store, integrations};
use testkit::databases::each_store;

use crate::fixtures::{
    at, connection, end_user, integration, object, stored_connection, stored_integration, tags, write,
};

async fn numbers(store: &Store, environment: EnvironmentId, filter: ListFilter) -> Vec<i64> {
    let listed = connections::list(store, environment, &filter, 100, 0).await.expect("a read");
    listed.into_iter().map(|connection| connection.number).collect()
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn wanted(pairs: Pairs<'_>) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_listed_connection_shows_its_integration_and_its_error() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let listed = connections::list(&store, github.environment, &ListFilter::default(), 10, 0)
            .await
            .expect("a read");
        let expected = connections::Listed {
            number: 5,
            key: stored.key,
            integration_key: github.key,
            provider: "github".to_owned(),
            end_user: Some(end_user()),
            tags: stored.tags,
            metadata: Some(object("z", "1")),
            account: Some("octocat".to_owned()),
            missing_scopes: stored.missing_scopes.clone(),
            error_code: Some("grant_gone".to_owned()),
            error_log_id: Some("log-1".to_owned()),
            created_at: at(5),
        };
        assert_eq!(listed, [expected]);
    })
    .await;
}

#[tokio::test]
async fn the_newest_come_first_and_pages_do_not_overlap() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        for n in 5..10 {
            // The last two are of one moment: then the number decides.
            let created_at = at(i64::try_from(n.min(8)).expect("small"));
            let stored = Connection { created_at, ..connection(n, &github) };
            write(&store, async |tx| connections::insert(tx, &stored).await).await;
        }
        let mut seen = Vec::new();
        for offset in [0, 2, 4, 6] {
            let filter = ListFilter::default();
            let page =
                connections::list(&store, github.environment, &filter, 2, offset).await.expect("a read");
            seen.extend(page.into_iter().map(|connection| connection.number));
        }
        assert_eq!(seen, [9, 8, 7, 6, 5]);
    })
    .await;
}

#[tokio::test]
async fn a_list_stays_in_its_environment() {
    each_store(|store| async move {
        let ours = stored_integration(&store, 1).await;
        let theirs = stored_integration(&store, 11).await;
        stored_connection(&store, 5, &ours).await;
        stored_connection(&store, 6, &theirs).await;
        let by_key =
            |n| ListFilter { connection_id: Some(format!("connection-{n}")), ..ListFilter::default() };
        let by_tag = ListFilter { tags: wanted(&[("plan", "gold")]), ..ListFilter::default() };
        assert_eq!(numbers(&store, ours.environment, ListFilter::default()).await, [5]);
        assert_eq!(numbers(&store, ours.environment, by_tag).await, [5]);
        assert_eq!(numbers(&store, ours.environment, by_key(5)).await, [5]);
        assert!(numbers(&store, ours.environment, by_key(6)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_search_ignores_case_and_takes_wildcards_as_letters() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        let stored = stored_connection(&store, 5, &github).await;
        let named = |id: &str, name: &str| {
            Some(EndUser {
                id: id.to_owned(),
                display_name: Some(name.to_owned()),
                email: None,
                ..end_user()
            })
        };
        let other = Connection { end_user: named("u", "50%_off!"), ..connection(6, &github) };
        write(&store, async |tx| connections::insert(tx, &other).await).await;
        let table: [(&str, &[i64]); 10] = [
            ("CONNECTION", &[6, 5]),
            ("connection-5", &[5]),
            ("ada@EXAMPLE", &[5]),
            ("ÜNAL", &[5]),
            ("nobody", &[]),
            ("%", &[6]),
            ("50%_OFF!", &[6]),
            ("a_a", &[]),
            ("user-1", &[]),
            ("connection-5\0", &[5]),
        ];
        for (search, expected) in table {
            let filter = ListFilter { search: Some(search.to_owned()), ..ListFilter::default() };
            assert_eq!(numbers(&store, stored.environment, filter).await, expected, "{search:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn end_user_and_organization_are_matched_exactly() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        stored_connection(&store, 5, &github).await;
        let nobody = Connection { end_user: None, ..connection(6, &github) };
        write(&store, async |tx| connections::insert(tx, &nobody).await).await;
        let user = |id: &str| ListFilter { end_user_id: Some(id.to_owned()), ..ListFilter::default() };
        let organization =
            |id: &str| ListFilter { end_user_organization_id: Some(id.to_owned()), ..ListFilter::default() };
        assert_eq!(numbers(&store, github.environment, user("user-1")).await, [5]);
        assert!(numbers(&store, github.environment, user("USER-1")).await.is_empty());
        assert_eq!(numbers(&store, github.environment, organization("org-1")).await, [5]);
        assert!(numbers(&store, github.environment, organization("org")).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn integrations_are_matched_as_whole_keys() {
    each_store(|store| async move {
        let first = stored_integration(&store, 1).await;
        let second = integration(3, first.environment);
        write(&store, async |tx| integrations::create(tx, &second).await).await;
        stored_connection(&store, 5, &first).await;
        stored_connection(&store, 6, &second).await;
        let table: [(&[&str], &[i64]); 6] = [
            (&["github-2"], &[5]),
            (&["github-2", "github-3"], &[6, 5]),
            (&["github"], &[]),
            (&["GITHUB-2"], &[]),
            (&["github-2,github-3"], &[]),
            (&[], &[]),
        ];
        for (keys, expected) in table {
            let integration_keys = Some(keys.iter().map(|key| (*key).to_owned()).collect());
            let filter = ListFilter { integration_keys, ..ListFilter::default() };
            assert_eq!(numbers(&store, first.environment, filter).await, expected, "{keys:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn all_tags_must_match() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        stored_connection(&store, 5, &github).await;
        let many: Vec<(String, String)> = (0..10).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (&**key, &**value)).collect();
        let tagged = Connection { tags: tags(&many), ..connection(6, &github) };
        write(&store, async |tx| connections::insert(tx, &tagged).await).await;
        let mut last_differs = many.clone();
        last_differs[9].1 = "other";
        let mut eleven = many.clone();
        eleven.push(("k10", "v10"));
        let table: [(Pairs<'_>, &[i64]); 7] = [
            (&[("plan", "gold")], &[5]),
            (&[("plan", "gold"), ("region", "eu")], &[5]),
            (&[("plan", "gold"), ("region", "us")], &[]),
            (&[("plan", "Gold")], &[]),
            (&many, &[6]),
            (&last_differs, &[]),
            (&eleven, &[]),
        ];
        for (pairs, expected) in table {
            let filter = ListFilter { tags: wanted(pairs), ..ListFilter::default() };
            assert_eq!(numbers(&store, github.environment, filter).await, expected, "{pairs:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn conditions_hold_together() {
    each_store(|store| async move {
        let github = stored_integration(&store, 1).await;
        stored_connection(&store, 5, &github).await;
        stored_connection(&store, 6, &github).await;
        let all = ListFilter {
            connection_id: Some("connection-5".to_owned()),
            search: Some("ada".to_owned()),
            end_user_id: Some("user-1".to_owned()),
            end_user_organization_id: Some("org-1".to_owned()),
            integration_keys: Some(vec![github.key.to_string()]),
            tags: wanted(&[("plan", "gold")]),
        };
        assert_eq!(numbers(&store, github.environment, all.clone()).await, [5]);
        let one_fails = [
            ListFilter { connection_id: Some("connection-7".to_owned()), ..all.clone() },
            ListFilter { search: Some("bob".to_owned()), ..all.clone() },
            ListFilter { end_user_id: Some("user-2".to_owned()), ..all.clone() },
            ListFilter { end_user_organization_id: Some("org-2".to_owned()), ..all.clone() },
            ListFilter { integration_keys: Some(Vec::new()), ..all.clone() },
            ListFilter { tags: wanted(&[("plan", "iron")]), ..all },
        ];
        for filter in one_fails {
            assert!(numbers(&store, github.environment, filter).await.is_empty());
        }
    })
    .await;
}
