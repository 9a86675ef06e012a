//! The recorded trainings, repeated in CI.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use nearfield_int::LazyTensor;
use nearfield_int::model::{self, TensorFile};
use std::fs;
use std::path::{Path, PathBuf};
use xtask::golden::{self, Outcome};

fn small_case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

#[test]
fn an_mlp_repeats_its_record_bit_for_bit() {
    let outcome = golden::run(&small_case("mlp_synthetic")).unwrap();
    assert!(outcome.is_equal(), "{outcome}");
}

#[test]
fn a_cnn_with_odd_sizes_repeats_its_record_bit_for_bit() {
    let outcome = golden::run(&small_case("cnn_odd")).unwrap();
    assert!(outcome.is_equal(), "{outcome}");
}

/// A copy of a small case, with one of its files changed.
fn changed(case: &str, file: &str, change: impl FnOnce(String) -> String) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(small_case(case)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let text = fs::read_to_string(copy.path().join(file)).unwrap();
    fs::write(copy.path().join(file), change(text)).unwrap();
    copy
}

#[test]
fn another_arithmetic_is_noticed() {
    for (from, to) in [
        ("\"double_fc\": true", "\"double_fc\": false"),
        (
            "\"double_fc\": true",
            "\"double_fc\": true, \"zero_pad\": false",
        ),
        ("\"decay_fwd\": 90", "\"decay_fwd\": 91"),
        ("\"double_fc\": true", "\"double_fc\": true, \"alpha\": 5"),
    ] {
        let copy = changed("cnn_odd", "case.json", |text| text.replace(from, to));
        let outcome = golden::run(copy.path()).unwrap();
        assert!(
            matches!(outcome, Outcome::Differs { .. }),
            "{to}: {outcome}"
        );
    }
}

#[test]
fn the_first_difference_is_named_with_both_values() {
    let copy = changed("mlp_synthetic", "case.json", |text| text);
    let path = copy.path().join("after_10.safetensors");
    let bytes = fs::read(&path).unwrap();
    let mut tensors = TensorFile::new(&bytes).unwrap().tensors().unwrap();
    tensors.get_mut("blocks.1.head.weight").unwrap().1[7] += 3;
    let stored = tensors.iter().map(|(name, (shape, values))| {
        LazyTensor::new(name.clone(), shape.clone(), || values.clone())
    });
    let mut file = fs::File::create(&path).unwrap();
    model::write_tensors(stored.collect(), String::new(), &mut file).unwrap();
    let Outcome::Differs {
        tensor,
        step,
        index,
        recorded,
        ours,
    } = golden::run(copy.path()).unwrap()
    else {
        panic!("the change went unnoticed");
    };
    assert_eq!(
        (tensor.as_str(), step, index),
        ("blocks.1.head.weight", 10, 7)
    );
    assert_eq!(recorded, ours + 3);
}

#[test]
fn unknown_options_are_refused_since_they_could_change_the_arithmetic() {
    let copy = changed("cnn_odd", "case.json", |text| {
        text.replace("\"lr\"", "\"learning\"")
    });
    let error = format!("{:#}", golden::run(copy.path()).unwrap_err());
    assert!(error.contains("unknown field `learning`"), "{error}");
}
