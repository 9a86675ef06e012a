//! What a model makes of the test set.

use crate::Result;
use crate::integer::samples::Samples;
use nearfield_int::{Network, count_correct, predicted_class};
use nearfield_train::history::Accuracies;

/// Misclassified samples that a report shows.
const MAX_MISTAKES: usize = 24;

/// What a model makes of the test set.
pub(crate) struct TestResult {
    /// Accuracy of the output and of every head.
    pub(crate) accuracies: Accuracies,
    /// One row a true class, one column a predicted class.
    pub(crate) confusion: Vec<Vec<u64>>,
    /// The first samples of another class than the predicted one.
    pub(crate) mistakes: Vec<Misclassified>,
}

/// A sample of another class than the predicted one.
pub(crate) struct Misclassified {
    /// Its index in the test set.
    pub(crate) index: usize,
    /// Its class.
    pub(crate) truth: usize,
    /// The class that the model predicts.
    pub(crate) predicted: usize,
}

/// Evaluates a network on the first `count` samples, `batch` at a time.
///
/// # Errors
/// Never for samples of the network's size.
pub(crate) fn test(
    network: &Network,
    samples: &Samples,
    count: usize,
    batch: usize,
) -> Result<TestResult> {
    let classes = network.spec().classes;
    let mut found = TestResult {
        accuracies: Accuracies::default(),
        confusion: vec![vec![0; classes]; classes],
        mistakes: Vec::new(),
    };
    let mut first = 0;
    let mut inference = network.inference();
    for (values, labels) in samples.batches(batch) {
        let labels = &labels[..labels.len().min(count - first)];
        if labels.is_empty() {
            break;
        }
        let scores = inference.scores(&values[..labels.len() * samples.shape.features()])?;
        let correct = |scores: &Vec<i8>| count_correct(scores, labels, classes);
        found.accuracies.add(&Accuracies {
            output: correct(&scores.output),
            heads: scores.heads.iter().map(correct).collect(),
        });
        for (index, scores) in scores.output.chunks_exact(classes).enumerate() {
            let (truth, predicted) = (usize::from(labels[index]), predicted_class(scores));
            found.confusion[truth][predicted] += 1;
            if truth != predicted && found.mistakes.len() < MAX_MISTAKES {
                found.mistakes.push(Misclassified {
                    index: first + index,
                    truth,
                    predicted,
                });
            }
        }
        first += labels.len();
    }
    Ok(found)
}
