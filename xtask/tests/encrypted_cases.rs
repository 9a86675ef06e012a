//! Recorded trainings, repeated.

use nearfield::encrypted::{Samples, Scaling};
use std::path::{Path, PathBuf};
use xtask::encrypted_cases as golden;

fn iris_case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encrypted_cases/iris_emlp1")
}

/// A copy of the recorded case in which one file is another.
fn changed(file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(iris_case()).expect("the case") {
        let entry = entry.expect("its files");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
    }
    let path = folder.path().join(file);
    let bytes = change(std::fs::read(&path).expect("a file of the case"));
    std::fs::remove_file(&path).expect("a copy");
    std::fs::write(&path, bytes).expect("a copy");
    folder
}

fn replaced(from: &'static str, to: &'static str) -> impl Fn(Vec<u8>) -> Vec<u8> {
    move |bytes| {
        let text = String::from_utf8(bytes).expect("a text");
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    }
}

#[test]
fn the_recorded_training_on_iris_is_repeated() {
    let comparison = golden::run(&iris_case()).unwrap();
    assert_eq!(comparison.steps, [1, 10, 90]);
    assert!(comparison.agrees(1e-9), "{comparison:?}");
}

#[test]
fn another_rate_does_not_agree() {
    let folder = changed("case.json", replaced("\"lr\": 0.005", "\"lr\": 0.00501"));
    let comparison = golden::run(folder.path()).unwrap();
    assert!(!comparison.agrees(1e-5), "{comparison:?}");
}

#[test]
fn damaged_cases_are_refused() {
    for (file, from, to, part) in [
        ("case.json", "\"batch\": 8", "\"batch\": 0", "0 samples"),
        ("case.json", "\"batch\": 8", "\"batch\": 151", "151"),
        ("case.json", "\"lr\"", "\"lrate\"", "lrate"),
        ("data.csv", "0.36", "nan0.36", "line 1: column 1"),
        ("data.csv", ",1\n", ",x\n", "`x` is not a class"),
        ("data.csv", ",1\n", "\n", "has 4 fields"),
        ("data.csv", ",1\n", ",3\n", "has label 3"),
    ] {
        let folder = changed(file, replaced(from, to));
        let error = golden::run(folder.path()).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn the_packed_circuit_repeats_the_recorded_training() {
    for log_degree in [8, 11] {
        let case = golden::slots::PackedCase::read(&iris_case(), log_degree, true).unwrap();
        let distances = case.run_in_the_clear().unwrap();
        assert_eq!(distances.len(), 3);
        for distance in distances {
            assert!(distance < 1e-9, "{distance}");
        }
    }
}

#[test]
fn irises_are_scaled_as_in_the_recorded_case() {
    let case = golden::Case::read(&iris_case()).unwrap();
    let (recorded, labels) = golden::read_samples(&iris_case(), &case).unwrap();
    let table = nearfield_data::iris::load().unwrap();
    let samples = Samples::from_dataset(&table.dataset, Some(&table.decimals)).unwrap();
    let scaling = Scaling::fit(samples.inputs(), true).unwrap();
    let scaled = scaling.apply(samples.inputs()).unwrap();
    // The record has the same samples in another order.
    for (row, &label) in labels.iter().enumerate() {
        let close = |sample: &usize| {
            let pairs = scaled.row(*sample).iter().zip(recorded.row(row));
            samples.labels()[*sample] == label
                && pairs
                    .into_iter()
                    .all(|(ours, theirs)| (ours - theirs).abs() < 1e-12)
        };
        assert!((0..samples.len()).any(|sample| close(&sample)), "row {row}");
    }
}
