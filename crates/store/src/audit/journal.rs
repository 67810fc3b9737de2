//! Where entries of a SQLite audit trail wait until they are folded into its table.
//!
//! An entry has to outlive the process before the answer leaves. A statement on SQLite crosses to the driver's thread
//! and back, which is dear on the path of every read of a credential; a line appended to a file costs one system call and
//! outlives the process just as well (decision 13 has the figures). Lines gather in segments, `<trail>.journal.<number>`.
//! A fold starts a new segment, writes the entries of the old one to the table in one transaction and removes its file.
//! What a crash leaves behind is folded at the next start; folding twice does no harm.
//!
//! Only for the one server of a store, and not for a trail that must survive the loss of power.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use model::{AuditEntry, AuditId, EnvironmentId};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::error::{Cause, Error};

/// Entries that may wait for a fold. Beyond that an append makes its caller fold first.
const MOST_WAITING: usize = 65_536;

/// An open journal.
pub(super) struct Journal {
    /// Path of the trail's database.
    trail: PathBuf,
    state: Mutex<State>,
    arrived: Notify,
    /// Held while entries are folded, so that each is folded once.
    pub(super) folding: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    open: Option<Segment>,
    waiting: Waiting,
    started: u64,
}

struct Segment {
    file: File,
    /// Bytes of whole lines.
    length: u64,
}

/// Entries to fold, and the files that hold them.
#[derive(Default)]
struct Waiting {
    entries: Vec<AuditEntry>,
    segments: Vec<PathBuf>,
}

/// What is being folded.
pub(super) struct Taken<'a> {
    journal: &'a Journal,
    waiting: Waiting,
}

/// A segment that an earlier process left behind.
pub(super) struct Leftover {
    pub(super) entries: Vec<AuditEntry>,
    pub(super) path: PathBuf,
}

impl Journal {
    /// A journal beside the trail's database whose segments count on from the ones that are there.
    pub(super) fn beside(trail: &Path, leftovers: &[Leftover]) -> Self {
        let started = leftovers.iter().filter_map(|left| number(trail, &left.path)).max().unwrap_or(0);
        Self {
            trail: trail.to_owned(),
            state: Mutex::new(State { started, ..State::default() }),
            arrived: Notify::new(),
            folding: tokio::sync::Mutex::default(),
        }
    }

    /// Appends an entry; it outlives the process when this returns. When too many wait already it comes back.
    ///
    /// This blocks for one write to the page cache, which is shorter than handing it to another thread would take.
    pub(super) fn append(&self, entry: AuditEntry) -> Result<Option<AuditEntry>, Error> {
        let line = Line::of(&entry).text();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.waiting.entries.len() >= MOST_WAITING {
            return Ok(Some(entry));
        }
        state.write(&self.trail, &line).map_err(|error| Error::Unavailable(Cause::new(error)))?;
        state.waiting.entries.push(entry);
        let is_first = state.waiting.entries.len() == 1;
        drop(state);
        if is_first {
            self.arrived.notify_one();
        }
        Ok(None)
    }

    /// Waits until something was appended since the last fold.
    pub(super) async fn noted(&self) {
        self.arrived.notified().await;
    }

    /// Takes what waits; later entries go to a new segment.
    pub(super) fn take(&self) -> Taken<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open = None;
        Taken { journal: self, waiting: std::mem::take(&mut state.waiting) }
    }

    /// Puts back what was not folded, before what came since.
    fn put_back(&self, mut waiting: Waiting) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entries.append(&mut state.waiting.entries);
        waiting.segments.append(&mut state.waiting.segments);
        state.waiting = waiting;
        self.arrived.notify_one();
    }
}

impl Taken<'_> {
    pub(super) fn entries(&self) -> &[AuditEntry] {
        &self.waiting.entries
    }

    /// Removes the files, after the entries are in the table.
    pub(super) async fn remove(mut self) {
        self.waiting.entries.clear();
        while let Some(path) = self.waiting.segments.pop() {
            remove(&path).await;
        }
    }
}

/// Whoever folds may be interrupted at any point, and what was not folded then waits for the next time.
impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.waiting.entries.is_empty() || !self.waiting.segments.is_empty() {
            self.journal.put_back(std::mem::take(&mut self.waiting));
        }
    }
}

impl State {
    fn write(&mut self, trail: &Path, line: &[u8]) -> io::Result<()> {
        let segment = match &mut self.open {
            Some(segment) => segment,
            none => {
                self.started += 1;
                let path = path(trail, self.started);
                let file = create(&path)?;
                self.waiting.segments.push(path);
                none.insert(Segment { file, length: 0 })
            }
        };
        match segment.file.write_all(line) {
            Ok(()) => {
                segment.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // A part of the line may be there, and nothing may follow it. Its answer does not leave.
                if segment.file.set_len(segment.length).is_err() {
                    self.open = None;
                }
                Err(error)
            }
        }
    }
}

/// Removes a folded segment. One that stays is folded again at the next start, which changes nothing.
pub(super) async fn remove(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await {
        tracing::warn!(%error, path = %path.display(), "a folded segment of the audit journal was not removed");
    }
}

/// The segments that an earlier process left, oldest first. A last line without its end was cut off by the crash, and
/// the answer it belongs to never left.
pub(super) fn leftovers(trail: &Path) -> io::Result<Vec<Leftover>> {
    let directory = trail.parent().unwrap_or(Path::new("."));
    let mut paths = Vec::new();
    for file in std::fs::read_dir(directory)? {
        let path = file?.path();
        paths.extend(number(trail, &path).map(|number| (number, path)));
    }
    paths.sort();
    let read = |(_, path): (u64, PathBuf)| {
        let text = std::fs::read(&path)?;
        let whole = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let entries = whole.map(|line| Line::read(&path, line)).collect::<io::Result<_>>()?;
        Ok(Leftover { entries, path })
    };
    paths.into_iter().map(read).collect()
}

fn path(trail: &Path, number: u64) -> PathBuf {
    let mut path = trail.as_os_str().to_owned();
    path.push(format!(".journal.{number}"));
    path.into()
}

fn number(trail: &Path, segment: &Path) -> Option<u64> {
    let name = segment.file_name()?.to_str()?;
    name.strip_prefix(trail.file_name()?.to_str()?)?.strip_prefix(".journal.")?.parse().ok()
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// An entry as a line of JSON.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    id: Uuid,
    environment: Uuid,
    at: Timestamp,
    actor: Cow<'a, str>,
    action: Cow<'a, str>,
    subject: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'a, str>>,
}

impl<'a> Line<'a> {
    fn of(entry: &'a AuditEntry) -> Self {
        Self {
            id: entry.id.0,
            environment: entry.environment.0,
            at: entry.at,
            actor: entry.actor.as_str().into(),
            action: entry.action.as_ref().into(),
            subject: entry.subject.as_str().into(),
            detail: entry.detail.as_deref().map(Into::into),
        }
    }

    fn text(&self) -> Vec<u8> {
        // Longer than nearly every line, so that it is written without growing.
        let mut text = Vec::with_capacity(512);
        serde_json::to_writer(&mut text, self).expect("text and numbers always serialise");
        text.push(b'\n');
        text
    }

    fn read(path: &Path, line: &[u8]) -> io::Result<AuditEntry> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| {
            let message = format!("{} holds a line that is no audit entry: {error}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        Ok(AuditEntry {
            id: AuditId(line.id),
            environment: EnvironmentId(line.environment),
            at: line.at,
            actor: line.actor.into_owned(),
            action: line.action.into_owned().into(),
            subject: line.subject.into_owned(),
            detail: line.detail.map(Cow::into_owned),
        })
    }
}
