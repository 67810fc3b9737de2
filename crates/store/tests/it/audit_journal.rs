//! The journal of a SQLite audit trail, and what a crash leaves of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Waker};

use model::EnvironmentId;
use store::{AuditLog, Location};
use tokio::task::JoinSet;

use crate::audit::entry;
use crate::fixtures::uuid;

async fn trail(directory: &Path) -> AuditLog {
    let location = Location::Sqlite { path: directory.join("claviger.db") };
    let log = AuditLog::open(&location, false).await.expect("an audit trail");
    log.journaling().await.expect("a journal")
}

async fn note(log: &AuditLog, numbers: std::ops::Range<u64>) {
    for n in numbers {
        assert!(log.note(entry(n, 1)).await.expect("a line").is_none(), "there is a journal");
    }
}

/// The numbers of all entries, oldest first.
async fn listed(log: &AuditLog) -> Vec<u64> {
    let listed = log.list(EnvironmentId(uuid(1)), 1000, None).await.expect("a read");
    let number = |subject: &str| subject.strip_prefix("con_").and_then(|n| n.parse().ok()).expect("ours");
    listed.iter().rev().map(|entry| number(&entry.subject)).collect()
}

/// Polls a future once.
fn has_to_wait(future: &mut Pin<Box<impl Future>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).expect("the directory").map(|file| file.expect("a file").path());
    let mut found: Vec<_> = files.filter(|path| path.to_string_lossy().contains(".journal.")).collect();
    found.sort();
    found
}

#[tokio::test]
async fn what_was_noted_is_listed_at_once_and_leaves_no_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    note(&log, 0..3).await;
    assert_eq!(segments(directory.path()).len(), 1);
    assert_eq!(listed(&log).await, [0, 1, 2]);
    assert_eq!(segments(directory.path()), [] as [PathBuf; 0]);
    log.close().await;
}

#[tokio::test]
async fn entries_outlive_a_process_that_never_folded_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let crashed = trail(directory.path()).await;
    note(&crashed, 0..2).await;
    let log = trail(directory.path()).await;
    assert_eq!(listed(&log).await, [0, 1]);
    note(&log, 2..4).await;
    assert_eq!(listed(&log).await, [0, 1, 2, 3]);
    assert_eq!(segments(directory.path()), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_crash_between_commit_and_clean_up_leaves_every_entry_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    note(&log, 0..3).await;
    let segment = segments(directory.path()).remove(0);
    let text = fs::read(&segment).expect("the segment");
    assert_eq!(listed(&log).await, [0, 1, 2]);
    fs::write(&segment, text).expect("the segment is there again");
    assert_eq!(listed(&trail(directory.path()).await).await, [0, 1, 2]);
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_dropped_and_those_before_it_stay() {
    let directory = tempfile::tempdir().expect("a directory");
    note(&trail(directory.path()).await, 0..3).await;
    let segment = segments(directory.path()).remove(0);
    let text = fs::read(&segment).expect("the segment");
    fs::write(&segment, &text[..text.len() - 1]).expect("a shorter segment");
    assert_eq!(listed(&trail(directory.path()).await).await, [0, 1]);
}

#[tokio::test]
async fn a_segment_that_is_no_journal_stops_the_start_and_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    trail(directory.path()).await.close().await;
    let segment = directory.path().join("audit.db.journal.7");
    fs::write(&segment, "not an entry\n").expect("a file");
    let location = Location::Sqlite { path: directory.path().join("claviger.db") };
    let log = AuditLog::open(&location, false).await.expect("an audit trail");
    assert!(log.journaling().await.is_err());
    assert!(segment.is_file());
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    fs::remove_dir_all(directory.path()).expect("the directory goes away");
    assert!(log.note(entry(0, 1)).await.is_err());
}

#[tokio::test]
async fn all_who_wait_for_one_write_are_told_that_it_failed() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    let mut first = Box::pin(log.note(entry(0, 1)));
    let mut second = Box::pin(log.note(entry(1, 1)));
    assert!(has_to_wait(&mut first) && has_to_wait(&mut second));
    fs::remove_dir_all(directory.path()).expect("the directory goes away");
    assert!(first.await.is_err());
    fs::create_dir(directory.path()).expect("the directory comes back");
    assert!(second.await.is_err(), "its line was in the write that failed");
    note(&log, 2..3).await;
    let text = fs::read_to_string(&segments(directory.path())[0]).expect("the segment");
    assert_eq!(text.lines().count(), 1, "what failed is not written later: its answer has left");
}

#[tokio::test]
async fn entries_that_could_not_be_written_take_no_room() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    fs::remove_dir_all(directory.path()).expect("the directory goes away");
    for n in 0..66_000 {
        assert!(log.note(entry(n, 1)).await.is_err());
    }
    fs::create_dir(directory.path()).expect("the directory comes back");
    note(&log, 0..2).await;
    let text = fs::read_to_string(&segments(directory.path())[0]).expect("the segment");
    assert_eq!(text.lines().count(), 2, "a full journal would have been folded in between");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_entries_at_once_is_listed_once() {
    const READERS: u64 = 8;
    const ENTRIES: u64 = 100;
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let log = log.clone();
        readers.spawn(async move {
            for n in (0..ENTRIES).map(|n| n * READERS + reader) {
                note(&log, n..n + 1).await;
                if n.is_multiple_of(7) {
                    assert!(listed(&log).await.contains(&n), "what was noted is there");
                }
            }
        });
    }
    while let Some(done) = readers.join_next().await {
        done.expect("no panic");
    }
    assert_eq!(listed(&log).await, (0..READERS * ENTRIES).collect::<Vec<_>>());
    log.close().await;
}

#[tokio::test]
async fn an_entry_whose_request_goes_away_is_written_with_the_next() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    let mut leaving = Box::pin(log.note(entry(0, 1)));
    assert!(has_to_wait(&mut leaving));
    drop(leaving);
    note(&log, 1..2).await;
    assert_eq!(listed(&log).await, [0, 1]);
    log.close().await;
}

#[tokio::test]
async fn many_entries_are_folded_on_the_way() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = trail(directory.path()).await;
    note(&log, 0..66_000).await;
    let newest = log.list(EnvironmentId(uuid(1)), 1, None).await.expect("a read");
    assert_eq!(newest, [entry(65_999, 1)]);
    log.close().await;
}

#[tokio::test]
async fn without_a_journal_an_entry_comes_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let location = Location::Sqlite { path: directory.path().join("claviger.db") };
    let log = AuditLog::open(&location, true).await.expect("an audit trail");
    assert_eq!(log.note(entry(0, 1)).await.expect("no write"), Some(entry(0, 1)));
    log.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_a_segment() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    note(&trail(directory.path()).await, 0..1).await;
    let mode = fs::metadata(&segments(directory.path())[0]).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
