//! The files of a journal: `<trail>.journal.<number>`, one entry a line.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::{AuditEntry, AuditId, EnvironmentId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Bytes that hold most lines.
const USUAL_LENGTH: usize = 384;

/// A file that lines are appended to.
pub(super) struct Segment {
    file: File,
    /// Bytes of whole lines.
    length: u64,
}

/// A segment that an earlier process left behind.
pub(in crate::audit) struct Leftover {
    pub(in crate::audit) entries: Vec<AuditEntry>,
    pub(in crate::audit) path: PathBuf,
}

impl Segment {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(path)?, length: 0 })
    }

    /// Appends whole lines. After an error nothing of them is there, or the segment takes no more.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), Unwritten> {
        match self.file.write_all(lines) {
            Ok(()) => {
                self.length += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                let is_usable = self.file.set_len(self.length).is_ok();
                Err(Unwritten { error, is_usable })
            }
        }
    }
}

/// Lines that were not written.
pub(super) struct Unwritten {
    pub(super) error: io::Error,
    /// The segment ends with a whole line, and more may follow.
    pub(super) is_usable: bool,
}

/// Removes a folded segment. One that stays is folded again at the next start, which changes nothing.
pub(in crate::audit) async fn remove(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await {
        tracing::warn!(%error, path = %path.display(), "a folded segment of the audit journal was not removed");
    }
}

/// The segments that an earlier process left, oldest first. A last line without its end was cut off by the crash, and
/// the answer it belongs to never left.
pub(in crate::audit) fn leftovers(trail: &Path) -> io::Result<Vec<Leftover>> {
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

pub(super) fn path(trail: &Path, number: u64) -> PathBuf {
    let mut path = trail.as_os_str().to_owned();
    path.push(format!(".journal.{number}"));
    path.into()
}

pub(super) fn number(trail: &Path, segment: &Path) -> Option<u64> {
    let name = segment.file_name()?.to_str()?;
    name.strip_prefix(trail.file_name()?.to_str()?)?.strip_prefix(".journal.")?.parse().ok()
}

/// An entry as a line of JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct Line<'a> {
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
    pub(super) fn of(entry: &'a AuditEntry) -> Self {
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

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(USUAL_LENGTH);
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
