//! Where entries of a SQLite audit trail wait until they are folded into its table.
//!
//! An entry has to outlive the process before the answer leaves. A statement on SQLite crosses to the driver's thread
//! and back, which is dear on the path of every read of a credential; a line appended to a file costs one system call and
//! outlives the process just as well (decision 13 has the figures). Readers that are served at the same time share that
//! call: each puts its line to the group that gathers and lets the others go first, and whoever comes back first writes
//! for all.
//!
//! Lines gather in segments, `<trail>.journal.<number>`. A fold starts a new segment, writes the entries of the old one
//! to the table in one transaction and removes its file. What a crash leaves behind is folded at the next start; folding
//! twice does no harm.
//!
//! Only for the one server of a store, and not for a trail that must survive the loss of power.

mod segment;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use model::AuditEntry;
use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::error::{Cause, Error};
pub(super) use segment::{Leftover, leftovers, remove};
use segment::{Line, Segment};

/// Entries that may wait for a fold. Beyond that whoever brings one folds first.
const MOST_WAITING: usize = 65_536;

/// An open journal. Where both locks are held, `written` was locked first.
pub(super) struct Journal {
    /// Path of the trail's database.
    trail: PathBuf,
    gathering: Mutex<Group>,
    written: Mutex<Written>,
    /// Entries that came and are not folded yet.
    waiting: AtomicUsize,
    arrived: Notify,
    /// Held while entries are folded, so that each is folded once.
    pub(super) folding: tokio::sync::Mutex<()>,
}

/// Entries that are written with one system call.
#[derive(Default)]
struct Group {
    lines: Vec<u8>,
    entries: Vec<AuditEntry>,
    outcome: Arc<Outcome>,
}

impl Group {
    /// Takes the group with this outcome, and leaves an empty one with room for as much.
    fn take_if(&mut self, outcome: &Arc<Outcome>) -> Option<Self> {
        if !Arc::ptr_eq(&self.outcome, outcome) {
            return None;
        }
        let next = Self {
            lines: Vec::with_capacity(self.lines.len()),
            entries: Vec::with_capacity(self.entries.len()),
            outcome: Arc::default(),
        };
        Some(std::mem::replace(self, next))
    }
}

/// An entry of a group that gathers. Its request may go away: then the next one writes it, or nobody does.
pub(super) struct Gathered<'a> {
    journal: &'a Journal,
    outcome: Arc<Outcome>,
}

/// What became of a group, for everybody who waits for it.
type Outcome = OnceLock<Result<(), io::ErrorKind>>;

#[derive(Default)]
struct Written {
    open: Option<Segment>,
    to_fold: ToFold,
    /// Number of the newest segment.
    started: u64,
}

/// Entries, and the files that hold them.
#[derive(Default)]
struct ToFold {
    entries: Vec<AuditEntry>,
    segments: Vec<PathBuf>,
}

/// What is being folded.
pub(super) struct Taken<'a> {
    journal: &'a Journal,
    to_fold: ToFold,
}

impl Journal {
    /// A journal beside the trail's database whose segments count on from the ones that are there.
    pub(super) fn beside(trail: &Path, leftovers: &[Leftover]) -> Self {
        let started = leftovers.iter().filter_map(|left| segment::number(trail, &left.path)).max();
        Self {
            trail: trail.to_owned(),
            gathering: Mutex::default(),
            written: Mutex::new(Written { started: started.unwrap_or(0), ..Written::default() }),
            waiting: AtomicUsize::new(0),
            arrived: Notify::new(),
            folding: tokio::sync::Mutex::default(),
        }
    }

    /// Whoever brings an entry should fold first.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MOST_WAITING
    }

    /// Puts an entry to the group that gathers.
    pub(super) fn gather(&self, entry: AuditEntry) -> Gathered<'_> {
        let line = Line::of(&entry).to_bytes();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut group = locked(&self.gathering);
        group.lines.extend_from_slice(&line);
        group.entries.push(entry);
        Gathered { journal: self, outcome: Arc::clone(&group.outcome) }
    }

    /// Writes the group of `outcome`, unless that was done meanwhile.
    fn write(&self, outcome: &Arc<Outcome>) -> Result<(), io::ErrorKind> {
        let mut state = locked(&self.written);
        if let Some(written) = outcome.get() {
            return *written;
        }
        let Some(group) = locked(&self.gathering).take_if(outcome) else {
            // Whoever took the group came to no end with it. What another group comes to would be no answer here.
            return Err(io::ErrorKind::Other);
        };
        let written = state.write(&self.trail, &group.lines).map_err(|error| {
            tracing::error!(%error, trail = %self.trail.display(), "the journal of the audit trail could not be written");
            error.kind()
        });
        if written.is_ok() {
            if state.to_fold.entries.is_empty() {
                self.arrived.notify_one();
            }
            state.to_fold.entries.extend(group.entries);
        } else {
            self.waiting.fetch_sub(group.entries.len(), Ordering::Relaxed);
        }
        // Told before the lock is free: who gets it next and finds no outcome has a group of its own to write.
        let _ = group.outcome.set(written);
        written
    }

    /// Waits until something was appended since the last fold.
    pub(super) async fn noted(&self) {
        self.arrived.notified().await;
    }

    /// Takes what waits, oldest first; later entries go to a new segment.
    pub(super) fn take(&self) -> Taken<'_> {
        let mut to_fold = {
            let mut state = locked(&self.written);
            state.open = None;
            std::mem::take(&mut state.to_fold)
        };
        // In this order the table grows at one end, which costs a third less.
        to_fold.entries.sort_unstable_by_key(|entry| entry.id.0);
        Taken { journal: self, to_fold }
    }

    /// Puts back what was not folded, before what came since.
    fn put_back(&self, mut to_fold: ToFold) {
        let mut state = locked(&self.written);
        to_fold.entries.append(&mut state.to_fold.entries);
        to_fold.segments.append(&mut state.to_fold.segments);
        state.to_fold = to_fold;
        self.arrived.notify_one();
    }
}

impl Gathered<'_> {
    /// The entry outlives the process when this returns.
    ///
    /// This blocks for a write to the page cache, and at most for one of the group before: both together are shorter than
    /// handing them to another thread would take.
    pub(super) async fn written(self) -> Result<(), Error> {
        // Requests that are ready to run gather their entries first, and one write serves all of them.
        yield_now().await;
        let written = self.outcome.get().copied().unwrap_or_else(|| self.journal.write(&self.outcome));
        written.map_err(|kind| Error::Unavailable(Cause::new(io::Error::from(kind))))
    }
}

/// Nothing that is done with a lock held can panic, so that what it guards is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Taken<'_> {
    pub(super) fn entries(&self) -> &[AuditEntry] {
        &self.to_fold.entries
    }

    /// Removes the files, after the entries are in the table.
    pub(super) async fn remove(mut self) {
        self.journal.waiting.fetch_sub(self.to_fold.entries.len(), Ordering::Relaxed);
        self.to_fold.entries.clear();
        while let Some(path) = self.to_fold.segments.pop() {
            remove(&path).await;
        }
    }
}

/// Whoever folds may be interrupted at any point, and what was not folded then waits for the next time.
impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.to_fold.entries.is_empty() || !self.to_fold.segments.is_empty() {
            self.journal.put_back(std::mem::take(&mut self.to_fold));
        }
    }
}

impl Written {
    fn write(&mut self, trail: &Path, lines: &[u8]) -> io::Result<()> {
        let segment = match &mut self.open {
            Some(segment) => segment,
            none => {
                self.started += 1;
                let path = segment::path(trail, self.started);
                let segment = Segment::create(&path)?;
                self.to_fold.segments.push(path);
                none.insert(segment)
            }
        };
        segment.write(lines).map_err(|unwritten| {
            if !unwritten.is_usable {
                self.open = None;
            }
            unwritten.error
        })
    }
}
