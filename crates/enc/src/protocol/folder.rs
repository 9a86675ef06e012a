//! The folder that the owner of the data hands to the server: its files and their names.
//!
//! | file | content |
//! |---|---|
//! | `task.toml` | the [`Task`] |
//! | `evaluation.keys` | keys for rotations, products and bootstrapping |
//! | `initial/state-000.ct` … | the state before the first step |
//! | `data/000000/` … | the inputs and labels of each batch |
//! | `manifest.json` | a digest of each of these files |
//! | `steps/000000000001/` … | the state after each step, and its prediction errors |
//! | `metrics.csv` | how long each step took |

use crate::layout::Form;
use crate::protocol::task::Task;
use crate::{Error, Result};
use nearfield_ckks::file::{Description, Kind};
use nearfield_files::{read_bounded, write_atomically};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The file of the task.
pub const TASK: &str = "task.toml";
/// The file of evaluation keys.
pub const KEYS: &str = "evaluation.keys";
/// The file of digests.
pub const MANIFEST: &str = "manifest.json";
/// The table of times, which the server writes.
pub const METRICS: &str = "metrics.csv";

/// Maximum size of a task in bytes.
const MAX_TASK_BYTES: u64 = 1 << 20;
/// Maximum size of a manifest in bytes.
const MAX_MANIFEST_BYTES: u64 = 1 << 28;

/// The name of an input of a batch: `part` is one of the vectors of a vector of samples.
pub fn input(batch: u32, vector: usize, part: usize) -> String {
    format!("data/{batch:06}/input-{vector:03}-{part:03}.ct")
}

/// The name of the labels of a vector of samples of a batch.
pub fn labels(batch: u32, vector: usize, form: Form) -> String {
    let form = form.name();
    format!("data/{batch:06}/labels-{vector:03}-{form}.ct")
}

/// The name of a vector of the initial state.
pub fn initial(vector: usize) -> String {
    format!("initial/{}", state(vector))
}

/// The name of a vector of a state.
pub fn state(vector: usize) -> String {
    format!("state-{vector:03}.ct")
}

/// The name of the prediction errors of a vector of samples.
pub fn errors(vector: usize) -> String {
    format!("errors-{vector:03}.ct")
}

/// The name of the folder of a step.
pub fn step(step: u64) -> String {
    format!("steps/{step:012}")
}

/// The name of an input of a request: `part` is one of the vectors of a vector of samples.
pub fn request(vector: usize, part: usize) -> String {
    format!("input-{vector:03}-{part:03}.ct")
}

/// The name of the answers to a vector of samples of a request.
pub fn answer(vector: usize) -> String {
    format!("answer-{vector:03}.ct")
}

/// The steps in a folder, in ascending order.
///
/// # Errors
/// If the folder cannot be read.
pub fn steps(folder: &Path) -> Result<Vec<u64>> {
    let path = folder.join("steps");
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(Error::io("read", &path))? {
        let name = entry.map_err(Error::io("read", &path))?.file_name();
        steps.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
    }
    steps.sort_unstable();
    Ok(steps)
}

/// Digests of all files that the owner wrote, so that a damaged file, or one of another owner or
/// run, is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// BLAKE3 digests in hexadecimal, by names.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST);
        let bytes = read_bounded(&path, MAX_MANIFEST_BYTES)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::file(&path, format!("is not a manifest: {error}; copy it again"))
        })
    }

    /// Adds the digest of a file of the folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn add(&mut self, folder: &Path, name: &str) -> Result<()> {
        let digest = digest(&folder.join(name))?;
        self.files.insert(name.to_owned(), digest);
        Ok(())
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::file(&path, error.to_string()))?;
        Ok(write_atomically(&path, &text)?)
    }

    /// The path of a file, once its digest is as the owner listed it.
    ///
    /// # Errors
    /// If the file is missing, not listed, or another one.
    pub fn verified(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let path = folder.join(name);
        let listed = self.files.get(name);
        let listed = listed.ok_or_else(|| {
            Error::file(
                &path,
                format!("is not listed in {MANIFEST}: the owner did not write it"),
            )
        })?;
        if digest(&path)? != *listed {
            let what = format!(
                "is not the file that its owner listed in {MANIFEST}: it was damaged, or is of \
                 another run or another owner; copy it again"
            );
            return Err(Error::file(&path, what));
        }
        Ok(path)
    }
}

/// The digest of a file.
fn digest(path: &Path) -> Result<String> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut hasher = blake3::Hasher::new();
    hasher
        .update_reader(file)
        .map_err(Error::io("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Reads the task of a folder.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn read_task(folder: &Path) -> Result<Task> {
    let path = folder.join(TASK);
    let bytes = read_bounded(&path, MAX_TASK_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::file(&path, "is not UTF-8 text"))?;
    toml::from_str(&text).map_err(|error| Error::file(&path, format!("is not a task: {error}")))
}

/// Writes a task.
///
/// # Errors
/// If the system refuses.
pub fn write_task(folder: &Path, task: &Task) -> Result<()> {
    let path = folder.join(TASK);
    let text = toml::to_string(task).map_err(|error| Error::file(&path, error.to_string()))?;
    Ok(write_atomically(&path, text.as_bytes())?)
}

/// Refuses a folder with a secret key: a server must never see one.
///
/// # Errors
/// If there is one, or the folder cannot be read.
pub fn refuse_secret_keys(folder: &Path) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(Error::io("read", folder))?;
    for entry in entries {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let secret = path.is_file()
            && Description::load(&path).is_ok_and(|found| found.kind() == Kind::SecretKey);
        if secret {
            return Err(Error::file(
                &path,
                "is a secret key, and a server must not have it: whoever has it reads \
                 everything. Take it away, and consider the data as seen by whoever could read \
                 this folder",
            ));
        }
    }
    Ok(())
}
