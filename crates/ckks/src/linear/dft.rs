//! The special FFT and its inverse as few sparse matrices, for bootstrapping.

use super::Diagonals;
use crate::special_fft::SpecialFft;
use num_complex::Complex64;
use std::collections::BTreeMap;

/// Factors of the matrix that moves slots to coefficients, in order of application.
///
/// On the slots it acts as the transform from coefficients to slots, times `scaling`: the
/// polynomial with the resulting slots has the former slots as coefficients. Coefficient `k` is the
/// former slot of `k` with its bits reversed. [`coeffs_to_slots`] expects that order: between the
/// two no permutation is needed.
///
/// # Shapes
/// One factor for each group, which joins that number of the `log_slots` layers of butterflies. A
/// group of `g` layers has at most `2^(g + 1) - 1` diagonals, multiples of a stride: 1 for the
/// first, then 2 to the number of layers before. The last has only `2^g`, since its stride closes
/// on itself.
///
/// # Range
/// `scaling` is positive; each of `k` factors takes its `k`-th root. All else has length 1.
///
/// # Panics
/// If the groups do not sum to `log_slots`, one of them is 0, or `scaling` is not positive.
///
/// # Source
/// Chen, Chillotti, Song 2018/1043; Han, Hhan, Cheon 2018/1073.
pub fn slots_to_coeffs(log_slots: u32, groups: &[u32], scaling: f64) -> Vec<Diagonals> {
    let fft = SpecialFft::new(1 << log_slots);
    let layers = (0..log_slots).map(|layer| butterflies(&fft, 1 << layer));
    join_layers(layers, log_slots, groups, scaling)
}

/// Factors of the matrix that moves coefficients into the slots, in order of application: the
/// inverse of [`slots_to_coeffs`], times `scaling`.
///
/// # Shapes
/// As [`slots_to_coeffs`], with the strides in opposite order: the stride of the *first* group
/// closes on itself, that of the last is 1.
///
/// # Range
/// A factor of `g` layers has entries of length `2^-g`, times its share of `scaling`.
///
/// # Panics
/// As [`slots_to_coeffs`].
///
/// # Source
/// As [`slots_to_coeffs`].
pub fn coeffs_to_slots(log_slots: u32, groups: &[u32], scaling: f64) -> Vec<Diagonals> {
    let fft = SpecialFft::new(1 << log_slots);
    let layers = (0..log_slots)
        .rev()
        .map(|layer| inverse_butterflies(&fft, 1 << layer));
    join_layers(layers, log_slots, groups, scaling)
}

/// The last factor of [`coeffs_to_slots`], for a ciphertext with room for twice the slots: it then
/// leaves `w` in the first half and `-i w` in the second, so that adding the conjugate makes them
/// twice the real and twice the imaginary parts. One `eval_mod` serves for both.
///
/// # Shapes
/// From `slots` to `2 slots`. It acts on vectors that repeat themselves after `slots`.
pub fn separate_parts(last: &Diagonals) -> Diagonals {
    repeated(last, |row, _| {
        if row < last.slots() {
            Complex64::ONE
        } else {
            -Complex64::I
        }
    })
}

/// The first factor of [`slots_to_coeffs`], for real parts in the first half of the slots and
/// imaginary parts in the second, as [`separate_parts`] makes them.
///
/// Adding to the result (of this factor or the last) its rotation by the old number of slots
/// completes it: a vector that repeats itself.
///
/// # Shapes
/// From `slots` to `2 slots`.
pub fn join_parts(first: &Diagonals) -> Diagonals {
    repeated(first, |_, column| {
        if column < first.slots() {
            Complex64::ONE
        } else {
            Complex64::I
        }
    })
}

/// The matrix for twice the slots, each half as before, times a weight for every row and column.
/// Negative indices stay what they are, so the rotations do too.
fn repeated(matrix: &Diagonals, weight: impl Fn(usize, usize) -> Complex64) -> Diagonals {
    let slots = matrix.slots();
    let repeat = |(d, diagonal): (usize, &[Complex64])| {
        let index = if 2 * d > slots { slots + d } else { d };
        let entry = |row| diagonal[row % slots] * weight(row, (row + index) % (2 * slots));
        (index, (0..2 * slots).map(entry).collect())
    };
    Diagonals::new(2 * slots, matrix.iter().map(repeat).collect())
}

fn join_layers(
    mut layers: impl Iterator<Item = Diagonals>,
    log_slots: u32,
    groups: &[u32],
    scaling: f64,
) -> Vec<Diagonals> {
    let sum: u32 = groups.iter().sum();
    assert_eq!(sum, log_slots, "layers in {groups:?}");
    assert!(scaling > 0.0, "a scaling by {scaling}: take a positive one");
    let share = scaling.powf(1.0 / groups.len() as f64);
    let factor = |&group: &u32| {
        let joined = layers
            .by_ref()
            .take(group as usize)
            .reduce(|a, b| a.then(&b));
        joined.expect("no group is empty").scaled(share)
    };
    groups.iter().map(factor).collect()
}

/// `(a, b) -> (a + w b, a - w b)` for all `a` and `b` that are `half` apart.
fn butterflies(fft: &SpecialFft, half: usize) -> Diagonals {
    layer(fft, half, |w| [[Complex64::ONE, w], [Complex64::ONE, -w]])
}

/// `(a, b) -> ((a + b) / 2, (a - b) / 2w)` for all `a` and `b` that are `half` apart.
fn inverse_butterflies(fft: &SpecialFft, half: usize) -> Diagonals {
    layer(fft, half, |w| {
        let (one, inverse) = (Complex64::new(0.5, 0.0), w.conj() * 0.5);
        [[one, one], [inverse, -inverse]]
    })
}

/// A block of two by two for all pairs that are `half` apart.
fn layer(
    fft: &SpecialFft,
    half: usize,
    block: impl Fn(Complex64) -> [[Complex64; 2]; 2],
) -> Diagonals {
    let slots = fft.slots();
    let indices = [0, half, slots - half];
    let mut diagonals: BTreeMap<usize, Vec<Complex64>> = indices
        .iter()
        .map(|&index| (index, vec![Complex64::ZERO; slots]))
        .collect();
    let mut set = |row: usize, column: usize, entry| {
        let index = (slots + column - row) % slots;
        diagonals.entry(index).or_default()[row] = entry;
    };
    for start in (0..slots).step_by(2 * half) {
        for (low, &twiddle) in (start..).zip(fft.twiddles_of(half)) {
            let (high, entries) = (low + half, block(twiddle));
            set(low, low, entries[0][0]);
            set(low, high, entries[0][1]);
            set(high, low, entries[1][0]);
            set(high, high, entries[1][1]);
        }
    }
    Diagonals::new(slots, diagonals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::BabyGiant;
    use crate::special_fft::bit_reverse;

    fn vector(slots: usize) -> Vec<Complex64> {
        let entry = |k: usize| Complex64::new((k as f64 * 0.37).sin(), (k as f64 * 1.91).cos());
        (0..slots).map(entry).collect()
    }

    fn apply(factors: &[Diagonals], vector: &[Complex64]) -> Vec<Complex64> {
        factors
            .iter()
            .fold(vector.to_vec(), |vector, factor| factor.apply(&vector))
    }

    fn close(a: &[Complex64], b: &[Complex64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).norm() < 1e-11)
    }

    fn strides(factors: &[Diagonals]) -> Vec<usize> {
        let signed = |f: &Diagonals, d: usize| d.min(f.slots() - d);
        let stride = |f: &Diagonals| f.indices().filter(|&d| d > 0).map(|d| signed(f, d)).min();
        factors.iter().filter_map(stride).collect()
    }

    const GROUPINGS: [&[u32]; 6] = [&[1], &[3], &[1, 1, 1], &[3, 2], &[2, 3, 3], &[5, 5]];

    #[test]
    fn factors_together_are_the_special_fft() {
        for groups in GROUPINGS {
            let log_slots: u32 = groups.iter().sum();
            let fft = SpecialFft::new(1 << log_slots);
            let mut coefficients = vector(1 << log_slots);
            let mut slots = coefficients.clone();
            fft.slots_from_coefficients(&mut slots);
            bit_reverse(&mut coefficients);

            let forward = slots_to_coeffs(log_slots, groups, 0.37);
            let scaled: Vec<_> = slots.iter().map(|slot| slot * 0.37).collect();
            assert!(close(&apply(&forward, &coefficients), &scaled));

            let inverse = coeffs_to_slots(log_slots, groups, 1.0);
            assert!(close(&apply(&inverse, &slots), &coefficients));
        }
    }

    #[test]
    fn radix_32_factors_have_few_diagonals_in_progression() {
        let groups = [5, 5, 5];
        let (forward, inverse) = (
            slots_to_coeffs(15, &groups, 1.0),
            coeffs_to_slots(15, &groups, 1.0),
        );
        assert!(forward.iter().map(Diagonals::len).eq([63, 63, 32]));
        assert!(inverse.iter().map(Diagonals::len).eq([32, 63, 63]));
        assert_eq!(strides(&forward), [1, 32, 1024]);
        assert_eq!(strides(&inverse), [1024, 32, 1]);
        for factor in forward.iter().chain(&inverse) {
            let stride = factor.indices().find(|&d| d > 0).unwrap();
            assert!(factor.indices().all(|d| d % stride == 0));
        }
        let x = vector(1 << 15);
        assert!(close(&apply(&forward, &apply(&inverse, &x)), &x));
    }

    #[test]
    fn steps_apply_a_factor() {
        let x = vector(1 << 10);
        for factor in slots_to_coeffs(10, &[5, 5], 1.0) {
            let split = BabyGiant::split_by_ratio(factor.indices(), factor.slots(), 4);
            assert!(close(&split.apply(&factor, &x), &factor.apply(&x)));
        }
    }

    #[test]
    fn the_scaling_is_spread_evenly() {
        for factor in slots_to_coeffs(6, &[2, 2, 2], 8.0) {
            let mut entries = factor.iter().flat_map(|(_, entries)| entries);
            assert!(entries.all(|e| e.norm() < 1e-15 || (e.norm() - 2.0).abs() < 1e-14));
        }
    }

    #[test]
    fn sparse_slots_carry_both_parts_side_by_side() {
        let (log_slots, groups) = (5, [3, 2]);
        let slots = 1 << log_slots;
        let x = vector(slots);
        let mut inverse = coeffs_to_slots(log_slots, &groups, 1.0);
        let coefficients = apply(&inverse, &x);

        let last = inverse.pop().unwrap();
        let halfway = apply(&inverse, &x).repeat(2);
        let twice: Vec<f64> = separate_parts(&last)
            .apply(&halfway)
            .iter()
            .map(|w| (w + w.conj()).re)
            .collect();
        for (k, w) in coefficients.iter().enumerate() {
            assert!((twice[k] - 2.0 * w.re).abs() < 1e-14);
            assert!((twice[k + slots] - 2.0 * w.im).abs() < 1e-14);
        }

        let forward = slots_to_coeffs(log_slots, &groups, 0.5);
        let parts: Vec<_> = twice.iter().map(|&part| Complex64::from(part)).collect();
        let open = join_parts(&forward[0]).apply(&parts);
        let closed: Vec<_> = (0..slots).map(|j| open[j] + open[j + slots]).collect();
        assert!(close(&forward[1].apply(&closed), &x));
    }

    #[test]
    #[should_panic(expected = "layers in [5, 5]")]
    fn groups_that_do_not_fit_are_refused() {
        slots_to_coeffs(15, &[5, 5], 1.0);
    }
}
