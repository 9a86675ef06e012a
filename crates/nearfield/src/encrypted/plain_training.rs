//! Whole trainings on plain numbers.

use crate::encrypted::run::Resolved;
use crate::{Error, Result};
use nearfield_enc::{Dense, HeadScore, Matrices, Matrix};
use std::ops::ControlFlow;

/// What an epoch came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: u32,
    /// Steps of the training so far.
    pub steps: u64,
    /// What every head made of the batches, each before its step.
    pub train: Vec<HeadScore>,
    /// What every head made of the test samples after the last step.
    pub test: Vec<HeadScore>,
}

impl Epoch {
    /// Accuracy of the last head on the test samples, in per cent.
    #[allow(clippy::cast_precision_loss, reason = "per cent for people")]
    pub fn test_percent(&self) -> f64 {
        let right = self
            .test
            .last()
            .map(|score| score.tally)
            .unwrap_or_default();
        100.0 * right.correct as f64 / right.seen.max(1) as f64
    }
}

/// Trains a run to its end, or until `after_epoch` breaks it off; it is called after every epoch,
/// and after the last steps where these are no whole one.
///
/// # Errors
/// [`nearfield_enc::Error::Diverged`] where numbers leave the finite.
pub fn train_plain(
    resolved: &Resolved,
    mut after_epoch: impl FnMut(&Epoch) -> ControlFlow<()>,
) -> Result<Dense> {
    let Resolved {
        run,
        network,
        prepared,
        order,
        rates,
    } = resolved;
    let mut dense = Dense::new(Matrices::new(network, run.seed));
    let samples = prepared.train.inputs();
    let (mut inputs, mut labels) = (Matrix::default(), Vec::new());
    for number in 1..=u32::MAX {
        let mut train: Vec<HeadScore> = Vec::new();
        let left = run.training.steps - dense.steps();
        let batches = order.epoch(number);
        let batches = batches
            .iter()
            .take(usize::try_from(left).unwrap_or(usize::MAX));
        for batch in batches {
            samples.gather_into(batch, &mut inputs)?;
            labels.clear();
            labels.extend(batch.iter().map(|&sample| prepared.train.labels()[sample]));
            let scores = dense.step(&inputs, &labels, &rates.at(dense.steps()))?;
            add(&mut train, &scores);
        }
        let test = dense.evaluate(prepared.test.inputs(), prepared.test.labels())?;
        let epoch = Epoch {
            number,
            steps: dense.steps(),
            train,
            test,
        };
        if after_epoch(&epoch).is_break() || dense.steps() >= run.training.steps {
            return Ok(dense);
        }
    }
    Err(Error::setting("training.steps", "is more than 2^32 epochs"))
}

fn add(sums: &mut Vec<HeadScore>, scores: &[HeadScore]) {
    sums.resize(scores.len(), HeadScore::default());
    for (sum, score) in sums.iter_mut().zip(scores) {
        sum.squared_error += score.squared_error;
        sum.tally.add(score.tally);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encrypted::resolve::resolve_with_data;
    use crate::encrypted::run_file::RunFile;

    fn resolved(rest: &str) -> Resolved {
        let text = format!("[data]\nsource = \"iris\"\n{rest}");
        let file = RunFile::parse(&text).unwrap();
        resolve_with_data(&file).unwrap().0
    }

    #[test]
    fn irises_are_learned_and_every_epoch_is_told() {
        let resolved = resolved("[training]\nepochs = 40");
        let mut epochs = Vec::new();
        train_plain(&resolved, |epoch| {
            epochs.push(epoch.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!((epochs.len(), epochs[39].steps), (40, 600));
        assert_eq!(epochs[0].train[0].tally.seen, 120);
        assert!(epochs[39].test_percent() > 90.0, "{:?}", epochs[39]);
        let squares = |epoch: &Epoch| epoch.train[0].squared_error;
        assert!(squares(&epochs[39]) < squares(&epochs[0]) / 2.0);
    }

    #[test]
    fn a_training_ends_after_its_steps_or_when_it_is_broken_off() {
        let resolved = resolved("[training]\nsteps = 20");
        let mut steps = Vec::new();
        let dense = train_plain(&resolved, |epoch| {
            steps.push(epoch.steps);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!((steps.as_slice(), dense.steps()), (&[15, 20][..], 20));
        let dense = train_plain(&resolved, |_| ControlFlow::Break(())).unwrap();
        assert_eq!(dense.steps(), 15);
    }

    #[test]
    fn a_diverging_training_is_an_error() {
        let resolved = resolved("[training]\nepochs = 40\nrate = 5.0");
        let error = train_plain(&resolved, |_| ControlFlow::Continue(())).unwrap_err();
        assert!(
            matches!(error, Error::Enc(nearfield_enc::Error::Diverged { .. })),
            "{error}"
        );
    }
}
