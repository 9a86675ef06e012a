//! Interruptions of every kind, and `nearfield resume`.

use super::{errors, folder_with, nearfield, refusal, run};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const SHORT: &str = "[training]\nepochs = 4\n[network]\nlayers = [{ type = \"conv2d\", filters = 8, kernel = 3 }, { type = \"linear\", units = 32 }, { type = \"dropout\", percent = 10 }]\n";

fn start(folder: &Path, out: &str) -> Child {
    nearfield(folder)
        .args([
            "train",
            "run.toml",
            "--checkpoint-seconds",
            "0",
            "--out",
            out,
        ])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn model(folder: &Path, out: &str) -> Vec<u8> {
    fs::read(folder.join(out).join("model.safetensors")).unwrap()
}

/// Waits until the run has made its folder and some checkpoints, or has ended.
fn wait_for_checkpoint(folder: &Path, out: &str) {
    let patience = Instant::now() + Duration::from_secs(60);
    while Instant::now() < patience {
        let steps = fs::read_dir(folder.join(out).join("checkpoints")).map(Iterator::count);
        if steps.is_ok_and(|count| count >= 2) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no checkpoint within a minute");
}

#[test]
fn ten_runs_killed_at_random_moments_end_as_an_uninterrupted_one() {
    let folder = folder_with(&[("run.toml", SHORT)]);
    run(
        folder.path(),
        "train run.toml --checkpoint-seconds 0 --out whole",
    );
    let begun = Instant::now();
    run(
        folder.path(),
        "train run.toml --checkpoint-seconds 0 --out timed",
    );
    let duration = begun.elapsed();
    let expected = model(folder.path(), "whole");
    assert_eq!(expected, model(folder.path(), "timed"));
    let mut interrupted = 0;
    for attempt in 0..10_u32 {
        let out = format!("killed{attempt}");
        let mut child = start(folder.path(), &out);
        wait_for_checkpoint(folder.path(), &out);
        std::thread::sleep(duration.mul_f64(0.9 * random_share()));
        child.kill().unwrap();
        child.wait().unwrap();
        interrupted += u32::from(!folder.path().join(&out).join("model.safetensors").exists());
        run(folder.path(), &format!("resume {out}"));
        assert_eq!(model(folder.path(), &out), expected, "attempt {attempt}");
    }
    assert!(
        interrupted >= 5,
        "only {interrupted} of 10 were killed before their end"
    );
}

/// A number from 0 to 1 that differs in every run of the tests.
fn random_share() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    f64::from(u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap()) / f64::from(u32::MAX)
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_a_checkpoint_and_says_how_to_resume() {
    let folder = folder_with(&[("run.toml", SHORT)]);
    run(folder.path(), "train run.toml --out whole");
    let child = start(folder.path(), "stopped");
    wait_for_checkpoint(folder.path(), "stopped");
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(
        errors(&output).contains("nearfield resume stopped"),
        "{}",
        errors(&output)
    );
    assert!(!folder.path().join("stopped/model.safetensors").exists());
    run(folder.path(), "report stopped");
    let report = fs::read_to_string(folder.path().join("stopped/report.html")).unwrap();
    assert!(report.contains("not finished"));
    run(folder.path(), "resume stopped");
    assert_eq!(
        model(folder.path(), "stopped"),
        model(folder.path(), "whole")
    );
}

#[test]
fn a_run_cut_off_by_its_number_of_steps_goes_on_to_the_same_end() {
    let folder = folder_with(&[("run.toml", SHORT)]);
    run(folder.path(), "train run.toml --out whole");
    run(folder.path(), "train run.toml --max-steps 100 --out cut");
    assert_ne!(model(folder.path(), "cut"), model(folder.path(), "whole"));
    run(folder.path(), "resume cut");
    assert_eq!(model(folder.path(), "cut"), model(folder.path(), "whole"));
}

#[test]
fn checkpoints_of_other_runs_and_damaged_ones_are_told_apart() {
    let folder = folder_with(&[("run.toml", SHORT)]);
    run(
        folder.path(),
        "train run.toml --max-steps 20 --checkpoint-seconds 0 --out one",
    );
    run(
        folder.path(),
        "train run.toml --seed 7 --max-steps 20 --out other",
    );
    let newest = |out: &str| {
        let mut paths: Vec<_> = fs::read_dir(folder.path().join(out).join("checkpoints"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths.pop().unwrap()
    };
    let good = fs::read(newest("one")).unwrap();

    // A damaged newest checkpoint is passed over, with a warning, for the one before it.
    fs::write(newest("one"), &good[..good.len() / 2]).unwrap();
    let output = nearfield(folder.path())
        .args(["resume", "one", "--max-steps", "20"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    assert!(
        errors(&output).contains("passed over"),
        "{}",
        errors(&output)
    );
    assert!(
        errors(&output).contains("resumed after step 19"),
        "{}",
        errors(&output)
    );

    // Checkpoints of another run are refused.
    for path in fs::read_dir(folder.path().join("one/checkpoints")).unwrap() {
        fs::copy(newest("other"), path.unwrap().path()).unwrap();
    }
    let error = refusal(folder.path(), "resume one");
    assert!(error.contains("another run"), "{error}");

    let error = refusal(folder.path(), "resume nowhere");
    assert!(error.contains("holds no run"), "{error}");
}
