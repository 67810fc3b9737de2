//! The master key: given, read from a file, or made once for a new store on this machine.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::ports::Chance as _;
use vault::{Key, KeyRing, Secret};

use crate::config::Settings;

const VARIABLE: &str = "CLAVIGER_MASTER_KEY";

/// What to do when no key was given and the default file is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenMissing {
    /// The store is new: make a key.
    Make,
    /// The store was made with a key that must be found again.
    Refuse,
}

/// Finds the master key.
pub(crate) fn find(settings: &Settings, when_missing: WhenMissing) -> anyhow::Result<KeyRing> {
    let given = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()).map(Secret::new);
    match (given, &settings.master_key_file) {
        (Some(_), Some(_)) => bail!("{VARIABLE} and --master-key-file are both set; use one"),
        (Some(text), None) => ring(text.expose(), VARIABLE),
        (None, Some(path)) => read(path),
        (None, None) if uses_postgres(settings) => {
            bail!(
                "with PostgreSQL a master key must be given: set --master-key-file or {VARIABLE} (for example the output of: openssl rand -base64 32)"
            )
        }
        (None, None) => {
            let path = default_path(settings);
            match (path.exists(), when_missing) {
                (true, _) => read(&path),
                (false, WhenMissing::Make) => make(&path),
                (false, WhenMissing::Refuse) => bail!(
                    "the store in {} exists, but its master key {} does not; put the key back or set --master-key-file \
                     (nothing was changed)",
                    settings.data_dir.display(),
                    path.display()
                ),
            }
        }
    }
}

/// Where the key is made for SQLite.
fn default_path(settings: &Settings) -> PathBuf {
    settings.data_dir.join("master.key")
}

fn uses_postgres(settings: &Settings) -> bool {
    settings.database_url.is_some() || settings.database_url_file.is_some()
}

fn read(path: &Path) -> anyhow::Result<KeyRing> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("the master key {} cannot be read", path.display()))?;
    let text = Secret::new(text);
    ring(text.expose(), &path.display().to_string())
}

fn ring(text: &str, from: &str) -> anyhow::Result<KeyRing> {
    let key =
        Key::from_base64(text.trim()).with_context(|| format!("the master key in {from} is not usable"))?;
    Ok(KeyRing::new(key, Vec::new()))
}

/// Makes a key that only the owner may read. `create_new` keeps two starts at the same moment from making two.
fn make(path: &Path) -> anyhow::Result<KeyRing> {
    let mut bytes = [0; 32];
    engine::ports::SystemChance.fill(&mut bytes);
    let text = Secret::new(STANDARD.encode(bytes));
    if let Some(directory) = path.parent() {
        make_directory(directory)?;
    }
    let mut file = match private(path, |options| options.create_new(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return read(path),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be made", path.display())),
    };
    writeln!(file, "{}", text.expose())?;
    file.sync_all()?;
    tracing::info!(path = %path.display(), "a master key was made; keep a copy of it apart from the data");
    ring(text.expose(), &path.display().to_string())
}

/// Writes a secret to a file that only the owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = private(path, |options| options.create(true).truncate(true))
        .with_context(|| format!("{} cannot be made", path.display()))?;
    Ok(writeln!(file, "{text}")?)
}

fn private(path: &Path, how: impl FnOnce(&mut OpenOptions) -> &mut OpenOptions) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    how(&mut options).open(path)
}

/// A directory for secrets, closed to others.
fn make_directory(directory: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).with_context(|| format!("{} cannot be made", directory.display()))
}
