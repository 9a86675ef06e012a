//! Interruptions of every kind, and `nearfield resume`.

use super::{errors, folder_with, nearfield, refusal, run};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
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

/// Waits until the run has kept a checkpoint of this step or a later one, or has ended.
fn wait_for_step(folder: &Path, out: &str, child: &mut Child, step: u32) {
    let patience = Instant::now() + Duration::from_secs(60);
    while Instant::now() < patience {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the run failed by itself: {status}");
            return;
        }
        if newest_step(folder, out).is_some_and(|newest| newest >= step) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no checkpoint of step {step} within a minute");
}

fn newest_checkpoint(folder: &Path, out: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder.join(out).join("checkpoints")).ok()?;
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "safetensors"))
        .max()
}

/// The step of the newest checkpoint, which is in its name.
fn newest_step(folder: &Path, out: &str) -> Option<u32> {
    let path = newest_checkpoint(folder, out)?;
    let name = path.file_stem().unwrap().to_str().unwrap();
    Some(name.strip_prefix("step-").unwrap().parse().unwrap())
}

#[test]
fn ten_runs_killed_at_random_moments_end_as_an_uninterrupted_one() {
    let folder = folder_with(&[("run.toml", SHORT)]);
    run(folder.path(), "train run.toml --out whole");
    let expected = model(folder.path(), "whole");
    let steps = newest_step(folder.path(), "whole").unwrap();
    let mut killed = 0;
    // On a busy machine a run may be over before it is killed; that one does not count.
    for attempt in 0..40 {
        let out = format!("killed{attempt}");
        let mut child = start(folder.path(), &out);
        let step = random_number(1..steps);
        wait_for_step(folder.path(), &out, &mut child, step);
        std::thread::sleep(Duration::from_micros(u64::from(random_number(0..2000))));
        child.kill().unwrap();
        child.wait().unwrap();
        killed += u32::from(!folder.path().join(&out).join("model.safetensors").exists());
        run(folder.path(), &format!("resume {out}"));
        assert_eq!(
            model(folder.path(), &out),
            expected,
            "killed at step {step}"
        );
        if killed == 10 {
            return;
        }
    }
    panic!("only {killed} of 40 were killed before their end");
}

/// A number of this range that differs in every run of the tests.
fn random_number(range: Range<u32>) -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let share = RandomState::new().hash_one(0) % u64::from(range.end - range.start);
    range.start + u32::try_from(share).unwrap()
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_a_checkpoint_and_says_how_to_resume() {
    let long = "epochs = 1000\n\
                   early_stop = { from_epoch = 1000, epochs = 1, points = 1 }";
    let folder = folder_with(&[("run.toml", &SHORT.replace("epochs = 4", long))]);
    let mut child = start(folder.path(), "stopped");
    wait_for_step(folder.path(), "stopped", &mut child, 2);
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
    let step = 20 + newest_step(folder.path(), "stopped").unwrap();
    let resume = format!("resume stopped --max-steps {step}");
    let train = format!("train run.toml --max-steps {step} --out whole");
    run(folder.path(), &resume);
    run(folder.path(), &train);
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
    let newest = |out| newest_checkpoint(folder.path(), out).unwrap();
    let good = fs::read(newest("one")).unwrap();

    // A damaged newest checkpoint is skipped, with a warning, for the one before it.
    fs::write(newest("one"), &good[..good.len() / 2]).unwrap();
    let output = nearfield(folder.path())
        .args(["resume", "one", "--max-steps", "20"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    assert!(errors(&output).contains("skipped"), "{}", errors(&output));
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
