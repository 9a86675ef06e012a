//! Every kernel of every isa gives the bits of the portable one.

use super::{
    Bytes, Cofactors, CrossProducts, Fraction, Isa, MappedProducts, PADDING, PackedProducts,
    Permutation, Products, Target,
};
use crate::ntt::reversed;
use crate::prime::is_prime;
use crate::{Modulus, NttTable, PackedRow};
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
        2 => Just(prime_near(3 << 44, step, true)),
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
    let portable = NttTable::with_isa(Isa::PORTABLE, modulus, degree).unwrap();
    let start = residues(modulus, degree, seed);
    let constant = modulus.multiplier(residues(modulus, 1, seed)[0]);
    let (mut values, mut back) = (start.clone(), start.clone());
    portable.forward(&mut values);
    portable.inverse_scaled(&mut back, constant);
    for isa in Isa::available() {
        let table = NttTable::with_isa(isa, modulus, degree).unwrap();
        let mut found = start.clone();
        table.forward(&mut found);
        assert!(found == values, "forward {isa:?} {modulus:?} {degree}");
        table.inverse(&mut found);
        assert!(
            found == start,
            "there and back {isa:?} {modulus:?} {degree}"
        );
        table.inverse_scaled(&mut found, constant);
        assert!(found == back, "inverse {isa:?} {modulus:?} {degree}");
        table.inverse_scaled_into(&start, constant, &mut found);
        assert!(
            found == back,
            "inverse elsewhere {isa:?} {modulus:?} {degree}"
        );
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

/// Rows for the kernels on rows: of any length, modulo any modulus.
fn rows() -> impl Strategy<Value = (Modulus, usize, u64)> {
    let lengths = prop_oneof![0..70_usize, Just(128), Just(1000)];
    (moduli(8), lengths, any::<u64>())
}

/// Where values come from: blocks in any order, and so are the values within; also as automorphisms
/// have them, which count in reversed bits and so take quarters of blocks to quarters.
fn source(length: usize, odd: u32, reverse: bool) -> impl Fn(usize) -> usize {
    move |place| {
        let (block, odd) = (16.min(length), odd as usize | 1);
        let turned = |place| {
            if reverse {
                reversed(place, block)
            } else {
                place
            }
        };
        let within = (turned(place % block) + place / block) * odd % block;
        (place / block * odd % (length / block)) * block + turned(within)
    }
}

/// The rows that each isa makes of the same ones.
fn assert_same_rows(start: &[u64], kernel: impl Fn(Isa, &mut Vec<u64>)) {
    let mut expected = start.to_vec();
    kernel(Isa::PORTABLE, &mut expected);
    for isa in Isa::available() {
        let mut found = start.to_vec();
        kernel(isa, &mut found);
        assert!(found == expected, "{isa:?}");
    }
}

fn slices(pairs: &[(Vec<u64>, Vec<u64>)]) -> Vec<(&[u64], &[u64])> {
    pairs.iter().map(|(a, b)| (&a[..], &b[..])).collect()
}

proptest! {
    #[test]
    fn rows_of_all_sets_are_the_same((modulus, length, seed) in rows()) {
        let row = |salt: u64| residues(modulus, length, seed ^ salt);
        let (a, b, by) = (row(0), row(1), residues(modulus, 1, seed ^ 2)[0]);
        let times = modulus.multiplier(by);
        assert_same_rows(&a, |isa, a| isa.add_rows(modulus, a, &b));
        assert_same_rows(&a, |isa, a| isa.sub_rows(modulus, a, &b));
        assert_same_rows(&a, |isa, a| isa.neg_row(modulus, a));
        assert_same_rows(&a, |isa, a| isa.add_constant_row(modulus, a, by));
        assert_same_rows(&a, |isa, a| isa.scale_row(modulus, a, times));
        assert_same_rows(&a, |isa, a| isa.add_scaled_rows(modulus, a, &b, times));
        assert_same_rows(&a, |isa, a| isa.sub_scale_rows(modulus, a, &b, times));
        assert_same_rows(&a, |isa, a| isa.mul_rows(modulus, a, &b));
        assert_same_rows(&row(3), |isa, to| isa.product_of_rows(modulus, &a, &b, to));
    }

    #[test]
    fn cross_products_of_all_sets_are_the_same(
        (modulus, length, seed) in rows(), add in any::<bool>(),
    ) {
        let row = |salt: u64| residues(modulus, length, seed ^ salt);
        let by = modulus.multiplier(residues(modulus, 1, seed ^ 9)[0]);
        let rows: Vec<Vec<u64>> = (0..4).map(row).collect();
        let factors = CrossProducts { a: [&rows[0], &rows[1]], b: [&rows[2], &rows[3]], by };
        let start = [row(4), row(5)].concat();
        assert_same_rows(&start, |isa, to| {
            let (first, second) = to.split_at_mut(length);
            isa.cross_products(modulus, factors, add, [first, second]);
        });
    }

    #[test]
    fn inner_products_of_all_sets_are_the_same(
        (modulus, length, seed) in rows(), count in 0..=64_usize, add in any::<bool>(),
        log_run in 0..7_u32,
    ) {
        let run = 1_usize << log_run;
        let length = length.next_multiple_of(run);
        let row = |length, salt: usize| residues(modulus, length, seed.wrapping_add(salt as u64));
        let pairs = (0..count).map(|pair| (row(length, 2 * pair), row(length / run, 2 * pair + 1)));
        let pairs: Vec<_> = pairs.collect();
        let whole = pairs.iter().map(|(a, b)| {
            let b: Vec<u64> = b.iter().flat_map(|&b| vec![b; run]).collect();
            (a.clone(), b)
        });
        let whole: Vec<_> = whole.collect();
        let mut expected = row(length, 999);
        let products = slices(&whole);
        Isa::PORTABLE.inner_product(modulus, Products { pairs: &products, run: 1 }, add, &mut expected);
        let products = slices(&pairs);
        for isa in Isa::available() {
            let mut found = row(length, 999);
            isa.inner_product(modulus, Products { pairs: &products, run }, add, &mut found);
            prop_assert!(found == expected, "{isa:?}, runs of {run}");
        }
    }

    #[test]
    fn permutations_of_all_sets_are_the_same(
        (modulus, _, seed) in rows(), log in 3..12_u32, odd in any::<u32>(), reverse in any::<bool>(),
    ) {
        let length = 1_usize << log;
        let source = source(length, odd, reverse);
        let permutation = Permutation::new(length, &source);
        let (from, to) = (residues(modulus, length, seed), residues(modulus, length, !seed));
        let expected: Vec<u64> = (0..length).map(|place| from[source(place)]).collect();
        for start in (0..length).step_by((length / 4).max(16)) {
            assert_same_rows(&to[start..], |isa, part| {
                isa.permute(&permutation, &from, start, part);
                assert_eq!(part[..], expected[start..]);
            });
        }
        assert_same_rows(&to, |isa, to| isa.add_permuted(&permutation, modulus, &from, to));
    }

    #[test]
    fn sums_of_permuted_products_of_all_sets_are_the_same(
        (modulus, _, seed) in rows(), log in 3..12_u32, odd in any::<u32>(),
        count in 0..7_usize, plus in any::<bool>(), add in any::<bool>(),
    ) {
        let length = 1_usize << log;
        let permutation = Permutation::new(length, source(length, odd, true));
        let row = |salt: usize| residues(modulus, length, seed ^ salt as u64);
        let (more, by) = (row(77), modulus.multiplier(residues(modulus, 1, seed)[0]));
        let rows: Vec<_> = (0..count).map(row).collect();
        let factors = |half| (0..count).map(move |pair| PackedRow::new(modulus, &row(100 + 2 * pair + half)));
        let factors: Vec<[PackedRow; 2]> = factors(0).zip(factors(1)).map(|(a, b)| [a, b]).collect();
        let products = rows.iter().zip(&factors);
        let products: Vec<(&[u64], [Bytes<'_>; 2])> = products
            .map(|(row, halves)| (&row[..], halves.each_ref().map(PackedRow::residues)))
            .collect();
        let products = MappedProducts {
            modulus,
            permutation: &permutation,
            products: &products,
            plus: plus.then_some((&more[..], by)),
        };
        assert_same_rows(&[row(98), row(99)].concat(), |isa, to| {
            let (first, second) = to.split_at_mut(length);
            isa.inner_products_mapped(products, add, [first, second]);
        });
    }

    #[test]
    fn packed_residues_of_all_sets_are_the_same(
        bytes in proptest::collection::vec(any::<u8>(), 0..700), width in 1..=8_usize,
    ) {
        let length = bytes.len() / width;
        let words: Vec<u64> = bytes.chunks_exact(width).map(|word| {
            word.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
        }).collect();
        // What is after them is not looked at.
        let bytes = [&bytes[..length * width], &[0xff; PADDING]].concat();
        let packed = Bytes { bytes: &bytes, width };
        assert_same_rows(&words, |isa, to| {
            to.fill(7);
            isa.unpack(packed, to);
            assert_eq!(*to, words, "{isa:?}");
        });
    }

    #[test]
    fn products_with_packed_residues_of_all_sets_are_the_same(
        (modulus, length, seed) in rows(), count in 0..20_usize, add in any::<bool>(),
    ) {
        let row = |salt: usize| residues(modulus, length, seed ^ salt as u64);
        let rows: Vec<_> = (0..count).map(|pair| (row(2 * pair), row(2 * pair + 1))).collect();
        let packed: Vec<PackedRow> =
            rows.iter().map(|(_, b)| PackedRow::new(modulus, b)).collect();
        let pairs = rows.iter().zip(&packed).map(|((a, _), b)| (&a[..], b.residues()));
        let pairs: Vec<(&[u64], Bytes<'_>)> = pairs.collect();
        let plain = Products { pairs: &slices(&rows), run: 1 };
        assert_same_rows(&row(99), |isa, to| {
            let mut expected = to.clone();
            isa.inner_product(modulus, plain, add, &mut expected);
            if count > 0 {
                isa.inner_product_packed(modulus, PackedProducts { pairs: &pairs }, add, to);
                assert_eq!(*to, expected, "{isa:?}");
            }
        });
    }

    #[test]
    fn conversions_of_all_sets_are_the_same(
        (modulus, length, seed) in rows(), other in moduli(8),
        bits in 20..60_u32, count in 1..20_usize, below in any::<bool>(),
    ) {
        let bits = if below { 50 } else { bits };
        let mut from = vec![prime_near(1 << bits, 16, below)];
        while from.len() < count {
            let last = from[from.len() - 1].value();
            from.push(prime_near(last - 1, 16, true));
        }
        let largest: Vec<u64> = from.iter().map(|q| q.value() - 1).chain([count as u64]).collect();
        let cofactors = [modulus, other]
            .map(|modulus| Cofactors::new(modulus, &residues(modulus, count + 1, seed), &largest));
        let fractions: Vec<Fraction> = from.iter().map(|&q| Fraction::new(q)).collect();
        let digits = from.iter().enumerate();
        let digits: Vec<_> = digits.map(|(s, &q)| residues(q, length, seed ^ s as u64)).collect();
        let digits: Vec<&[u64]> = digits.iter().map(|digits| &digits[..]).collect();
        let mut excess = vec![0; length];
        Isa::PORTABLE.excess(&fractions, &digits, &mut excess);
        assert_same_rows(&excess, |isa, to| isa.excess(&fractions, &digits, to));
        for targets in 0..5 {
            let cofactors = cofactors.iter().cycle().take(targets);
            assert_same_rows(&vec![7; targets * length], |isa, to| {
                let rows = to.chunks_exact_mut(length.max(1));
                let mut targets: Vec<Target<'_>> = cofactors.clone().zip(rows).collect();
                isa.convert(&mut targets, &digits, &excess);
            });
        }
    }
}

/// The extremes of residues: none, the largest, and both sides of the middle.
fn extremes(modulus: Modulus) -> [u64; 4] {
    let q = modulus.value();
    [0, q - 1, q / 2, q / 2 + 1]
}

#[test]
fn sums_of_extreme_residues_of_all_sets_are_the_same() {
    let modulus = prime_near(1 << 50, 2, true);
    for (a, b) in extremes(modulus)
        .into_iter()
        .flat_map(|a| extremes(modulus).map(|b| (a, b)))
    {
        for (count, length) in [
            (1, 1),
            (3, 17),
            (4, 16),
            (8, 35),
            (9, 64),
            (16, 23),
            (17, 2100),
            (64, 40),
        ] {
            let pairs = vec![(vec![a; length], vec![b; length]); count];
            let products = Products {
                pairs: &slices(&pairs),
                run: 1,
            };
            for add in [false, true] {
                assert_same_rows(&vec![modulus.value() - 1; length], |isa, to| {
                    isa.inner_product(modulus, products, add, to);
                });
            }
        }
    }
}

#[test]
fn conversions_of_extreme_digits_of_all_sets_are_the_same() {
    for count in [1, 2, 3, 8, 14, 15, 16, 17, 31, 40] {
        let mut from = vec![prime_near(1 << 50, 2, true)];
        while from.len() < count {
            let last = from[from.len() - 1].value();
            from.push(prime_near(last - 1, 2, true));
        }
        let largest: Vec<u64> = from
            .iter()
            .map(|q| q.value() - 1)
            .chain([count as u64])
            .collect();
        let fractions: Vec<Fraction> = from.iter().map(|&q| Fraction::new(q)).collect();
        for to in [
            prime_near(1 << 50, 1 << 20, true),
            prime_near(1 << 20, 2, true),
        ] {
            for (kind, factor) in (0..4).flat_map(|kind| extremes(to).map(|factor| (kind, factor)))
            {
                let cofactors = Cofactors::new(to, &vec![factor; count + 1], &largest);
                let digits: Vec<_> = from.iter().map(|&q| vec![extremes(q)[kind]; 21]).collect();
                let digits: Vec<&[u64]> = digits.iter().map(|digits| &digits[..]).collect();
                let mut excess = vec![0; 21];
                Isa::PORTABLE.excess(&fractions, &digits, &mut excess);
                assert_same_rows(&excess, |isa, to| isa.excess(&fractions, &digits, to));
                assert_same_rows(&[7; 3 * 21], |isa, to| {
                    let rows = to.chunks_exact_mut(21);
                    let mut targets: Vec<Target<'_>> = rows.map(|row| (&cofactors, row)).collect();
                    isa.convert(&mut targets, &digits, &excess);
                });
            }
        }
    }
}

#[test]
fn large_transforms_of_all_sets_are_the_same() {
    for log in 13..=17_u64 {
        let step = 2 << log;
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 1);
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 4 * log);
        for bits in [40, 45, 46, 47, 48, 49] {
            assert_same_transform(prime_near(1 << bits, step, true), 1 << log, 3);
        }
        // On both sides of the bounds of both transforms in integers: there the numbers are
        // others, and their residues are not.
        for bound in [6 << 44, 17 << 44] {
            for below in [true, false] {
                assert_same_transform(prime_near(bound, step, below), 1 << log, 1);
                assert_same_transform(prime_near(bound, step, below), 1 << log, 4 * log);
            }
        }
    }
}
