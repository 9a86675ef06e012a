//! How near an encrypted training is to its twin.

use super::owner::{Owner, largest};
use super::setup::Setup;
use super::twin::{Twin, TwinStep};
use crate::{Error, Result};
use nearfield_ckks::Precision;
use nearfield_enc::{Clear, Matrices, folder};
use serde::Serialize;
use std::path::Path;

/// A step of both.
#[derive(Clone, Debug, Serialize)]
pub struct StepComparison {
    /// The step, from 1.
    pub step: u64,
    /// Samples of the batch that were predicted correctly, before the step.
    pub right: usize,
    /// The same of the twin.
    pub twin_right: usize,
    /// Samples that were answered otherwise than by the twin.
    pub different: usize,
    /// Those of them where the twin's best answers were so close that the error may decide.
    pub ties: usize,
    /// Bits of the answers' errors: mean and worst.
    pub answer_bits: (f64, f64),
    /// Bits of each matrix, where the state was kept: mean and worst, of weights in absolute
    /// terms.
    pub weights: Vec<(String, f64, f64)>,
    /// The same of velocities, in units of their range.
    pub velocities: Vec<(String, f64, f64)>,
}

/// A whole comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Step by step.
    pub steps: Vec<StepComparison>,
    /// Test accuracy of the encrypted model and of the twin, after the last step whose state was
    /// kept.
    pub test_accuracy: Option<(f64, f64)>,
    /// That step.
    pub last_state: u64,
}

/// Makes the twin's steps and decrypts what the server left of the same ones.
///
/// # Errors
/// If the server's files are not of this owner.
pub fn compare(
    setup: &Setup,
    owner: &Owner,
    server: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Comparison> {
    let planned = owner.planned();
    let slots = Clear::new(planned.layout.grid().slots());
    let initial = owner.decrypt_with_noise(server, 0)?;
    let initial = exact_if_equal(&setup.weights, initial)?;
    let mut twin = Twin::new(setup, planned, &slots, &initial)?;
    let made = folder::steps(server)?;
    let last = made
        .last()
        .copied()
        .ok_or_else(|| Error::folder(server, "holds no step yet: let the server train first"))?;
    let mut comparison = Comparison {
        steps: Vec::new(),
        test_accuracy: None,
        last_state: 0,
    };
    for step in 1..=last {
        let of_twin = twin.step()?;
        let errors = owner.decrypt_errors(server, step)?;
        let mut compared = compare_answers(setup, planned.task.batch, step, &of_twin, &errors);
        let kept = server.join(folder::step(step)).join(folder::state(0));
        if kept.is_file() {
            let found = owner.decrypt_with_noise(server, step)?;
            let expected = twin.matrices()?;
            let range = planned.task.velocity_range;
            (compared.weights, compared.velocities) = compare_matrices(&found, &expected, range);
            comparison.last_state = step;
            if step == last {
                let both = setup.accuracy(&found)?.zip(setup.accuracy(&expected)?);
                comparison.test_accuracy = both;
            }
        }
        comparison.steps.push(compared);
        progress(step);
    }
    Ok(comparison)
}

/// The run's own weights, if the encrypted ones are those up to the error of encryption: others
/// were given when they were encrypted.
fn exact_if_equal(run: &Matrices, decrypted: Matrices) -> Result<Matrices> {
    let near = run.distance(&decrypted)? < 1e-4;
    Ok(if near { run.clone() } else { decrypted })
}

fn compare_answers(
    setup: &Setup,
    batch: usize,
    step: u64,
    twin: &TwinStep,
    errors: &[Vec<f64>],
) -> StepComparison {
    let bits = Precision::of_real(&errors.concat(), &twin.errors.concat());
    let worst = (-bits.worst_bits).exp2();
    let mut compared = StepComparison {
        step,
        right: 0,
        twin_right: 0,
        different: 0,
        ties: 0,
        answer_bits: (bits.mean_bits, bits.worst_bits),
        weights: Vec::new(),
        velocities: Vec::new(),
    };
    let first = twin.batch as usize * batch;
    for (sample, (errors, of_twin)) in errors.iter().zip(&twin.errors).enumerate() {
        let label = usize::from(setup.train.labels[first + sample]);
        let answer = |errors: &[f64]| -> Vec<f64> {
            let mut answers = errors.to_vec();
            answers[label] += 1.0;
            answers
        };
        let (found, expected) = (answer(errors), answer(of_twin));
        let (class, of_twin) = (largest(&found), largest(&expected));
        compared.right += usize::from(class == label);
        compared.twin_right += usize::from(of_twin == label);
        if class != of_twin {
            compared.different += 1;
            let tie = expected[of_twin] - expected[class] <= 2.0 * worst;
            compared.ties += usize::from(tie);
        }
    }
    compared
}

type Bits = Vec<(String, f64, f64)>;

fn compare_matrices(found: &Matrices, expected: &Matrices, range: f64) -> (Bits, Bits) {
    let (mut weights, mut velocities) = (Vec::new(), Vec::new());
    for ((name, found), (_, expected)) in found.parameters().zip(expected.parameters()) {
        let bits = Precision::of_real(found.weight.values(), expected.weight.values());
        weights.push((name.clone(), bits.mean_bits, bits.worst_bits));
        let bits = Precision::of_real(found.velocity.values(), expected.velocity.values());
        let unit = range.log2();
        velocities.push((name, bits.mean_bits + unit, bits.worst_bits + unit));
    }
    (weights, velocities)
}

impl Comparison {
    /// Steps whose batch accuracy differs from the twin's, and samples that were answered
    /// otherwise without a tie.
    pub fn deviations(&self) -> (usize, usize) {
        let steps = self.steps.iter();
        let accuracies = steps.clone().filter(|step| step.right != step.twin_right);
        (
            accuracies.count(),
            steps.map(|step| step.different - step.ties).sum(),
        )
    }

    /// The table, as CSV.
    pub fn to_csv(&self) -> String {
        let names: Vec<&str> = self
            .steps
            .iter()
            .find(|step| !step.weights.is_empty())
            .map(|step| {
                step.weights
                    .iter()
                    .map(|(name, ..)| name.as_str())
                    .collect()
            })
            .unwrap_or_default();
        let mut text = String::from(
            "step,right,twin_right,different,ties,answers_mean_bits,answers_worst_bits",
        );
        for name in &names {
            for kind in ["weight", "velocity"] {
                text += &format!(",{name}.{kind}_mean_bits,{name}.{kind}_worst_bits");
            }
        }
        for step in &self.steps {
            text += &format!(
                "\n{},{},{},{},{},{:.2},{:.2}",
                step.step,
                step.right,
                step.twin_right,
                step.different,
                step.ties,
                step.answer_bits.0,
                step.answer_bits.1
            );
            for place in 0..names.len() {
                for bits in [step.weights.get(place), step.velocities.get(place)] {
                    text += &match bits {
                        Some((_, mean, worst)) => format!(",{mean:.2},{worst:.2}"),
                        None => ",,".to_owned(),
                    };
                }
            }
        }
        text.push('\n');
        text
    }
}
