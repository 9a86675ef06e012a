//! What a training will cost, before hours are spent on it.

use crate::Result;
use crate::layout::Layout;
use crate::protocol::step_plan::StepPlan;
use crate::protocol::task::Planned;
use crate::slots::Counts;
use nearfield_ckks::{Encoder, EvaluationKeys, Evaluator, KeyList, Params, SecretKey};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Sizes, times and probabilities of a training.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Evaluation keys.
    pub keys: usize,
    /// Bytes of evaluation keys in memory and in their file.
    pub key_bytes: (u64, u64),
    /// Bytes of the bootstrapping's matrices in memory.
    pub matrix_bytes: u64,
    /// Bytes of all that the server has in memory at most.
    pub peak_bytes: u64,
    /// Bytes of the files of a batch.
    pub batch_bytes: u64,
    /// Bytes that a step's state takes on disk.
    pub state_bytes: u64,
    /// log2 of the product of all primes, and the limit of 128 bits of security.
    pub log_modulus: (f64, u32),
    /// log2 of a bound on the probability that anything fails in the whole run.
    pub log2_failure: f64,
    /// Bits of the mean error of weights that are expected at the end.
    pub expected_bits: f64,
}

/// Bits of the mean error that a bootstrapping leaves, of numbers between -1 and 1.
const BOOTSTRAP_BITS: f64 = 22.8;
/// The same of an iterated bootstrapping: what the scale has room for.
const ITERATED_BITS: f64 = 25.8;

/// What the bootstrapping works in, in rows of the chain at its top.
const WORKING_ROWS: u64 = 14;

impl Estimate {
    /// Computes them; tables and matrices are made for it.
    ///
    /// # Errors
    /// If the task has no secure parameters.
    pub fn new(planned: &Planned) -> Result<Self> {
        let params = planned.params()?;
        let encoder = Encoder::new(&params);
        let (bootstrapping, list) = planned.prepare(&encoder)?;
        let key_bytes = list.bytes();
        let matrix_bytes = bootstrapping.bytes() as u64;
        let base = bootstrapping.input_level();
        let (layout, step) = (&planned.layout, &planned.step);
        let row = (params.degree() * size_of::<u64>()) as u64;
        let refreshes = step.counts.refreshes + 2 * step.counts.pair_refreshes;
        let refreshes = refreshes * planned.task.bootstraps();
        #[allow(clippy::cast_precision_loss, reason = "a logarithm for people")]
        let (bootstraps, steps) = (
            (refreshes as f64) * planned.task.steps as f64,
            planned.task.steps as f64,
        );
        let fresh = (base + step.input_levels() + 1) as u64;
        let labels = (layout.label_forms().len() * step.vectors) as u64;
        let inputs = (layout.input_vectors() * step.vectors) as u64;
        let top = params.ring().limbs();
        let working = WORKING_ROWS * (top.chain + top.special) as u64 * row;
        let batch = 2 * fresh * (inputs + labels) * row;
        Ok(Estimate {
            keys: list.count() + 2,
            key_bytes,
            matrix_bytes,
            peak_bytes: key_bytes.0
                + matrix_bytes
                + batch
                + in_use(layout, step, base) * row
                + working,
            batch_bytes: (inputs + labels) * file_bytes(&params, base + step.input_levels(), 1),
            state_bytes: layout.state_vectors() as u64 * file_bytes(&params, base, 2),
            log_modulus: (
                params.log_modulus(),
                nearfield_ckks::security::max_modulus_bits(params.spec().log_degree),
            ),
            log2_failure: bootstrapping.log2_failure() + bootstraps.log2(),
            expected_bits: match planned.task.iterated {
                false => BOOTSTRAP_BITS,
                true => ITERATED_BITS,
            } - steps.log2() / 2.0
                - planned.task.weight_range.log2(),
        })
    }
}

/// Rows of what a step has in memory beside its batch: matrices in use and gradients.
fn in_use(layout: &Layout, step: &StepPlan, base: usize) -> u64 {
    let tiles: usize = layout.placements.iter().map(|m| m.tiles * m.groups).sum();
    let top = base + step.levels;
    let sums = step.vectors * (2 * top);
    (2 * tiles * top + 3 * tiles * (base + 2) * 2 + sums) as u64
}

/// Bytes of a file of a ciphertext, of which so many halves are not seeds.
fn file_bytes(params: &Params, level: usize, halves: u64) -> u64 {
    let bits = (0..=level).map(|level| u64::from(params.prime(level).bits()));
    let degree = params.degree() as u64;
    halves * bits.map(|bits| degree * bits / 8 + 32).sum::<u64>()
}

/// How long operations take on this machine.
#[derive(Clone, Debug)]
pub struct Speed {
    /// Seconds of a key switch, by levels of the chain.
    key_switches: BTreeMap<usize, f64>,
    base: usize,
    /// Bootstrappings of a refresh.
    bootstraps: usize,
}

/// How much longer a refresh is than a key switch at the highest level, and a pair: measured by
/// `cargo xtask encrypted-steps`, as is the share of what is not key switches.
const REFRESH_KEY_SWITCHES: f64 = 55.0;
const PAIR_KEY_SWITCHES: f64 = 75.0;
const OTHER_WORK: f64 = 0.15;

/// Rounds of a measurement, all levels by turns. The fastest counts: others had to share the
/// machine, which may last for seconds.
const ROUNDS: usize = 30;

impl Speed {
    /// Measures key switches under a key of its own that nobody keeps: some seconds.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn measure(planned: &Planned) -> Result<Self> {
        let params = planned.params()?;
        let secret = SecretKey::generate(&params)?;
        let mut list = KeyList::none(&params);
        list.add_relinearization(params.max_level());
        let mut keys = EvaluationKeys::none(&params);
        keys.add(&secret, &list)?;
        let evaluator = Evaluator::new(keys);
        let encoder = Encoder::new(&params);
        let base = planned.bootstrap_spec().slots_to_coeffs_levels;
        let levels = [base + 1, base + planned.step.levels, params.max_level()];
        let products = levels.map(|level| {
            let plain = encoder.encode_real(&[0.5, -0.5], level, params.scale())?;
            let encrypted = secret.encrypt(&plain)?;
            Ok((level, evaluator.tensor(&encrypted, &encrypted)?))
        });
        let products = products.into_iter().collect::<Result<Vec<_>>>()?;
        let mut key_switches = BTreeMap::new();
        for (level, product) in products.iter().cycle().take(ROUNDS * products.len()) {
            let begun = Instant::now();
            evaluator.relinearize(product)?;
            let seconds = begun.elapsed().as_secs_f64();
            let least = key_switches.entry(*level).or_insert(seconds);
            *least = seconds.min(*least);
        }
        Ok(Speed {
            key_switches,
            base,
            bootstraps: planned.task.bootstraps(),
        })
    }

    /// Seconds of a key switch at so many levels left: between measured ones along a line.
    fn key_switch(&self, level: usize) -> f64 {
        let below = self.key_switches.range(..=level).next_back();
        let above = self.key_switches.range(level..).next();
        #[allow(clippy::cast_precision_loss, reason = "levels are few")]
        match (below, above) {
            (Some((&a, &of_a)), Some((&b, &of_b))) if a < b => {
                of_a + (of_b - of_a) * (level - a) as f64 / (b - a) as f64
            }
            (Some((_, &seconds)), _) | (_, Some((_, &seconds))) => seconds,
            (None, None) => 0.0,
        }
    }

    /// The time of a step.
    pub fn step(&self, counts: &Counts) -> Duration {
        #[allow(clippy::cast_precision_loss, reason = "counts are small")]
        let float = |count: usize| count as f64;
        let top = self
            .key_switches
            .values()
            .copied()
            .next_back()
            .unwrap_or(0.0);
        let switches = counts.key_switches().into_iter();
        let switches: f64 = switches
            .map(|(level, count)| {
                counts.first_ones(level, count) * self.key_switch(self.base + level)
            })
            .sum();
        let refreshes = REFRESH_KEY_SWITCHES * float(counts.refreshes)
            + PAIR_KEY_SWITCHES * float(counts.pair_refreshes);
        let switches = (1.0 + OTHER_WORK) * switches;
        Duration::from_secs_f64(switches + float(self.bootstraps) * refreshes * top)
    }
}
