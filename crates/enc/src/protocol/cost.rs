//! What operations cost relative to each other.
//!
//! The figures are rounded measurements. Tests compare them: those that predict times, memory and
//! precision with the generated table "Encrypted training: a step" of `docs/performance.md`, those
//! that choose a layout with the parameters they stand for.

use crate::slots::Counts;
use std::collections::BTreeMap;

/// The share of a key switch that a hoisted rotation takes.
const HOISTED_ROTATION: f64 = 0.13;

/// Levels of a bootstrapping below those of a training.
const BOOTSTRAP_LEVELS: usize = 3;

/// Number of special primes of a key switch.
const SPECIAL_PRIMES: f64 = 10.0;

/// The work of refreshing a vector, of refreshing a pair, and of a product of ciphertexts with its
/// share of reading: in transforms of a row.
const REFRESH_WORK: f64 = 8000.0;
const PAIR_REFRESH_WORK: f64 = 11_000.0;
const PRODUCT_WORK: f64 = 8.0;

/// Key switches at the highest level that take as long as refreshing a vector, or a pair.
const REFRESH_KEY_SWITCHES: f64 = 55.0;
const PAIR_REFRESH_KEY_SWITCHES: f64 = 75.0;

/// Time of a step outside key switches and refreshes, as a share of that of its key switches.
const OTHER_TIME: f64 = 0.15;

/// About how much work a step is, for choosing among layouts: in transforms of a row.
pub(super) fn work(counts: &Counts) -> f64 {
    let key_switches = full_key_switches(counts).into_iter();
    let key_switches = key_switches.map(|(level, count)| count * key_switch_work(level));
    let refreshes =
        REFRESH_WORK * float(counts.refreshes) + PAIR_REFRESH_WORK * float(counts.pair_refreshes);
    let products = float(counts.products.values().sum());
    key_switches.sum::<f64>() + refreshes + PRODUCT_WORK * products
}

/// The time of a step, in the unit of `key_switch`, which is the time of a key switch with so many
/// levels left, and `max_level` the time of one at the highest level of the chain.
pub(super) fn time(counts: &Counts, key_switch: impl Fn(usize) -> f64, max_level: f64) -> f64 {
    let key_switches = full_key_switches(counts).into_iter();
    let key_switches: f64 = key_switches
        .map(|(level, count)| count * key_switch(level))
        .sum();
    let refreshes = REFRESH_KEY_SWITCHES * float(counts.refreshes)
        + PAIR_REFRESH_KEY_SWITCHES * float(counts.pair_refreshes);
    (1.0 + OTHER_TIME) * key_switches + refreshes * max_level
}

/// Key switches by level, hoisted ones by their share.
fn full_key_switches(counts: &Counts) -> BTreeMap<usize, f64> {
    let all = counts.key_switches().into_iter();
    let full = all.map(|(level, count)| {
        let hoisted = counts.hoisted_rotations.get(&level).copied().unwrap_or(0);
        (
            level,
            float(count) - (1.0 - HOISTED_ROTATION) * float(hoisted),
        )
    });
    full.collect()
}

/// A key switch transforms a digit for each target prime, and transforms back what the special
/// primes are divided out of.
fn key_switch_work(level: usize) -> f64 {
    let primes = float(level + BOOTSTRAP_LEVELS + 1);
    let digits = (primes / SPECIAL_PRIMES).ceil();
    (digits + 2.0) * (primes + SPECIAL_PRIMES)
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn float(count: usize) -> f64 {
    count as f64
}
