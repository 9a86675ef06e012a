//! How a person or a program sees a run with integers while it is trained.

use crate::output::{Output, tell};
use crate::stop::StopFlag;
use indicatif::{ProgressBar, ProgressStyle};
use nearfield::observer::{Observer, percent};
use nearfield_int::StepCount;
use nearfield_train::history::EpochRecord;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A bar for each epoch, and a line when it ends.
pub(crate) struct Bar {
    bar: ProgressBar,
    prefix: String,
    decided_on: &'static str,
    begun: Instant,
    samples: u64,
}

impl Bar {
    /// A bar for a run that decides on these samples.
    pub(crate) fn new(decided_on: &'static str) -> Self {
        Bar {
            decided_on,
            bar: ProgressBar::hidden(),
            prefix: String::new(),
            begun: Instant::now(),
            samples: 0,
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a speed for people"
    )]
    fn speed(&self) -> u64 {
        (self.samples as f64 / self.begun.elapsed().as_secs_f64().max(1e-6)) as u64
    }
}

impl Observer for Bar {
    fn note(&mut self, text: &str) {
        self.bar.suspend(|| tell(text));
    }

    fn epoch_begins(&mut self, epoch: u32, epochs: u32, made: u64, steps: u64) {
        let style = ProgressStyle::with_template("{prefix} [{bar:24}] {msg} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.prefix = format!("epoch {epoch}/{epochs}");
        self.bar = ProgressBar::new(steps).with_style(style.progress_chars("=> "));
        self.bar.set_prefix(self.prefix.clone());
        self.bar.set_position(made);
        self.begun = Instant::now();
        self.samples = 0;
    }

    fn step(&mut self, samples: usize, counts: &StepCount) {
        self.samples += samples as u64;
        self.bar.inc(1);
        if self.bar.is_hidden() {
            return;
        }
        let heads: Vec<String> = counts
            .blocks
            .iter()
            .map(|block| percent(block.head))
            .collect();
        self.bar.set_message(format!(
            "{} images/s, train {} (heads {})",
            self.speed(),
            percent(counts.output),
            heads.join(" ")
        ));
    }

    fn epoch_ends(&mut self, record: &EpochRecord) {
        self.bar.finish_and_clear();
        let heads: Vec<String> = record
            .decision
            .heads
            .iter()
            .map(|&head| percent(head))
            .collect();
        tell(&format!(
            "{}: train {}, {} {} (heads {}), {} images/s, rate 1/{}",
            self.prefix,
            percent(record.train.output),
            self.decided_on,
            percent(record.decision.output),
            heads.join(" "),
            record.train.output.seen * 1000 / record.milliseconds.max(1),
            record.rate_inv
        ));
    }
}

/// One JSON object a line on standard output. Where its reader leaves, the training is stopped, as
/// by Ctrl-C, and can be continued.
pub(crate) struct JsonLines {
    output: Output,
    stop: StopFlag,
}

impl JsonLines {
    /// Events of a training that this flag stops.
    pub(crate) fn new(output: Output, stop: StopFlag) -> Self {
        JsonLines { output, stop }
    }

    fn event(&self, event: &Value) {
        if self.output.event(event).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Observer for JsonLines {
    fn note(&mut self, text: &str) {
        self.event(&json!({ "event": "note", "text": text }));
    }

    fn epoch_begins(&mut self, epoch: u32, epochs: u32, made: u64, steps: u64) {
        self.event(&json!({
            "event": "epoch_begins", "epoch": epoch, "epochs": epochs,
            "steps_made": made, "steps": steps,
        }));
    }

    fn step(&mut self, _: usize, _: &StepCount) {}

    fn epoch_ends(&mut self, record: &EpochRecord) {
        self.event(&json!({ "event": "epoch", "record": record }));
    }
}
