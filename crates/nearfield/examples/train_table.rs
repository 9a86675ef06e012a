//! A whole run on a table with integers only: train, evaluate, predict, resume.
//!
//! A program would show what [`Progress`] is told, and set the flag when somebody asks it to stop.

use nearfield::integer::{
    Limits, Outcome, Place, RunFile, SampleFiles, Training, evaluate, predict,
};
use nearfield::{EpochRecord, Observer, StepCount, percent};
use std::error::Error;
use std::sync::atomic::AtomicBool;

/// What is trained; what it leaves out has defaults.
const RUN: &str = "
name = \"iris\"
seed = 7

[data]
source = \"iris\"

[network]
layers = [{ type = \"linear\", units = 32 }]

[training]
epochs = 40
";

/// Prints a line every ten epochs.
struct Progress;

impl Observer for Progress {
    fn note(&mut self, text: &str) {
        println!("{text}");
    }

    fn epoch_begins(&mut self, _epoch: u32, _epochs: u32, _made: u64, _steps: u64) {}

    fn step(&mut self, _samples: usize, _counts: &StepCount) {}

    fn epoch_ends(&mut self, record: &EpochRecord) {
        if record.epoch.is_multiple_of(10) {
            let (train, validation) = (record.train.output, record.decision.output);
            println!(
                "epoch {}: train {}, validation {}",
                record.epoch,
                percent(train),
                percent(validation)
            );
        }
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let runs = tempfile::tempdir()?;
    let stop = AtomicBool::new(false);

    // The first half of the training. The run folder is the first free `iris-001`, `iris-002`, ….
    let place = Place::NewIn(runs.path().to_path_buf());
    let mut training = Training::begin(RunFile::parse(RUN)?, &place, None)?;
    let folder = training.folder().to_path_buf();
    let half = Limits {
        max_steps: Some(100),
        ..Limits::default()
    };
    training.train(half, &stop, &mut Progress)?;
    drop(training);

    // The rest, from the checkpoint that the first half left: to the same bytes as in one go.
    let mut training = Training::resume(&folder)?;
    let Outcome::Ended(summary) = training.train(Limits::default(), &stop, &mut Progress)? else {
        return Err("nobody set the flag".into());
    };
    println!("test accuracy {}", percent(summary.test.output));
    assert!(
        summary.finished && summary.test.output.correct >= 24,
        "{summary:?}"
    );

    // The model alone, as it would be used later.
    let evaluation = evaluate(&folder, None)?;
    assert_eq!(evaluation.accuracies, summary.test);
    let flowers = runs.path().join("flowers.csv");
    std::fs::write(&flowers, "5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n")?;
    let samples = SampleFiles::Table {
        file: flowers,
        label: None,
    };
    let predictions = predict(&folder.join("model.safetensors"), &samples, None)?;
    for prediction in &predictions {
        println!("{} ({})", prediction.class, prediction.score);
    }
    assert_eq!(predictions[0].class, "setosa");
    Ok(())
}
