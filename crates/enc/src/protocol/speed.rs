//! How long a step takes on this machine, predicted from measured key switches.

use super::cost;
use super::task::TaskPlan;
use crate::Result;
use crate::slots::Counts;
use nearfield_ckks::{Ciphertext, Encoder, EvaluationKeys, Evaluator, KeyList, Product, SecretKey};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The time of key switches on this machine.
#[derive(Clone, Debug)]
pub struct Speed {
    /// Seconds, by level of the chain.
    key_switches: BTreeMap<usize, f64>,
    /// The level below those of the circuit.
    base: usize,
    /// Bootstrappings of a refresh.
    bootstraps: usize,
}

/// Rounds of a measurement, all levels interleaved. The fastest time counts: other processes may
/// share the machine for seconds.
const ROUNDS: usize = 30;

impl Speed {
    /// Measures key switches for some seconds, with a secret key of its own that is dropped.
    ///
    /// # Errors
    /// If the task has no secure parameters, or the system gives no randomness.
    pub fn measure(plan: &TaskPlan) -> Result<Self> {
        let params = plan.params()?;
        let base = plan.bootstrap_spec().slots_to_coeffs_levels;
        let secret = SecretKey::generate(&params)?;
        let mut list = KeyList::none(&params);
        list.add_relinearization(params.max_level());
        let mut keys = EvaluationKeys::none(&params);
        keys.add(&secret, &list)?;
        let evaluator = Evaluator::new(keys);
        let encoder = Encoder::new(&params);
        let square = |level: usize| -> Result<(usize, Product)> {
            let plain = encoder.encode_real(&[0.5, -0.5], level, params.scale())?;
            let encrypted: Ciphertext = secret.encrypt(&plain)?;
            Ok((level, evaluator.tensor(&encrypted, &encrypted)?))
        };
        let levels = [base + 1, base + plan.step.levels, params.max_level()];
        let products = levels.map(square).into_iter().collect::<Result<Vec<_>>>()?;
        let mut key_switches = BTreeMap::new();
        for (level, product) in products.iter().cycle().take(ROUNDS * products.len()) {
            let start = Instant::now();
            evaluator.relinearize(product)?;
            let seconds = start.elapsed().as_secs_f64();
            let fastest = key_switches.entry(*level).or_insert(seconds);
            *fastest = seconds.min(*fastest);
        }
        Ok(Speed {
            key_switches,
            base,
            bootstraps: plan.task.bootstraps_per_refresh(),
        })
    }

    /// The time of a step with these operations.
    pub fn step_time(&self, counts: &Counts) -> Duration {
        let highest = self.key_switches.values().next_back();
        #[allow(clippy::cast_precision_loss, reason = "1 or 2")]
        let max_level = self.bootstraps as f64 * highest.copied().unwrap_or(0.0);
        let key_switch = |level| self.key_switch(self.base + level);
        Duration::from_secs_f64(cost::time(counts, key_switch, max_level))
    }

    /// Seconds of a key switch at a level of the chain, interpolated between measured levels.
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
}
