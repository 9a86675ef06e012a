//! `nearfield train`

use super::{folder_with, nearfield, refusal, run};
use std::fs;

/// Large enough that every kind of layer is shared out among threads.
const WIDE: &str = r#"
[network]
layers = [
    { type = "conv2d", filters = 64, kernel = 3, padding = 1 },
    { type = "conv2d", filters = 64, kernel = 3, padding = 1 },
    { type = "max_pool", kernel = 2 },
    { type = "dropout", percent = 10 },
    { type = "linear", units = 512 },
]
[augmentation]
crop_padding = 1
[training]
batch = 64
rate_inv = 128
"#;

#[test]
fn without_arguments_a_good_network_is_trained_and_kept_with_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), "train");
    let accuracy: f64 = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("test accuracy "))
        .and_then(|rest| rest.split_once(" %")?.0.parse().ok())
        .unwrap();
    assert!(accuracy > 95.0, "{printed}");
    assert!(
        printed.contains("no sum and no weight wrapped"),
        "{printed}"
    );
    let runs: Vec<_> = fs::read_dir(folder.path().join("runs")).unwrap().collect();
    let place = runs[0].as_ref().unwrap().path();
    for name in [
        "run.toml",
        "model.safetensors",
        "metrics.csv",
        "report.html",
        "summary.json",
    ] {
        assert!(place.join(name).metadata().unwrap().len() > 100, "{name}");
    }
    let report = fs::read_to_string(place.join("report.html")).unwrap();
    fs::remove_file(place.join("report.html")).unwrap();
    run(folder.path(), &format!("report {}", place.display()));
    assert_eq!(
        fs::read_to_string(place.join("report.html")).unwrap(),
        report
    );
}

#[test]
fn the_model_is_the_same_bytes_for_one_two_and_three_threads() {
    let folder = folder_with(&[("wide.toml", WIDE)]);
    let model = |threads: usize| {
        run(
            folder.path(),
            &format!("train wide.toml --max-steps 12 --out t{threads} --threads {threads}"),
        );
        fs::read(folder.path().join(format!("t{threads}/model.safetensors"))).unwrap()
    };
    let one = model(1);
    assert_eq!(one, model(2));
    assert_eq!(one, model(3));
}

#[test]
fn the_model_is_the_same_bytes_for_every_set_of_kernels() {
    let folder = folder_with(&[("wide.toml", WIDE)]);
    let models = nearfield_int::kernel::Isa::available()
        .into_iter()
        .map(|isa| {
            let name = isa.name();
            let words = format!("train wide.toml --max-steps 6 --out {name}");
            let mut command = nearfield(folder.path());
            command
                .env("NEARFIELD_KERNELS", name)
                .args(words.split_whitespace());
            assert!(command.output().unwrap().status.success());
            fs::read(folder.path().join(name).join("model.safetensors")).unwrap()
        });
    let models: Vec<_> = models.collect();
    assert!(models.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn another_seed_gives_another_model_and_the_same_seed_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let model = |seed: u64, out: &str| {
        run(
            folder.path(),
            &format!("train --epochs 1 --seed {seed} --out {out}"),
        );
        fs::read(folder.path().join(out).join("model.safetensors")).unwrap()
    };
    let first = model(1, "a");
    assert_eq!(first, model(1, "b"));
    assert_ne!(first, model(2, "c"));
}

#[test]
fn initial_weights_replace_the_drawn_ones() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --epochs 1 --out first");
    let begin = "--init-weights first/model.safetensors --max-steps 0";
    run(
        folder.path(),
        &format!("train {begin} --seed 9 --out second"),
    );
    let weights = |out: &str| {
        let bytes = fs::read(folder.path().join(out).join("model.safetensors")).unwrap();
        nearfield_int::model::TensorFile::new(&bytes)
            .unwrap()
            .tensors()
            .unwrap()
    };
    assert_eq!(weights("first"), weights("second"));
    let other = refusal(
        folder.path(),
        "train --preset mlp1 --init-weights first/model.safetensors",
    );
    assert!(other.contains("tensor `"), "{other}");
}

#[test]
fn a_second_run_into_the_same_folder_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --epochs 1 --out run");
    let model = fs::read(folder.path().join("run/model.safetensors")).unwrap();
    let error = refusal(folder.path(), "train --epochs 1 --seed 5 --out run");
    assert!(error.contains("already holds a run"), "{error}");
    assert_eq!(
        fs::read(folder.path().join("run/model.safetensors")).unwrap(),
        model
    );
}

#[test]
fn json_is_one_object_a_line_with_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), "train --epochs 2 --json --out run");
    let events: Vec<serde_json::Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.iter().filter(|&&kind| kind == "epoch").count(), 2);
    assert_eq!(kinds.last(), Some(&"end"));
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("run/summary.json")).unwrap()).unwrap();
    assert_eq!(events.last().unwrap()["summary"], summary);
}

#[test]
fn largest_sums_are_reported_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --epochs 1 --audit-ranges --out run");
    let text = fs::read_to_string(folder.path().join("run/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    for layer in summary["audit"].as_array().unwrap() {
        assert!(
            layer[1]["forward"]["largest"].as_u64().unwrap() > 0,
            "{layer}"
        );
        assert!(layer[1]["largest_weight"].as_u64().unwrap() > 0, "{layer}");
    }
}

#[test]
fn sums_that_wrap_are_counted_in_the_summary() {
    let folder = folder_with(&[(
        "wild.toml",
        "[training]\nrate_inv = 1\namplification = 1\ndecay_forward = 0\ndecay_head = 0\n",
    )]);
    let printed = run(
        folder.path(),
        "train wild.toml --preset mlp1 --max-steps 40 --out run",
    );
    assert!(printed.contains("sums or weights wrapped"), "{printed}");
}

#[test]
fn the_reference_profile_runs_and_names_its_deviations() {
    let folder = tempfile::tempdir().unwrap();
    run(
        folder.path(),
        "train --profile reference --epochs 2 --out run",
    );
    let text = fs::read_to_string(folder.path().join("run/run.toml")).unwrap();
    for line in [
        "linear_blocks_step_twice = true",
        "padding = \"zero\"",
        "residual = \"wrap\"",
        "last_batch = \"drop\"",
        "decide_on_test = true",
        "per_batch = true",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}
