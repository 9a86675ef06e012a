//! The real program, run in temporary folders as a person would run it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod command_line;
mod encrypted;
mod hostile;
mod models;
mod printing;
mod resume;
mod train;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The program, to be run in `folder`.
fn nearfield(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearfield"));
    command.current_dir(folder);
    command
}

/// Runs the program with these words; it must succeed.
fn run(folder: &Path, words: &str) -> String {
    let output = output(folder, words);
    assert!(
        output.status.success(),
        "`{words}` failed: {}",
        errors(&output)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program with these words; it must fail without panicking. Gives its complaint.
fn refusal(folder: &Path, words: &str) -> String {
    let output = output(folder, words);
    let errors = errors(&output);
    assert_eq!(
        output.status.code(),
        Some(1),
        "`{words}` was not refused: {errors}"
    );
    assert!(
        errors.starts_with("error: ") || errors.contains("\nerror: "),
        "{errors}"
    );
    errors
}

fn output(folder: &Path, words: &str) -> Output {
    nearfield(folder)
        .args(words.split_whitespace())
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with `run.toml`-like files in it.
fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// An IDX file of bytes: type 8 is uint8.
fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(dimensions.len()).unwrap()];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(values);
    bytes
}
