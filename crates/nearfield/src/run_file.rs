//! What run files of both arithmetics share: how they are read, where keys stand, and what is said
//! of wrong ones.

use crate::data::DataSection;
use crate::profile::Profile;
use crate::suggest::with_suggestion;
use crate::{Error, Result};
use nearfield_files::read_bounded;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::{Table, Value};

/// Bytes that a run file may have.
const MAX_BYTES: u64 = 1 << 20;

/// `[split]`: how samples are set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitSection {
    /// Per cent of the training samples on which decisions are taken.
    pub validation_percent: Option<u32>,
    /// Per cent of the samples for the test, where the data has no test samples of its own.
    pub test_percent: Option<u32>,
}

/// A run file of either arithmetic.
pub(crate) trait Sections: DeserializeOwned {
    /// Its section of data, where it has one.
    fn data(&mut self) -> Option<&mut DataSection>;
    /// What to tell the person who wrote it.
    fn notes(&mut self) -> &mut Vec<String>;
}

/// Keys that stood elsewhere before, with their places of today.
const MOVED: [(&str, &str); 11] = [
    ("training.seed", "seed"),
    ("training.profile", "profile"),
    ("protocol.profile", "profile"),
    ("protocol.reshuffle", "training.reshuffle"),
    ("protocol.report", "training.report"),
    ("data.test_percent", "split.test_percent"),
    ("data.image_size", "preprocessing.image_size"),
    ("data.crop", "preprocessing.crop"),
    ("data.max_pool", "preprocessing.max_pool"),
    ("data.standardize", "preprocessing.standardize"),
    ("data.oversample", "preprocessing.oversample"),
];

/// Reads a run file. Relative paths in it are meant from its folder.
///
/// # Errors
/// [`Error::RunFile`] says where the file is wrong, and which key may have been meant.
pub(crate) fn read<F: Sections>(path: &Path) -> Result<F> {
    let bytes = read_bounded(path, MAX_BYTES)?;
    let refuse = |problem: String| Error::RunFile {
        path: Some(path.to_path_buf()),
        problem,
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("is not UTF-8 text".into()))?;
    let mut file: F = understand(text).map_err(refuse)?;
    if let Some(data) = file.data() {
        data.resolve_paths(path.parent().unwrap_or(Path::new("")));
    }
    Ok(file)
}

/// Parses the text of a run file.
///
/// # Errors
/// As [`read`].
pub(crate) fn parse<F: Sections>(text: &str) -> Result<F> {
    understand(text).map_err(|problem| Error::RunFile {
        path: None,
        problem,
    })
}

/// The file, or what is wrong with it.
fn understand<F: Sections>(text: &str) -> std::result::Result<F, String> {
    let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
    for (old, new) in MOVED {
        if find(&table, old).is_some() {
            return Err(format!("`{old}` is `{new}` now: move it there"));
        }
    }
    let mut file: F = toml::from_str(text).map_err(|error| with_suggestion(&error.to_string()))?;
    let profile = table.get("profile").and_then(Value::as_str);
    file.notes().extend(profile.and_then(Profile::note));
    Ok(file)
}

/// The value of a key `SECTION.NAME`.
fn find<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    let (section, name) = key.split_once('.')?;
    table.get(section)?.get(name)
}
