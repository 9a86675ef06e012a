//! What a trained model makes of samples.

use crate::integer::prepare::Prepared;
use crate::integer::resolve::read_run;
use crate::integer::sample_files::{SampleFiles, require_labels};
use crate::integer::samples::Samples;
use crate::integer::trained_model::TrainedModel;
use crate::{Error, Result};
use nearfield_int::{Scores, predicted_class};
use nearfield_train::history::Accuracies;
use std::path::Path;

/// Samples evaluated at a time; the result does not depend on it.
const BATCH: usize = 64;

/// How well a model does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Number of samples.
    pub samples: usize,
    /// Accuracy of the output and of every head.
    pub accuracies: Accuracies,
}

/// What a model answers to a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The class.
    pub class: String,
    /// Its score, from -127 to 127.
    pub score: i8,
}

/// Evaluates a model file, or the model of a run folder, on samples; without any, on the test
/// samples of the run folder's own run.
///
/// # Errors
/// If model, samples and labels do not fit each other, or no samples are named.
pub fn evaluate(model: &Path, samples: Option<&SampleFiles>) -> Result<Evaluation> {
    let trained = TrainedModel::read(model)?;
    let samples = match samples {
        Some(files) => {
            require_labels(files)?;
            files.read(&trained.card)?
        }
        None => own_test_samples(model)?,
    };
    let mut accuracies = Accuracies::default();
    let mut inference = trained.network.inference();
    for (values, labels) in samples.batches(BATCH) {
        accuracies.add(&inference.evaluate(values, labels)?);
    }
    Ok(Evaluation {
        samples: samples.len(),
        accuracies,
    })
}

/// The test samples of the run in a run folder.
fn own_test_samples(folder: &Path) -> Result<Samples> {
    let file = folder.join("run.toml");
    if !file.is_file() {
        return Err(Error::setting(
            "samples",
            "are missing: give images with labels or a table, or name a run folder, which has \
             test samples of its own",
        ));
    }
    let (run, loaded) = read_run(&file)?;
    Ok(Prepared::new(&run, loaded)?.test)
}

/// Predicts the classes of samples, from the output or from the head of block `exit`.
///
/// # Errors
/// If model and samples do not fit each other, or there is no such block.
pub fn predict(
    model: &Path,
    samples: &SampleFiles,
    exit: Option<usize>,
) -> Result<Vec<Prediction>> {
    let TrainedModel { network, card } = TrainedModel::read(model)?;
    let blocks = network.plan().block_count();
    if let Some(exit) = exit.filter(|&exit| exit >= blocks) {
        return Err(Error::setting(
            "exit",
            format!("is {exit}; the network has {blocks} blocks, from 0"),
        ));
    }
    let samples = samples.read(&card)?;
    let mut predictions = Vec::with_capacity(samples.len());
    let mut inference = network.inference();
    for (values, _) in samples.batches(BATCH) {
        let Scores { heads, output } = inference.scores(values)?;
        let scores = exit.map_or(&output, |exit| &heads[exit]);
        for scores in scores.chunks_exact(card.classes.len()) {
            let class = predicted_class(scores);
            predictions.push(Prediction {
                class: card.classes[class].clone(),
                score: scores[class],
            });
        }
    }
    Ok(predictions)
}
