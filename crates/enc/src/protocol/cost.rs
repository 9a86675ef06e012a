//! What operations cost relative to each other.
//!
//! The figures are rounded measurements. A test compares the times that follow from them with the
//! measured ones, in the generated table "Encrypted training: a step" of `docs/performance.md`.
//! What chooses a layout may be rough: tests compare it with the presets, and see that half and
//! twice of each work, and the special primes of the presets, choose the same layouts for the
//! networks of that table.

use crate::slots::Counts;
use std::collections::BTreeMap;

/// The share of a key switch that a hoisted rotation takes.
const HOISTED_ROTATION: f64 = 0.13;

/// Levels of a bootstrapping below those of a training.
pub(super) const BOOTSTRAP_LEVELS: usize = 3;

/// The figures that choose a layout; work is in transforms of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// Special primes of a key switch, as a number.
    pub(super) special_primes: f64,
    /// The share of a key switch that a hoisted rotation takes.
    pub(super) hoisted_rotation: f64,
    /// Refreshing a vector.
    pub(super) refresh: f64,
    /// Refreshing a pair of vectors.
    pub(super) pair_refresh: f64,
    /// A product of ciphertexts, with its share of reading.
    pub(super) product: f64,
}

pub(super) const WORK: Work = Work {
    special_primes: 10.0,
    hoisted_rotation: HOISTED_ROTATION,
    refresh: 8000.0,
    pair_refresh: 11_000.0,
    product: 8.0,
};

impl Work {
    /// A key switch transforms a digit for each target prime, and transforms back what the special
    /// primes are divided out of.
    pub(super) fn key_switch(&self, level: usize) -> f64 {
        let primes = float(level + BOOTSTRAP_LEVELS + 1);
        let digits = (primes / self.special_primes).ceil();
        (digits + 2.0) * (primes + self.special_primes)
    }
}

/// Key switches at the highest level that take as long as refreshing a vector, or a pair.
pub(super) const REFRESH_KEY_SWITCHES: f64 = 55.0;
pub(super) const PAIR_REFRESH_KEY_SWITCHES: f64 = 75.0;

/// Time of a step outside key switches and refreshes, as a share of that of its key switches.
const OTHER_TIME: f64 = 0.15;

/// About how much work a step is, for choosing among layouts: in transforms of a row.
pub(super) fn work(counts: &Counts, work: &Work) -> f64 {
    let key_switches = full_key_switches(counts, work.hoisted_rotation).into_iter();
    let key_switches = key_switches.map(|(level, count)| count * work.key_switch(level));
    let refreshes =
        work.refresh * float(counts.refreshes) + work.pair_refresh * float(counts.pair_refreshes);
    let products = float(counts.products.values().sum());
    key_switches.sum::<f64>() + refreshes + work.product * products
}

/// The time of a step, in the unit of `key_switch`, which is the time of a key switch with the given
/// number of levels left, and `max_level` the time of one at the highest level of the chain.
pub(super) fn time(counts: &Counts, key_switch: impl Fn(usize) -> f64, max_level: f64) -> f64 {
    let key_switches = full_key_switches(counts, HOISTED_ROTATION).into_iter();
    let key_switches: f64 = key_switches
        .map(|(level, count)| count * key_switch(level))
        .sum();
    let refreshes = REFRESH_KEY_SWITCHES * float(counts.refreshes)
        + PAIR_REFRESH_KEY_SWITCHES * float(counts.pair_refreshes);
    (1.0 + OTHER_TIME) * key_switches + refreshes * max_level
}

/// Key switches by level, where hoisted ones count as the share `hoisted_rotation`.
fn full_key_switches(counts: &Counts, hoisted_rotation: f64) -> BTreeMap<usize, f64> {
    let all = counts.key_switches().into_iter();
    let full = all.map(|(level, count)| {
        let hoisted = counts.hoisted_rotations.get(&level).copied().unwrap_or(0);
        (
            level,
            float(count) - (1.0 - hoisted_rotation) * float(hoisted),
        )
    });
    full.collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn float(count: usize) -> f64 {
    count as f64
}
