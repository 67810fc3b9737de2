//! Logos that the operator put into a directory: `<slug>.svg`, `.webp` or `.png`. They replace the drawn marks.
//!
//! A file may come from anywhere, so it is read with a cap and served as what it is, not as what it is called. Its name
//! is put together from a slug of the catalog: nothing that a request says becomes part of a path.

mod picture;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Catalog;

pub(crate) use self::picture::{Kind, Picture};

/// A larger file is not served.
const LARGEST: u64 = 256 * 1024;
/// In the order in which they are tried.
const ENDINGS: [&str; 3] = ["svg", "webp", "png"];
/// Pictures that somebody may expect to work.
const OTHER_ENDINGS: [&str; 5] = ["jpg", "jpeg", "gif", "avif", "ico"];

/// The operator's logos; the default is none.
#[derive(Debug, Clone, Default)]
pub struct Logos {
    directory: Option<Arc<Path>>,
}

/// Why a file is not served.
#[derive(Debug)]
enum Fault {
    Unreadable(io::Error),
    NoFile,
    TooLarge,
    NoPicture,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::NoFile => write!(f, "is not a plain file"),
            Self::TooLarge => write!(f, "is larger than {} KiB", LARGEST / 1024),
            Self::NoPicture => write!(f, "is neither SVG nor PNG nor WebP, whatever its name says"),
        }
    }
}

impl Logos {
    /// The logos of a directory. Files are looked for at each request, so they may change while the server runs.
    ///
    /// # Errors
    ///
    /// When the directory cannot be listed.
    pub fn in_directory(directory: &Path) -> io::Result<Self> {
        fs::read_dir(directory)?;
        Ok(Self { directory: Some(directory.into()) })
    }

    /// What an operator should know about the directory: files that are not served, and why.
    ///
    /// # Errors
    ///
    /// When the directory cannot be listed.
    pub fn check(&self, catalog: &Catalog) -> io::Result<Vec<String>> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in fs::read_dir(directory)? {
            let name = PathBuf::from(entry?.file_name());
            let trouble = trouble(&directory.join(&name), &name, catalog);
            found.extend(trouble.map(|trouble| format!("{} {trouble}", name.display())));
        }
        found.sort();
        Ok(found)
    }

    /// The logo of a provider of the catalog, if there is one that can be served.
    pub(crate) async fn find(&self, catalog: &Catalog, slug: &str) -> Option<Picture> {
        let directory = Arc::clone(self.directory.as_ref()?);
        let provider = catalog.get(slug)?;
        let look = move || {
            let mut paths =
                ENDINGS.iter().map(|ending| directory.join(format!("{}.{ending}", provider.slug)));
            paths.find_map(|path| read(&path).ok())
        };
        tokio::task::spawn_blocking(look).await.ok().flatten()
    }
}

fn trouble(path: &Path, name: &Path, catalog: &Catalog) -> Option<String> {
    let ending = name.extension()?.to_str()?;
    if OTHER_ENDINGS.contains(&ending) {
        return Some(format!("is not served: a logo ends in .{}", ENDINGS.join(", .")));
    }
    if !ENDINGS.contains(&ending) {
        return None;
    }
    if name.file_stem().and_then(|stem| stem.to_str()).is_none_or(|stem| catalog.get(stem).is_none()) {
        return Some("is not named after a provider of the catalog".to_owned());
    }
    read(path).err().map(|fault| fault.to_string())
}

/// Reads a file that may be anything. What is no plain file is not opened, because opening a pipe would wait for ever.
fn read(path: &Path) -> Result<Picture, Fault> {
    let metadata = fs::metadata(path).map_err(Fault::Unreadable)?;
    if !metadata.is_file() {
        return Err(Fault::NoFile);
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(Fault::Unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(Fault::Unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Fault::TooLarge);
    }
    let kind = Kind::of(&bytes).ok_or(Fault::NoPicture)?;
    Ok(Picture { kind, bytes: bytes.into() })
}
