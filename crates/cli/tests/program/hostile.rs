//! Bad input: a clear error, and nothing lost.

use super::{errors, folder_with, idx, nearfield, refusal, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;

const FILES: &str = r#"
[data]
source = "files"
train_images = "images"
train_labels = "labels"
[network]
layers = [{ type = "linear", units = 8 }]
"#;

/// Two hundred images of 4 x 4 pixels in two classes.
fn good(folder: &Path) {
    let pixels: Vec<u8> = (0..3200_u32)
        .map(|i| u8::try_from(i * 37 % 251).unwrap())
        .collect();
    let labels: Vec<u8> = (0..200_u32).map(|i| u8::try_from(i % 2).unwrap()).collect();
    fs::write(folder.join("images"), idx(&[200, 4, 4], &pixels)).unwrap();
    fs::write(folder.join("labels"), idx(&[200], &labels)).unwrap();
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn damaged_idx_files_are_refused_with_what_is_wrong() {
    let folder = folder_with(&[("run.toml", FILES)]);
    let path = folder.path();
    good(path);
    run(path, "train run.toml --epochs 1 --out fine");
    let images = fs::read(path.join("images")).unwrap();
    let labels = fs::read(path.join("labels")).unwrap();
    fs::write(path.join("images"), gz(&images)).unwrap();
    run(path, "train run.toml --epochs 1 --out packed");

    let check = |name: &str, bytes: &[u8], expected: &str| {
        good(path);
        fs::write(path.join(name), bytes).unwrap();
        let error = refusal(path, "train run.toml --out bad");
        assert!(error.contains(expected), "expected `{expected}`: {error}");
        assert!(!path.join("bad").exists(), "a refused run leaves no folder");
    };
    check("images", b"", "empty");
    check("images", &images[..1000], "3200");
    check("images", &[&images[..], b"x"].concat(), "more");
    check("images", &gz(&gz(&images)), "gzip");
    check("images", &gz(&images)[..300], "gzip");
    check("labels", &labels[..100], "");
    check("labels", &idx(&[199], &labels[8..207]), "199");
    check(
        "images",
        &idx(&[200, 4, 4], &[7; 3200]),
        "mean absolute deviation",
    );
    check(
        "images",
        &idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 10]),
        "",
    );
}

#[test]
fn labels_out_of_range_of_the_training_set_are_refused_with_their_place() {
    let text = format!("{FILES}\n").replace(
        "[network]",
        "test_images = \"images\"\ntest_labels = \"test_labels\"\n[network]",
    );
    let folder = folder_with(&[("run.toml", &text)]);
    good(folder.path());
    let mut labels = [1; 200];
    labels[77] = 9;
    fs::write(folder.path().join("test_labels"), idx(&[200], &labels)).unwrap();
    let error = refusal(folder.path(), "train run.toml");
    assert!(error.contains("77") && error.contains('9'), "{error}");
}

#[test]
fn a_network_that_does_not_fit_its_data_is_refused() {
    let conv = FILES.replace(
        "{ type = \"linear\", units = 8 }",
        "{ type = \"conv2d\", filters = 8, kernel = 7 }",
    );
    let shape = format!("{FILES}\n[preprocessing]\nshape = [3, 4, 4]\n");
    let folder = folder_with(&[
        ("conv.toml", &conv),
        ("shape.toml", &shape),
        ("run.toml", FILES),
    ]);
    good(folder.path());
    let error = refusal(folder.path(), "train conv.toml");
    assert!(error.contains("a 7x7 kernel does not fit 4x4"), "{error}");
    let error = refusal(folder.path(), "train shape.toml");
    assert!(
        error.contains("does not fit samples of 16 values"),
        "{error}"
    );
    run(folder.path(), "train run.toml --epochs 1 --out run");
    fs::write(folder.path().join("colour"), idx(&[2, 3, 4, 4], &[9; 96])).unwrap();
    let error = refusal(folder.path(), "predict run --images colour");
    assert!(
        error.contains("48 values") && error.contains("16"),
        "{error}"
    );
}

#[test]
fn damaged_models_are_refused() {
    let folder = folder_with(&[("run.toml", FILES)]);
    good(folder.path());
    run(folder.path(), "train run.toml --epochs 1 --out run");
    let bytes = fs::read(folder.path().join("run/model.safetensors")).unwrap();
    fs::write(folder.path().join("short"), &bytes[..bytes.len() - 4]).unwrap();
    let error = refusal(folder.path(), "predict short --images images");
    assert!(error.contains("not a readable model"), "{error}");
    fs::write(
        folder.path().join("short"),
        b"no model at all, only a sentence",
    )
    .unwrap();
    refusal(folder.path(), "predict short --images images");
    let error = refusal(folder.path(), "predict missing --images images");
    assert!(error.contains("missing"), "{error}");
}

#[test]
fn run_files_with_unknown_keys_are_refused_with_a_suggestion() {
    let folder = folder_with(&[
        ("run.toml", "[training]\nepoch = 3\n"),
        ("no.toml", "\u{7f}="),
    ]);
    let error = refusal(folder.path(), "train run.toml");
    assert!(error.contains("Did you mean `epochs`?"), "{error}");
    refusal(folder.path(), "train no.toml");
    refusal(folder.path(), "train absent.toml");
}

/// A limit on the size of files stands for a full disk: writing fails in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk_stops_the_run_and_keeps_its_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --max-steps 50 --out run");
    let before: Vec<_> = fs::read_dir(folder.path().join("run/checkpoints"))
        .unwrap()
        .collect();
    let program = env!("CARGO_BIN_EXE_nearfield");
    let script = format!("trap '' XFSZ; ulimit -f 8; exec {program} resume run");
    let mut shell = std::process::Command::new("sh");
    let output = shell
        .current_dir(folder.path())
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert!(
        errors(&output).contains("cannot write"),
        "{}",
        errors(&output)
    );
    assert!(
        errors(&output).contains("nearfield resume run"),
        "{}",
        errors(&output)
    );
    let after: Vec<_> = fs::read_dir(folder.path().join("run/checkpoints"))
        .unwrap()
        .collect();
    assert_eq!(before.len(), after.len());
    run(folder.path(), "resume run");
}

#[test]
fn a_folder_in_use_is_refused() {
    let endless = "[training]\nepochs = 1000000\n\
                   early_stop = { from_epoch = 1000000, epochs = 1, points = 1 }\n";
    let folder = folder_with(&[("endless.toml", endless)]);
    let mut first = nearfield(folder.path())
        .args(["train", "endless.toml", "--out", "run"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !folder.path().join("run/run.toml").exists() {
        assert!(first.try_wait().unwrap().is_none(), "the endless run ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let errors = ["report run", "resume run"].map(|words| refusal(folder.path(), words));
    first.kill().unwrap();
    first.wait().unwrap();
    for error in errors {
        assert!(error.contains("another process"), "{error}");
    }
    run(folder.path(), "report run");
}
