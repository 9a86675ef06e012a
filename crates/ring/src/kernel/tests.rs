//! Every kernel of every instruction set gives the bits of the portable one.

use super::{
    Bytes, Cofactors, CrossProducts, Fraction, Isa, MappedProducts, PADDING, PackedProducts,
    Permutation, Products, Target, Transform,
};
use crate::Modulus;
use crate::degree::bit_reversed;
use crate::prime::is_prime;
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

/// Residues that are random, all maximal, or a mixture.
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

/// A root of unity of order `2 * degree`.
fn root_of_unity(modulus: Modulus, degree: usize) -> u64 {
    let minus_one = modulus.value() - 1;
    let exponent = minus_one / (2 * degree as u64);
    let mut roots = (2..).map(|base| modulus.pow(base, exponent));
    let root = roots.find(|&root| modulus.pow(root, degree as u64) == minus_one);
    root.unwrap()
}

fn assert_same_transform(modulus: Modulus, degree: usize, seed: u64) {
    let root = root_of_unity(modulus, degree);
    let portable = Transform::new(Isa::PORTABLE, modulus, degree, root);
    let start = residues(modulus, degree, seed);
    let constant = residues(modulus, 1, seed)[0];
    let (mut values, mut back) = (start.clone(), start.clone());
    portable.forward(&mut values);
    portable.inverse(None, &mut back, constant);
    for isa in Isa::available() {
        let transform = Transform::new(isa, modulus, degree, root);
        let case = format!("{isa:?} {modulus:?} {degree}");
        let mut found = start.clone();
        transform.forward(&mut found);
        assert!(found == values, "forward {case}");
        transform.inverse(None, &mut found, 1);
        assert!(found == start, "forward and inverse {case}");
        transform.inverse(None, &mut found, constant);
        assert!(found == back, "inverse in place {case}");
        transform.inverse(Some(&start), &mut found, constant);
        assert!(found == back, "inverse of other values {case}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn transforms_are_the_same_for_every_isa(
        case in (3..13_u32).prop_flat_map(|log| (moduli(1 << log), Just(log))),
        seed in any::<u64>(),
    ) {
        let (modulus, log) = case;
        assert_same_transform(modulus, 1 << log, seed);
    }
}

/// The rows that a kernel is tested on: of any length, modulo any modulus.
#[derive(Clone, Copy, Debug)]
struct Case {
    modulus: Modulus,
    length: usize,
    seed: u64,
}

impl Case {
    fn any() -> impl Strategy<Value = Case> {
        let lengths = prop_oneof![0..70_usize, Just(128), Just(1000)];
        (moduli(8), lengths, any::<u64>()).prop_map(|(modulus, length, seed)| Case {
            modulus,
            length,
            seed,
        })
    }

    fn with_length(self, length: usize) -> Case {
        Case { length, ..self }
    }

    /// Another row for each salt.
    fn row(self, salt: usize) -> Vec<u64> {
        residues(self.modulus, self.length, self.seed ^ salt as u64)
    }

    fn residue(self, salt: usize) -> u64 {
        self.with_length(1).row(salt)[0]
    }
}

/// A permutation as kernels may get one: blocks in any order, and so are the values within; also as
/// automorphisms have them, which reverse bits and so take quarters of blocks to quarters.
#[derive(Clone, Copy, Debug)]
struct Source {
    length: usize,
    odd: usize,
    reverse: bool,
}

impl Source {
    fn any() -> impl Strategy<Value = Source> {
        (3..12_u32, any::<u32>(), any::<bool>()).prop_map(|(log, odd, reverse)| Source {
            length: 1 << log,
            odd: odd as usize | 1,
            reverse,
        })
    }

    /// Where a value comes from.
    fn of(self, index: usize) -> usize {
        let block = 16.min(self.length);
        let blocks = self.length / block;
        let turned = |index| {
            if self.reverse {
                bit_reversed(index, block)
            } else {
                index
            }
        };
        let within = (turned(index % block) + index / block) * self.odd % block;
        (index / block * self.odd % blocks) * block + turned(within)
    }
}

/// Residues packed in a width, and bytes after them that must not matter.
struct Packed {
    bytes: Vec<u8>,
    width: usize,
}

impl Packed {
    fn new(modulus: Modulus, residues: &[u64]) -> Packed {
        let width = modulus.bits().div_ceil(8) as usize;
        let words = residues.iter().map(|residue| residue.to_le_bytes());
        let bytes: Vec<u8> = words
            .flat_map(|word| word.into_iter().take(width))
            .collect();
        Packed {
            bytes: [&bytes[..], &[0xff; PADDING]].concat(),
            width,
        }
    }

    fn bytes(&self) -> Bytes<'_> {
        Bytes {
            bytes: &self.bytes,
            width: self.width,
        }
    }
}

/// Runs a kernel of every instruction set on the same row.
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
    fn row_kernels_are_the_same_for_every_isa(case in Case::any()) {
        let (modulus, a, b, by) = (case.modulus, case.row(0), case.row(1), case.residue(2));
        let times = modulus.multiplier(by);
        assert_same_rows(&a, |isa, a| isa.add_rows(modulus, a, &b));
        assert_same_rows(&a, |isa, a| isa.sub_rows(modulus, a, &b));
        assert_same_rows(&a, |isa, a| isa.neg_row(modulus, a));
        assert_same_rows(&a, |isa, a| isa.add_constant_row(modulus, a, by));
        assert_same_rows(&a, |isa, a| isa.scale_row(modulus, a, times));
        assert_same_rows(&a, |isa, a| isa.add_scaled_rows(modulus, a, &b, times));
        assert_same_rows(&a, |isa, a| isa.sub_scale_rows(modulus, a, &b, times));
        assert_same_rows(&a, |isa, a| isa.mul_rows(modulus, a, &b));
        assert_same_rows(&case.row(3), |isa, to| isa.product_of_rows(modulus, &a, &b, to));
    }

    #[test]
    fn cross_products_are_the_same_for_every_isa(case in Case::any(), add in any::<bool>()) {
        let by = case.modulus.multiplier(case.residue(9));
        let rows: Vec<Vec<u64>> = (0..4).map(|salt| case.row(salt)).collect();
        let factors = CrossProducts { a: [&rows[0], &rows[1]], b: [&rows[2], &rows[3]], by };
        assert_same_rows(&[case.row(4), case.row(5)].concat(), |isa, to| {
            let (first, second) = to.split_at_mut(case.length);
            isa.cross_products(case.modulus, factors, add, [first, second]);
        });
    }

    #[test]
    fn inner_products_are_the_same_for_every_isa(
        case in Case::any(), count in 0..=64_usize, add in any::<bool>(), log_run in 0..7_u32,
    ) {
        let run = 1_usize << log_run;
        let case = case.with_length(case.length.next_multiple_of(run));
        let runs = case.with_length(case.length / run);
        let pairs = (0..count).map(|pair| (case.row(2 * pair), runs.row(2 * pair + 1)));
        let pairs: Vec<_> = pairs.collect();
        let whole = pairs.iter().map(|(a, b)| {
            let b: Vec<u64> = b.iter().flat_map(|&b| vec![b; run]).collect();
            (a.clone(), b)
        });
        let whole: Vec<_> = whole.collect();
        let mut expected = case.row(999);
        let products = Products { pairs: &slices(&whole), run: 1 };
        Isa::PORTABLE.inner_product(case.modulus, products, add, &mut expected);
        let products = Products { pairs: &slices(&pairs), run };
        for isa in Isa::available() {
            let mut found = case.row(999);
            isa.inner_product(case.modulus, products, add, &mut found);
            prop_assert!(found == expected, "{isa:?}, runs of {run}");
        }
    }

    #[test]
    fn permutations_are_the_same_for_every_isa(case in Case::any(), source in Source::any()) {
        let (length, case) = (source.length, case.with_length(source.length));
        let permutation = Permutation::new(length, |index| source.of(index));
        let (from, to) = (case.row(0), case.row(usize::MAX));
        let expected: Vec<u64> = (0..length).map(|index| from[source.of(index)]).collect();
        for start in (0..length).step_by((length / 4).max(16)) {
            assert_same_rows(&to[start..], |isa, part| {
                isa.permute(&permutation, &from, start, part);
                assert_eq!(part[..], expected[start..]);
            });
        }
        assert_same_rows(&to, |isa, to| isa.add_permuted(&permutation, case.modulus, &from, to));
    }

    #[test]
    fn sums_of_permuted_products_are_the_same_for_every_isa(
        case in Case::any(), source in Source::any(),
        count in 0..7_usize, plus in any::<bool>(), add in any::<bool>(),
    ) {
        let source = Source { reverse: true, ..source };
        let (modulus, case) = (case.modulus, case.with_length(source.length));
        let permutation = Permutation::new(source.length, |index| source.of(index));
        let (more, by) = (case.row(77), modulus.multiplier(case.residue(0)));
        let rows: Vec<_> = (0..count).map(|salt| case.row(salt)).collect();
        let packed = |salt| Packed::new(modulus, &case.row(salt));
        let factors = (0..count).map(|pair| [packed(100 + 2 * pair), packed(101 + 2 * pair)]);
        let factors: Vec<[Packed; 2]> = factors.collect();
        let products = rows.iter().zip(&factors);
        let products: Vec<(&[u64], [Bytes<'_>; 2])> = products
            .map(|(row, halves)| (&row[..], halves.each_ref().map(Packed::bytes)))
            .collect();
        let products = MappedProducts {
            modulus,
            permutation: &permutation,
            products: &products,
            plus: plus.then_some((&more[..], by)),
        };
        assert_same_rows(&[case.row(98), case.row(99)].concat(), |isa, to| {
            let (first, second) = to.split_at_mut(case.length);
            isa.inner_products_mapped(products, add, [first, second]);
        });
    }

    #[test]
    fn packed_residues_are_the_same_for_every_isa(
        bytes in proptest::collection::vec(any::<u8>(), 0..700), width in 1..=8_usize,
    ) {
        let length = bytes.len() / width;
        let words: Vec<u64> = bytes.chunks_exact(width).map(|word| {
            word.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
        }).collect();
        let bytes = [&bytes[..length * width], &[0xff; PADDING]].concat();
        let packed = Packed { bytes, width };
        assert_same_rows(&words, |isa, to| {
            to.fill(7);
            isa.unpack(packed.bytes(), to);
            assert_eq!(*to, words, "{isa:?}");
        });
    }

    #[test]
    fn products_with_packed_residues_are_the_same_for_every_isa(
        case in Case::any(), count in 0..20_usize, add in any::<bool>(),
    ) {
        let modulus = case.modulus;
        let rows = (0..count).map(|pair| (case.row(2 * pair), case.row(2 * pair + 1)));
        let rows: Vec<_> = rows.collect();
        let packed: Vec<Packed> = rows.iter().map(|(_, b)| Packed::new(modulus, b)).collect();
        let pairs = rows.iter().zip(&packed).map(|((a, _), b)| (&a[..], b.bytes()));
        let pairs: Vec<(&[u64], Bytes<'_>)> = pairs.collect();
        let plain = Products { pairs: &slices(&rows), run: 1 };
        assert_same_rows(&case.row(99), |isa, to| {
            let mut expected = to.clone();
            isa.inner_product(modulus, plain, add, &mut expected);
            if count > 0 {
                isa.inner_product_packed(modulus, PackedProducts { pairs: &pairs }, add, to);
                assert_eq!(*to, expected, "{isa:?}");
            }
        });
    }

    #[test]
    fn conversions_are_the_same_for_every_isa(
        case in Case::any(), other in moduli(8),
        bits in 20..60_u32, count in 1..20_usize, below in any::<bool>(),
    ) {
        let bits = if below { 50 } else { bits };
        let from = primes_below(prime_near(1 << bits, 16, below), 16, count);
        let max_digits = max_digits(&from);
        let cofactors = [case.modulus, other].map(|modulus| {
            let values = residues(modulus, count + 1, case.seed);
            Cofactors::new(modulus, &values, &max_digits)
        });
        let fractions: Vec<Fraction> = from.iter().map(|&q| Fraction::new(q)).collect();
        let digits = from.iter().enumerate();
        let digits: Vec<_> = digits
            .map(|(salt, &modulus)| Case { modulus, ..case }.row(salt))
            .collect();
        let digits: Vec<&[u64]> = digits.iter().map(|digits| &digits[..]).collect();
        let mut overflow = vec![0; case.length];
        Isa::PORTABLE.overflow(&fractions, &digits, &mut overflow);
        assert_same_rows(&overflow, |isa, to| isa.overflow(&fractions, &digits, to));
        for targets in 0..5 {
            let cofactors = cofactors.iter().cycle().take(targets);
            assert_same_rows(&vec![7; targets * case.length], |isa, to| {
                let rows = to.chunks_exact_mut(case.length.max(1));
                let targets = cofactors.clone().zip(rows);
                let targets = targets.map(|(cofactors, sums)| Target { cofactors, sums });
                isa.convert(&mut targets.collect::<Vec<_>>(), &digits, &overflow);
            });
        }
    }
}

/// A prime and those below it that leave 1 when divided by `step`.
fn primes_below(first: Modulus, step: u64, count: usize) -> Vec<Modulus> {
    let next = |last: &Modulus| Some(prime_near(last.value() - 1, step, true));
    let primes = std::iter::successors(Some(first), next);
    primes.take(count).collect()
}

/// The largest digit of each source, and the largest overflow.
fn max_digits(from: &[Modulus]) -> Vec<u64> {
    let digits = from.iter().map(|q| q.value() - 1);
    digits.chain([from.len() as u64]).collect()
}

/// The extremes of residues: 0, the largest, and both sides of the middle.
fn extremes(modulus: Modulus) -> [u64; 4] {
    let q = modulus.value();
    [0, q - 1, q / 2, q / 2 + 1]
}

#[test]
fn sums_of_extreme_residues_are_the_same_for_every_isa() {
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
fn conversions_of_extreme_digits_are_the_same_for_every_isa() {
    for count in [1, 2, 3, 8, 14, 15, 16, 17, 31, 40] {
        let from = primes_below(prime_near(1 << 50, 2, true), 2, count);
        for to in [
            prime_near(1 << 50, 1 << 20, true),
            prime_near(1 << 20, 2, true),
        ] {
            for (kind, factor) in (0..4).flat_map(|kind| extremes(to).map(|factor| (kind, factor)))
            {
                let cofactors = Cofactors::new(to, &vec![factor; count + 1], &max_digits(&from));
                let digits: Vec<_> = from.iter().map(|&q| vec![extremes(q)[kind]; 21]).collect();
                assert_same_conversions(&from, &digits, &cofactors);
            }
        }
    }
}

/// Converts digits to three targets with the same cofactors.
fn assert_same_conversions(from: &[Modulus], digits: &[Vec<u64>], cofactors: &Cofactors) {
    let length = digits[0].len();
    let fractions: Vec<Fraction> = from.iter().map(|&q| Fraction::new(q)).collect();
    let digits: Vec<&[u64]> = digits.iter().map(|digits| &digits[..]).collect();
    let mut overflow = vec![0; length];
    Isa::PORTABLE.overflow(&fractions, &digits, &mut overflow);
    assert_same_rows(&overflow, |isa, to| isa.overflow(&fractions, &digits, to));
    assert_same_rows(&vec![7; 3 * length], |isa, to| {
        let rows = to.chunks_exact_mut(length);
        let targets = rows.map(|sums| Target { cofactors, sums });
        isa.convert(&mut targets.collect::<Vec<_>>(), &digits, &overflow);
    });
}

#[test]
fn large_transforms_are_the_same_for_every_isa() {
    for log in 13..=17_u64 {
        let step = 2 << log;
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 1);
        assert_same_transform(prime_near(1 << 50, step, true), 1 << log, 4 * log);
        for bits in [40, 45, 46, 47, 48, 49] {
            assert_same_transform(prime_near(1 << bits, step, true), 1 << log, 3);
        }
        // On both sides of the bounds of both transforms in integers: the kernels differ there, and
        // the residues do not.
        for bound in [6 << 44, 17 << 44] {
            for below in [true, false] {
                assert_same_transform(prime_near(bound, step, below), 1 << log, 1);
                assert_same_transform(prime_near(bound, step, below), 1 << log, 4 * log);
            }
        }
    }
}
