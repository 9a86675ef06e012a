//! Sizes and probabilities of a training, before hours are spent on it.

use super::step_plan::StepPlan;
use super::task::{Task, TaskPlan};
use crate::Result;
use crate::layout::Layout;
use nearfield_ckks::{Encoder, Params, security};

/// Sizes, precision and failures of a training.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Number of evaluation keys.
    pub key_count: usize,
    /// Bytes of evaluation keys in memory.
    pub key_bytes_in_memory: u64,
    /// Bytes of the file of evaluation keys.
    pub key_bytes_on_disk: u64,
    /// Bytes of the bootstrapping's matrices in memory.
    pub matrix_bytes: u64,
    /// Peak of the server's memory in bytes.
    pub peak_bytes: u64,
    /// Bytes of the files of a batch.
    pub batch_bytes: u64,
    /// Bytes of the files of a state.
    pub state_bytes: u64,
    /// log2 of the product of all primes.
    pub log2_modulus: f64,
    /// Maximum of that with 128 bits of security.
    pub log2_modulus_limit: u32,
    /// log2 of a bound on the probability of a failure in the whole run.
    pub log2_failure: f64,
    /// Expected bits of precision of the weights at the end, relative to the plaintext run: mean.
    pub expected_bits: f64,
}

/// Bits of precision of a bootstrapping of numbers between -1 and 1, mean; and of an iterated one,
/// which the scale limits. Measured; a test compares what follows from them with
/// `docs/performance.md`.
const BOOTSTRAP_BITS: f64 = 22.8;
const ITERATED_BOOTSTRAP_BITS: f64 = 25.8;

/// Rows of the chain at its highest level that a bootstrapping has in memory. Measured; a test
/// compares the peak that follows from it with `docs/performance.md`.
const BOOTSTRAP_ROWS: u64 = 14;

impl Estimate {
    /// The estimate of a planned task. It takes seconds: the bootstrapping's matrices are computed.
    ///
    /// # Errors
    /// [`Error::Task`](crate::Error::Task) if the task has no secure parameters.
    pub fn new(plan: &TaskPlan) -> Result<Self> {
        let params = plan.params()?;
        let encoder = Encoder::new(&params);
        let (bootstrapping, list) = plan.prepare(&encoder)?;
        let (layout, step, base) = (&plan.layout, &plan.step, bootstrapping.input_level());
        let (key_bytes_in_memory, key_bytes_on_disk) = list.bytes();
        let matrix_bytes = bootstrapping.bytes() as u64;
        let bootstraps = step.counts.refreshed_vectors() * plan.task.bootstraps_per_refresh();
        #[allow(clippy::cast_precision_loss, reason = "a logarithm for people")]
        let log2_bootstraps = (bootstraps as f64 * plan.task.steps as f64).log2();
        let batch = (layout.label_forms().len() + layout.input_vectors()) * step.vectors;
        let rows = rows_in_use(&params, plan, base);
        Ok(Estimate {
            key_count: list.count() + 2,
            key_bytes_in_memory,
            key_bytes_on_disk,
            matrix_bytes,
            peak_bytes: key_bytes_in_memory
                + matrix_bytes
                + rows * (params.degree() * size_of::<u64>()) as u64,
            batch_bytes: batch as u64 * file_bytes(&params, base + step.input_levels(), 1),
            state_bytes: layout.state_vectors() as u64 * file_bytes(&params, base, 2),
            log2_modulus: params.log_modulus(),
            log2_modulus_limit: security::max_modulus_bits(params.spec().log_degree),
            log2_failure: bootstrapping.log2_failure() + log2_bootstraps,
            expected_bits: expected_bits(&plan.task),
        })
    }
}

/// Bits of precision of the weights at the end: errors of bootstrappings add up at random.
pub(super) fn expected_bits(task: &Task) -> f64 {
    let of_refresh = match task.iterated {
        false => BOOTSTRAP_BITS,
        true => ITERATED_BOOTSTRAP_BITS,
    };
    #[allow(clippy::cast_precision_loss, reason = "a logarithm for people")]
    let log2_steps = (task.steps as f64).log2();
    of_refresh - log2_steps / 2.0 - task.weight_range.log2()
}

/// Rows of ciphertexts, polynomials modulo one prime, that a step has in memory.
fn rows_in_use(params: &Params, plan: &TaskPlan, base: usize) -> u64 {
    let (layout, step): (&Layout, &StepPlan) = (&plan.layout, &plan.step);
    let batch = (layout.label_forms().len() + layout.input_vectors()) * step.vectors;
    let fresh = 2 * (base + step.input_levels() + 1) * batch;
    let placements = layout.placements().iter();
    let vectors: usize = placements.map(|m| m.tiles * m.groups).sum();
    let highest = base + step.levels;
    let weights = 2 * vectors * highest;
    let gradients = 3 * vectors * (base + 2) * 2;
    let sums = step.vectors * 2 * highest;
    let limbs = params.ring().limbs();
    let bootstrap = BOOTSTRAP_ROWS * (limbs.chain + limbs.special) as u64;
    (fresh + weights + gradients + sums) as u64 + bootstrap
}

/// Bytes of a file of a ciphertext, of which `polynomials` are stored and the others are seeds.
fn file_bytes(params: &Params, level: usize, polynomials: u64) -> u64 {
    let bits = (0..=level).map(|level| u64::from(params.prime(level).bits()));
    let degree = params.degree() as u64;
    polynomials * bits.map(|bits| degree * bits / 8 + 32).sum::<u64>()
}
