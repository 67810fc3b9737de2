//! The plans SQLite makes for the statements that have to stay fast as tables grow.

use sqlx::AssertSqlSafe;

use super::{Db, Schema, Sizes};
use crate::audit;
use crate::connections::FIND;
use crate::connections::statements::{BY_KEY, BY_TAG, NEWEST};
use crate::location::Location;
use crate::outbox::{CLAIM, CLAIMABLE, NEXT_DUE};

/// The steps of a plan, in order.
async fn plan(sql: &str) -> Vec<String> {
    plan_in(Schema::Main, sql).await
}

async fn plan_in(schema: Schema, sql: &str) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let location = Location::Sqlite { path: directory.path().join("plans.db") };
    let db =
        Db::open(&location, schema, Sizes { readers: 1, pool: 1 }, false).await.expect("a fresh database");
    let Db::Sqlite { readers, .. } = &db else { unreachable!("a file was opened") };
    #[expect(clippy::disallowed_methods, reason = "the text is one of our own constants")]
    let explain = AssertSqlSafe(format!("explain query plan {sql}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(readers).await.expect("the statement is valid");
    steps.into_iter().map(|(.., step)| step).collect()
}

#[tokio::test]
async fn finding_a_connection_is_one_look_up_in_a_unique_index_of_each_table() {
    assert_eq!(
        plan(FIND).await,
        [
            "SEARCH i USING INDEX sqlite_autoindex_integrations_2 (environment_id=? AND unique_key=?)",
            "SEARCH c USING INDEX sqlite_autoindex_connections_3 (integration_id=? AND key=?)",
        ]
    );
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_or_sorts_the_newest() {
    for sql in [FIND, NEWEST, BY_KEY, BY_TAG, CLAIM, CLAIMABLE, NEXT_DUE] {
        for step in plan(sql).await {
            assert!(!step.starts_with("SCAN") || step.contains("USING"), "{step}");
        }
    }
    for sql in [NEWEST, CLAIM, CLAIMABLE, NEXT_DUE] {
        let steps = plan(sql).await;
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}

#[tokio::test]
async fn a_claim_walks_messages_by_due_time_and_asks_the_index_of_the_stream() {
    let steps = plan(CLAIM).await.join("; ");
    assert!(steps.contains("outbox_due_at (due_at<?)"), "{steps}");
    assert!(steps.contains("outbox_stream (stream=? AND url=?"), "{steps}");
}

#[tokio::test]
async fn a_tag_filter_begins_at_the_index_of_tags() {
    let steps = plan(BY_TAG).await;
    assert!(steps[0].contains("connection_tags_value (environment_id=? AND key=? AND value=?)"), "{steps:?}");
}

#[tokio::test]
async fn a_key_filter_begins_at_the_index_of_keys() {
    let steps = plan(BY_KEY).await;
    assert!(steps[0].contains("connections_environment_key (environment_id=? AND key=?)"), "{steps:?}");
}

#[tokio::test]
async fn the_newest_audit_entries_are_merged_from_two_indexes_without_a_sort() {
    let steps = plan_in(Schema::Audit, audit::NEWEST).await;
    assert!(
        steps
            .iter()
            .any(|step| step.contains("sqlite_autoindex_audit_entries_1 (environment_id=? AND id<?)"))
    );
    assert!(steps.iter().any(|step| step.contains("audit_newest (environment_id=? AND id<?)")));
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
}
