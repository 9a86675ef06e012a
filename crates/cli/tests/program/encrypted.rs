//! Encrypted trainings through the program, in a ring so small that nobody should rely on it.

use crate::{folder_with, nearfield, refusal, run};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

const RUN: &str = "
seed = 5
[data]
source = \"iris\"
[network]
hidden = [10]
[training]
batch = 8
steps = 4
[encryption]
security = \"insecure\"
log_degree = 9
";

const BOTH: &str = "--owner owner --server server";

/// Keys, encrypted samples and initial weights.
fn prepared() -> TempDir {
    let folder = folder_with(&[("run.toml", RUN)]);
    run(folder.path(), &format!("encrypted keygen run.toml {BOTH}"));
    run(folder.path(), &format!("encrypted encrypt {BOTH}"));
    folder
}

fn state(folder: &TempDir, server: &str, step: u64) -> Vec<u8> {
    let name = format!("{server}/steps/{step:012}/state-000.ct");
    fs::read(folder.path().join(name)).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_owner_gets_the_model_that_the_twin_trains() {
    let folder = prepared();
    let run = |words: &str| run(folder.path(), words);
    run("encrypted train server --keep-states 1");
    let compared = run(&format!("encrypted compare {BOTH} --json"));
    let compared: serde_json::Value = serde_json::from_str(&compared).unwrap();
    let steps = compared["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    for step in steps {
        assert_eq!((&step["different"], &step["ties"]), (&0.into(), &0.into()));
        for weights in step["weights"].as_array().unwrap() {
            assert!(weights[2].as_f64().unwrap() > 14.0, "{weights}");
        }
    }
    let page = fs::read_to_string(folder.path().join("owner/report.html")).unwrap();
    assert!(page.contains("Agreement of weights with the twin") && page.contains("INSECURE"));
    run(&format!("encrypted decrypt {BOTH} --out model"));
    run("encrypted twin run.toml --out twin");
    let size = |name| fs::metadata(folder.path().join(name)).unwrap().len();
    assert_eq!(size("model"), size("twin"));
    run("encrypted eval model run.toml");
    for words in ["inspect model", "eval model --csv any.csv"] {
        let text = refusal(folder.path(), words);
        assert!(
            text.contains("nearfield encrypted eval model RUN.toml"),
            "{text}"
        );
    }

    run(&format!("encrypted encrypt {BOTH} --requests asked"));
    run("encrypted infer server asked");
    let answers = run(&format!("encrypted decrypt {BOTH} --requests asked --json"));
    let answers: serde_json::Value = serde_json::from_str(&answers).unwrap();
    assert_eq!(answers["samples"], 30);
}

#[test]
fn a_training_goes_on_to_the_same_bytes() {
    let folder = prepared();
    copy(&folder.path().join("server"), &folder.path().join("other"));
    run(folder.path(), "encrypted train server");
    let train = |words: &[&str]| {
        let mut command = nearfield(folder.path());
        command.args(["encrypted", "train", "other"]).args(words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(train(&["--max-steps", "2"]).status().unwrap().success());
    let mut killed = train(&[]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    killed.kill().unwrap();
    killed.wait().unwrap();
    run(folder.path(), "encrypted train other");
    for step in 3..=4 {
        assert_eq!(
            state(&folder, "server", step),
            state(&folder, "other", step)
        );
    }
}

#[test]
fn a_server_refuses_a_secret_key() {
    let folder = prepared();
    let stolen = folder.path().join("server/anything");
    fs::copy(folder.path().join("owner/secret.key"), &stolen).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(text.contains("is a secret key"), "{text}");
    fs::remove_file(stolen).unwrap();
    let keys = folder.path().join("server/evaluation.keys");
    fs::copy(folder.path().join("owner/secret.key"), keys).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(text.contains("is a secret key"), "{text}");
}

#[test]
fn files_of_others_and_damaged_ones_are_refused_by_name() {
    let (folder, others) = (prepared(), prepared());
    let name = "server/initial/state-000.ct";
    let original = fs::read(folder.path().join(name)).unwrap();
    let mut flipped = original.clone();
    flipped[original.len() / 2] ^= 1;
    let of_other = fs::read(others.path().join(name)).unwrap();
    for bytes in [&original[..original.len() - 1], &flipped, &of_other, &[]] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let text = refusal(folder.path(), "encrypted train server");
        assert!(text.contains("state-000.ct"), "{text}");
    }
    fs::write(folder.path().join(name), &original).unwrap();

    let keys = "server/evaluation.keys";
    fs::copy(others.path().join(keys), folder.path().join(keys)).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(text.contains("another owner"), "{text}");
}

#[test]
fn a_folder_that_holds_a_training_is_refused_and_stays() {
    let folder = prepared();
    let text = refusal(folder.path(), &format!("encrypted keygen run.toml {BOTH}"));
    assert!(text.contains("already holds"), "{text}");
    let text = refusal(
        folder.path(),
        "encrypted keygen run.toml --owner owner --server elsewhere",
    );
    assert!(text.contains("secret.key"), "{text}");
    let text = refusal(
        folder.path(),
        "encrypted keygen run.toml --owner same --server same",
    );
    assert!(text.contains("must not be where the"), "{text}");
}

#[test]
fn a_task_that_was_changed_is_refused() {
    let folder = prepared();
    let task = folder.path().join("server/task.toml");
    let text = fs::read_to_string(&task).unwrap();
    fs::write(&task, text.replace("steps = 4", "steps = 5")).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(text.contains("task.toml"), "{text}");
}

#[test]
fn a_ciphertext_of_another_level_is_refused_even_if_it_is_listed() {
    let folder = prepared();
    let server = folder.path().join("server");
    let path = server.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let digest = manifest["files"]["initial/state-000.ct"].clone();
    for batch in 0..15 {
        let name = format!("data/{batch:06}/input-000-000.ct");
        fs::copy(server.join("initial/state-000.ct"), server.join(&name)).unwrap();
        manifest["files"][&name] = digest.clone();
    }
    fs::write(&path, manifest.to_string()).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(
        text.contains("is at level 3") && text.contains("input-000-000.ct"),
        "{text}"
    );
}

#[test]
fn keys_of_other_parameters_are_refused() {
    let folder = prepared();
    let other = RUN.replace("log_degree = 9", "log_degree = 10");
    fs::write(folder.path().join("other.toml"), other).unwrap();
    run(
        folder.path(),
        "encrypted keygen other.toml --owner o --server s",
    );
    let server = folder.path().join("server");
    fs::copy(
        folder.path().join("s/evaluation.keys"),
        server.join("evaluation.keys"),
    )
    .unwrap();
    let listed = fs::read_to_string(folder.path().join("s/manifest.json")).unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let path = server.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["files"]["evaluation.keys"] = listed["files"]["evaluation.keys"].clone();
    fs::write(&path, manifest.to_string()).unwrap();
    let text = refusal(folder.path(), "encrypted train server");
    assert!(
        text.contains("evaluation.keys") && text.contains("different parameters"),
        "{text}"
    );
}
