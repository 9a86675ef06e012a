//! Run folders: one writer at a time, whole files or none, the last two checkpoints.

use crate::{Error, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = ".lock";
const CHECKPOINTS: &str = "checkpoints";
const TEMPORARY: &str = ".partial-";
const KEPT_CHECKPOINTS: usize = 2;

/// A folder that one run owns while this value lives.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// Makes the folder of a new run.
    ///
    /// # Errors
    /// If the folder already holds a run, or another process writes to it.
    pub fn create(path: &Path) -> Result<Self> {
        let existed = path.join("run.toml").exists();
        if existed {
            return Err(Error::Folder(format!(
                "{} already holds a run: continue it with `resume`, or choose another folder with `--out`",
                path.display()
            )));
        }
        fs::create_dir_all(path.join(CHECKPOINTS)).map_err(Error::io("create", path))?;
        Self::lock(path)
    }

    /// Opens the folder of an existing run and clears away half-written files.
    ///
    /// # Errors
    /// If there is no run in it, or another process writes to it.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.join("run.toml").is_file() {
            return Err(Error::Folder(format!(
                "{} holds no run: it has no run.toml",
                path.display()
            )));
        }
        let folder = Self::lock(path)?;
        for directory in [path.to_path_buf(), path.join(CHECKPOINTS)] {
            for entry in list(&directory)? {
                if file_name(&entry).starts_with(TEMPORARY) {
                    fs::remove_file(&entry).map_err(Error::io("remove", &entry))?;
                }
            }
        }
        Ok(folder)
    }

    /// Owns a folder that holds something else than a run of `run.toml`.
    ///
    /// # Errors
    /// If another process writes to it, or the system refuses.
    pub fn lock(path: &Path) -> Result<Self> {
        let file = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(Error::io("create", &file))?;
        match lock.try_lock() {
            Ok(()) => Ok(RunFolder {
                path: path.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Folder(format!(
                "another process is running in {}: wait for it, or choose another folder",
                path.display()
            ))),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &file)(source)),
        }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the run, whole or not at all.
    ///
    /// # Errors
    /// If the system refuses, for instance because the disk is full; the old file is intact.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write_with(name, |to| to.write_all(bytes))
    }

    /// Writes a file of the run part by part, whole or not at all.
    ///
    /// # Errors
    /// As [`RunFolder::write`], or if `write` fails.
    pub fn write_with(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        write_atomically_with(&self.path.join(name), write)
    }

    /// Writes the checkpoint of `step` part by part and drops all but the last two.
    ///
    /// # Errors
    /// As [`RunFolder::write_with`]; earlier checkpoints are then intact.
    pub fn save_checkpoint(
        &self,
        step: u64,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let file = format!("{CHECKPOINTS}/step-{step:012}.safetensors");
        self.write_with(&file, write)?;
        for old in checkpoints(&self.path)?.iter().skip(KEPT_CHECKPOINTS) {
            fs::remove_file(old).map_err(Error::io("remove", old))?;
        }
        Ok(())
    }
}

/// The checkpoints of the run in `folder`, newest first.
///
/// # Errors
/// If the folder cannot be read.
pub fn checkpoints(folder: &Path) -> Result<Vec<PathBuf>> {
    let directory = folder.join(CHECKPOINTS);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = list(&directory)?;
    found.retain(|path| {
        let name = file_name(path);
        name.starts_with("step-") && name.ends_with(".safetensors")
    });
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Writes `bytes` to `path` through a temporary file beside it: write, sync, rename, sync the
/// folder. A reader, or a crash at any moment, sees the old file or the new one.
///
/// # Errors
/// If the system refuses; the temporary file is removed and `path` is as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically_with(path, |to| to.write_all(bytes))
}

/// [`write_atomically`], of what `write` writes part by part.
///
/// # Errors
/// As there, or if `write` fails.
pub fn write_atomically_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let refuse = |source| Error::io("write", path)(source);
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)
        .map_err(refuse)?;
    write(file.as_file_mut()).map_err(refuse)?;
    file.as_file().sync_all().map_err(refuse)?;
    make_readable(file.as_file()).map_err(refuse)?;
    file.persist(path).map_err(|error| refuse(error.error))?;
    sync_folder(folder).map_err(refuse)
}

/// Temporary files are made for their owner's eyes only; results are ordinary files.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is larger than `limit`, or is no ordinary file.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    if !file.metadata().map_err(Error::io("read", path))?.is_file() {
        return Err(Error::malformed(path, "is no ordinary file"));
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::malformed(
            path,
            format!("larger than the {limit} bytes expected"),
        ));
    }
    Ok(bytes)
}

fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(Error::io("list", directory))?;
    entries
        .map(|entry| {
            entry
                .map(|entry| entry.path())
                .map_err(Error::io("list", directory))
        })
        .collect()
}

fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_run(root: &Path) -> RunFolder {
        let folder = RunFolder::create(&root.join("run")).unwrap();
        folder.write("run.toml", b"").unwrap();
        folder
    }

    #[test]
    fn the_last_two_checkpoints_are_kept_newest_first() {
        let root = tempfile::tempdir().unwrap();
        let folder = new_run(root.path());
        for step in [5_u64, 90, 1000] {
            let bytes = step.to_le_bytes();
            folder
                .save_checkpoint(step, |to| to.write_all(&bytes))
                .unwrap();
        }
        let kept = checkpoints(folder.path()).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(fs::read(&kept[0]).unwrap(), 1000_u64.to_le_bytes());
        assert_eq!(fs::read(&kept[1]).unwrap(), 90_u64.to_le_bytes());
    }

    #[test]
    fn a_second_run_into_the_same_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = new_run(root.path());
        let again = RunFolder::create(folder.path()).unwrap_err().to_string();
        assert!(again.contains("already holds a run"), "{again}");
        let beside = RunFolder::open(folder.path()).unwrap_err().to_string();
        assert!(beside.contains("another process"), "{beside}");
    }

    #[test]
    fn opening_clears_half_written_files() {
        let root = tempfile::tempdir().unwrap();
        let path = new_run(root.path()).path().to_path_buf();
        let partial = path.join(CHECKPOINTS).join(".partial-abc");
        fs::write(&partial, b"half").unwrap();
        drop(RunFolder::open(&path).unwrap());
        assert!(!partial.exists());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("kept");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("inside"), b"old").unwrap();
        assert!(write_atomically(&target, b"new").is_err());
        let fails_halfway = |to: &mut dyn Write| {
            to.write_all(b"ne")?;
            Err(io::Error::other("no more"))
        };
        assert!(write_atomically_with(&root.path().join("other"), fails_halfway).is_err());
        assert_eq!(fs::read(target.join("inside")).unwrap(), b"old");
        assert_eq!(list(root.path()).unwrap().len(), 1);
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        fs::write(&path, [0; 100]).unwrap();
        assert_eq!(read_bounded(&path, 100).unwrap().len(), 100);
        assert!(
            read_bounded(&path, 99)
                .unwrap_err()
                .to_string()
                .contains("99 bytes")
        );
    }
}
