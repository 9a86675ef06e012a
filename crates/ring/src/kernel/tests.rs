//! Every kernel of every set gives the bits of the portable one.

use super::Set;
use crate::prime::is_prime;
use crate::{Modulus, NttTable};
use proptest::prelude::*;

/// The largest prime below a bound, or else the smallest above it, that leaves 1 when divided by
/// `step`.
pub(super) fn prime_near(bound: u64, step: u64, below: bool) -> Modulus {
    let mut value = bound / step * step + 1;
    while !is_prime(value) || (value < bound) != below {
        value = if below { value - step } else { value + step };
    }
    Modulus::new(value).unwrap()
}

/// A modulus for polynomials of a degree: one of the extremes, or any.
fn moduli(degree: usize) -> impl Strategy<Value = Modulus> {
    let step = 2 * degree as u64;
    prop_oneof![
        2 => Just(prime_near(1 << 50, step, true)),
        1 => Just(prime_near(1 << 50, step, false)),
        1 => Just(prime_near(step, step, false)),
        2 => (20..60_u32).prop_map(move |bits| prime_near(1 << bits, step, false)),
    ]
}

/// Residues that are random, all largest, or a mixture.
pub(super) fn residues(modulus: Modulus, count: usize, seed: u64) -> Vec<u64> {
    let q = modulus.value();
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 32) ^ (state << 20)
    };
    let kind = random() % 4;
    let residues = (0..count).map(|_| {
        let value = random();
        match (kind, value % 8) {
            (0, _) => q - 1,
            (1, 0..3) => q - 1,
            (1, 3) => 0,
            (1, 4) => q / 2,
            (1, 5) => q / 2 + 1,
            _ => value % q,
        }
    });
    residues.collect()
}

fn assert_same_transform(modulus: Modulus, degree: usize, seed: u64) {
    let portable = NttTable::with_kernels(Set::PORTABLE, modulus, degree).unwrap();
    let start = residues(modulus, degree, seed);
    let constant = modulus.multiplier(residues(modulus, 1, seed)[0]);
    let (mut values, mut back) = (start.clone(), start.clone());
    portable.forward(&mut values);
    portable.inverse_times(&mut back, constant);
    for set in Set::available() {
        let table = NttTable::with_kernels(set, modulus, degree).unwrap();
        let mut found = start.clone();
        table.forward(&mut found);
        assert!(found == values, "forward {set:?} {modulus:?} {degree}");
        table.inverse(&mut found);
        assert!(
            found == start,
            "there and back {set:?} {modulus:?} {degree}"
        );
        table.inverse_times(&mut found, constant);
        assert!(found == back, "inverse {set:?} {modulus:?} {degree}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn transforms_of_all_sets_are_the_same(
        (modulus, log) in (3..13_u32).prop_flat_map(|log| (moduli(1 << log), Just(log))),
        seed in any::<u64>(),
    ) {
        assert_same_transform(modulus, 1 << log, seed);
    }
}

#[test]
fn large_transforms_of_all_sets_are_the_same() {
    for log in 13..=17 {
        let step = 2 << log;
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 1);
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 4 * log as u64);
        assert_same_transform(prime_near(1 << 40, step, true), 1 << log, 3);
    }
}
