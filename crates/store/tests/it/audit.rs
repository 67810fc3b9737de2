use model::{AuditEntry, AuditId, EnvironmentId};
use store::{AuditLog, Location, Store, admin};
use testkit::databases::each_location;

use crate::fixtures::{at, uuid};

pub(crate) fn entry(n: u64, environment: u64) -> AuditEntry {
    AuditEntry {
        id: AuditId(uuid(n)),
        environment: EnvironmentId(uuid(environment)),
        at: at(i64::try_from(n).expect("small")),
        actor: "system".to_owned(),
        action: "credential.read".into(),
        subject: format!("con_{n}"),
        detail: n.is_multiple_of(2).then(|| "forced".to_owned()),
    }
}

#[tokio::test]
async fn entries_of_any_number_are_listed_newest_first() {
    each_location(|location| async move {
        let log = AuditLog::open(&location, true).await.expect("an audit trail");
        log.append(&[]).await.expect("nothing to do");
        let mut next = 0;
        for size in [1, 7, 8, 9, 64, 200] {
            let batch: Vec<_> = (next..next + size).map(|n| entry(n, 1)).collect();
            log.append(&batch).await.expect("a write");
            next += size;
        }
        let listed = log.list(EnvironmentId(uuid(1)), 1000, None).await.expect("a read");
        let expected: Vec<_> = (0..next).rev().map(|n| entry(n, 1)).collect();
        assert_eq!(listed, expected);
        log.close().await;
    })
    .await;
}

#[tokio::test]
async fn pages_continue_before_the_last_entry_and_stay_in_the_environment() {
    each_location(|location| async move {
        let log = AuditLog::open(&location, false).await.expect("an audit trail");
        let entries: Vec<_> = (0..10).map(|n| entry(n, n % 2)).collect();
        log.append(&entries).await.expect("a write");
        let mut before = None;
        let mut pages = Vec::new();
        loop {
            let page = log.list(EnvironmentId(uuid(1)), 2, before).await.expect("a read");
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            pages.push(page.iter().map(|entry| entry.at).collect::<Vec<_>>());
        }
        assert_eq!(pages, [vec![at(9), at(7)], vec![at(5), at(3)], vec![at(1)]]);
        log.close().await;
    })
    .await;
}

#[tokio::test]
async fn entries_of_the_first_table_are_listed_among_the_newer_ones() {
    each_location(|location| async move {
        let log = AuditLog::open(&location, false).await.expect("an audit trail");
        let entries: Vec<_> = (0..10).map(|n| entry(n, n % 2)).collect();
        log.append(&entries).await.expect("a write");
        let trail = match &location {
            Location::Sqlite { path } => Location::Sqlite { path: path.with_file_name("audit.db") },
            postgres @ Location::Postgres { .. } => postgres.clone(),
        };
        let columns = "id, environment_id, at, actor, action, subject, detail";
        let old = "subject in ('con_1', 'con_2', 'con_5')";
        for sql in [
            format!("insert into audit ({columns}) select {columns} from audit_entries where {old}"),
            format!("delete from audit_entries where {old}"),
        ] {
            assert_eq!(admin::execute(&trail, &sql).await.expect("a write"), 3);
        }
        let listed = log.list(EnvironmentId(uuid(1)), 4, None).await.expect("a read");
        assert_eq!(listed, [9, 7, 5, 3].map(|n| entry(n, 1)));
        let rest = log.list(EnvironmentId(uuid(1)), 4, Some(AuditId(uuid(3)))).await.expect("a read");
        assert_eq!(rest, [entry(1, 1)]);
        log.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_is_there_already_stays_as_it_is() {
    each_location(|location| async move {
        let log = AuditLog::open(&location, true).await.expect("an audit trail");
        let mut batch: Vec<_> = (0..70).map(|n| entry(n, 1)).collect();
        log.append(&batch).await.expect("a write");
        batch.push(AuditEntry { detail: Some("again".to_owned()), ..entry(3, 1) });
        batch.push(entry(70, 1));
        log.append(&batch).await.expect("a write that was made before");
        let listed = log.list(EnvironmentId(uuid(1)), 1000, None).await.expect("a read");
        let expected: Vec<_> = (0..=70).rev().map(|n| entry(n, 1)).collect();
        assert_eq!(listed, expected);
        log.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_audit_trail_lives_beside_the_store_and_outlasts_it() {
    each_location(|location| async move {
        for round in 1..=2 {
            let store = Store::open(&location).await.expect("a store");
            let log = AuditLog::open(&location, true).await.expect("an audit trail");
            log.append(&[entry(round, 1)]).await.expect("a write");
            let listed = log.list(EnvironmentId(uuid(1)), 10, None).await.expect("a read");
            assert_eq!(listed.len() as u64, round);
            store.close().await;
            log.close().await;
        }
        if let Location::Sqlite { path } = &location {
            assert!(path.with_file_name("audit.db").is_file());
        }
    })
    .await;
}
