//! Files that get their name once they are complete.

use crate::{Error, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The prefix of files that are not complete.
const TEMPORARY: &str = ".partial-";

/// A file that is being written. Unless it is [committed](Saving::commit), it is removed, and an
/// existing file of its name is unchanged.
#[derive(Debug)]
pub struct Saving {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

/// Who can read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Owner,
    /// Everybody whom the system lets read new files.
    Usual,
}

impl Saving {
    /// Begins a file that will have this name.
    ///
    /// # Errors
    /// If its folder is missing or full.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let file = temporary(&path, Access::Usual).map_err(Error::in_file(&path))?;
        Ok(Saving {
            file: BufWriter::new(file),
            path,
        })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn commit(self) -> Result<()> {
        let file = self.file.into_inner();
        let file = file.map_err(|error| Error::io("write")(error.into_error()))?;
        synced(&file)?;
        let persisted = file.persist(&self.path);
        persisted.map_err(|error| Error::io("rename")(error.error))?;
        sync_folder(&self.path)
    }
}

impl Write for Saving {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a complete file or none.
pub(super) fn save(path: &Path, write: impl FnOnce(&mut Saving) -> Result<()>) -> Result<()> {
    let mut saving = Saving::create(path)?;
    write(&mut saving)
        .and_then(|()| saving.commit())
        .map_err(Error::in_file(path))
}

/// A temporary file in the folder of the final one.
pub(super) fn temporary(path: &Path, access: Access) -> Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match access {
            Access::Owner => 0o600,
            Access::Usual => 0o666,
        };
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = access;
    builder
        .tempfile_in(folder(path))
        .map_err(Error::io("create"))
}

/// Gives a file its name, unless another file has it.
pub(super) fn persist_new(file: NamedTempFile, path: &Path) -> Result<()> {
    synced(&file)?;
    let persisted = file.persist_noclobber(path);
    persisted.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists,
        _ => Error::io("rename")(error.error),
    })?;
    sync_folder(path)
}

fn synced(file: &NamedTempFile) -> Result<()> {
    file.as_file().sync_all().map_err(Error::io("write"))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes the folder to disk, and with it the new name.
fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        let folder = File::open(folder(path)).map_err(Error::io("open"))?;
        folder.sync_all().map_err(Error::io("write"))?;
    }
    Ok(())
}
