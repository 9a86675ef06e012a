//! Readers that leave before the end, as with `| head -1`.

use super::{errors, nearfield, run};
use std::io::Read;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

/// Runs the program, reads `bytes` of what it prints, and leaves. Gives its exit status and standard
/// error.
fn read_and_leave(folder: &Path, words: &str, bytes: usize) -> (ExitStatus, String) {
    let mut child = nearfield(folder)
        .args(words.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut vec![0; bytes]).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    (output.status, errors(&output))
}

/// A run of many samples, whose predictions fill a pipe.
fn trained() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --max-steps 1 --out run");
    let images = super::idx(&[60_000, 8, 8], &vec![3; 60_000 * 64]);
    std::fs::write(folder.path().join("images"), images).unwrap();
    folder
}

#[test]
fn a_command_ends_quietly_when_its_reader_leaves() {
    let folder = trained();
    for (words, bytes) in [
        ("--help", 0),
        ("encrypted --help", 0),
        ("inspect vgg8b --input 3x32x32", 0),
        ("eval run --json", 0),
        ("eval run", 0),
        ("predict run --images images", 10),
        ("predict run --images images --json", 10),
        ("report run", 0),
    ] {
        let (status, text) = read_and_leave(folder.path(), words, bytes);
        assert!(status.success(), "{words}: {status} {text}");
        assert_eq!(text, "", "{words}");
    }
}

#[test]
fn a_training_whose_reader_leaves_stops_and_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "[training]\nepochs = 1000\n\
                   early_stop = { from_epoch = 1000, epochs = 1, points = 1 }\n";
    std::fs::write(folder.path().join("endless.toml"), endless).unwrap();
    let words = "train endless.toml --json --out run";
    // Before the first event, at the first one, and in training.
    for (number, bytes) in [0, 1, 10].into_iter().enumerate() {
        let words = words.replace("run", &format!("run{number}"));
        let (status, text) = read_and_leave(folder.path(), &words, bytes);
        assert_eq!(status.code(), Some(130), "{text}");
        assert!(
            text.contains(&format!("nearfield resume run{number}")),
            "{text}"
        );
        assert!(
            !folder
                .path()
                .join(format!("run{number}/model.safetensors"))
                .exists()
        );
    }
    run(folder.path(), "resume run2 --max-steps 60");
    assert!(folder.path().join("run2/model.safetensors").exists());
}

#[test]
fn a_closed_standard_error_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = nearfield(folder.path())
        .args(["train", "--epochs", "1", "--out", "run"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("run/model.safetensors").exists());
}
