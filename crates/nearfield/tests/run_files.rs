//! The run files that come with the project can be read.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield::{encrypted, integer};
use std::fs;
use std::path::{Path, PathBuf};

/// The run files in a folder of the repository.
fn run_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_toml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    };
    paths.filter(is_toml).collect()
}

#[test]
fn run_files_of_the_experiments_are_read_without_a_note() {
    let files = run_files("experiments");
    assert!(files.len() >= 9, "{}", files.len());
    for path in files {
        let file = integer::RunFile::read(&path).unwrap();
        assert!(
            file.name.is_some() && file.notes.is_empty(),
            "{}",
            path.display()
        );
        assert!(file.data.unwrap().folder.unwrap().is_absolute());
    }
    let files = run_files("experiments/encrypted");
    assert!(files.len() >= 6, "{}", files.len());
    for path in files {
        let file = encrypted::RunFile::read(&path).unwrap();
        assert!(
            file.seed.is_some() && file.notes.is_empty(),
            "{}",
            path.display()
        );
    }
}
