//! The transform between the coefficients of a real polynomial and its values in the slots.

use num_complex::Complex64;
use std::f64::consts::TAU;

/// Maximum number of slots: that of ring degree 2^17.
const MAX_SLOTS: usize = 1 << 16;

/// The embedding of `R[X] / (X^N + 1)` into `N / 2` complex slots, and its inverse.
///
/// Slot `j` holds the polynomial's value at `zeta^(5^j)`, where `zeta = exp(2 pi i / 2N)`.
/// A rotation of the slots is then the automorphism that takes `X` to `X^5`.
///
/// # Shapes
/// For `slots = N / 2`, entry `k` on the side of the coefficients is `c_k + i c_(k + slots)`:
/// `zeta^slots` is `i` and so is every root that has a slot.
///
/// # Source
/// Cheon, Han, Kim, Kim, Song 2018/153.
#[derive(Clone, Debug)]
pub(crate) struct SpecialFft {
    /// Entry `h + j` is twiddle `j` of the butterflies that join halves of length `h`.
    twiddles: Vec<Complex64>,
}

impl SpecialFft {
    /// Tables for polynomials of twice as many coefficients as `slots`.
    ///
    /// # Range
    /// A power of two from 1 to 2^16.
    ///
    /// # Panics
    /// Outside of it.
    pub(crate) fn new(slots: usize) -> Self {
        assert!(
            slots.is_power_of_two() && slots <= MAX_SLOTS,
            "{slots} slots: take a power of two up to {MAX_SLOTS}"
        );
        let mut twiddles = vec![Complex64::ONE; slots];
        let mut half = 1;
        while half < slots {
            let order = 8 * half;
            let mut exponent = 1;
            for twiddle in &mut twiddles[half..2 * half] {
                *twiddle = root_of_unity(exponent, order);
                exponent = exponent * 5 % order;
            }
            half *= 2;
        }
        SpecialFft { twiddles }
    }

    /// Number of slots.
    pub(crate) fn slots(&self) -> usize {
        self.twiddles.len()
    }

    /// Replaces coefficients by the values in the slots.
    ///
    /// # Panics
    /// If there is not one entry for each slot.
    pub(crate) fn slots_from_coefficients(&self, values: &mut [Complex64]) {
        assert_eq!(values.len(), self.slots(), "one entry for each slot");
        bit_reverse(values);
        let mut half = 1;
        while half < values.len() {
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((a, b), w) in low.iter_mut().zip(high).zip(self.twiddles_of(half)) {
                    let turned = *b * w;
                    (*a, *b) = (*a + turned, *a - turned);
                }
            }
            half *= 2;
        }
    }

    /// Replaces the values in the slots by coefficients: the inverse of
    /// [`slots_from_coefficients`](Self::slots_from_coefficients).
    ///
    /// # Panics
    /// If there is not one entry for each slot.
    pub(crate) fn coefficients_from_slots(&self, values: &mut [Complex64]) {
        assert_eq!(values.len(), self.slots(), "one entry for each slot");
        let mut half = values.len() / 2;
        while half > 0 {
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((a, b), w) in low.iter_mut().zip(high).zip(self.twiddles_of(half)) {
                    (*a, *b) = ((*a + *b) * 0.5, (*a - *b) * w.conj() * 0.5);
                }
            }
            half /= 2;
        }
        bit_reverse(values);
    }

    /// Twiddles of the layer whose butterflies combine entries `half` apart.
    pub(crate) fn twiddles_of(&self, half: usize) -> &[Complex64] {
        &self.twiddles[half..2 * half]
    }
}

/// Exchanges every entry with the one whose index has the same bits in opposite order.
///
/// # Panics
/// If the number of entries is not a power of two.
pub(crate) fn bit_reverse<T>(values: &mut [T]) {
    assert!(values.len().is_power_of_two(), "{} entries", values.len());
    if values.len() < 2 {
        return;
    }
    let unused = usize::BITS - values.len().trailing_zeros();
    for i in 0..values.len() {
        let j = i.reverse_bits() >> unused;
        if i < j {
            values.swap(i, j);
        }
    }
}

/// `exp(2 pi i exponent / order)`, within an ulp or so.
///
/// # Range
/// `exponent < order`, a power of two below 2^53: the angle is then reduced without rounding.
pub(crate) fn root_of_unity(exponent: usize, order: usize) -> Complex64 {
    let turns = exponent as f64 / order as f64;
    let quarters = (4.0 * turns).round();
    let (sin, cos) = (TAU * (turns - quarters / 4.0)).sin_cos();
    match quarters {
        0.0 | 4.0 => Complex64::new(cos, sin),
        1.0 => Complex64::new(-sin, cos),
        2.0 => Complex64::new(-cos, -sin),
        _ => Complex64::new(sin, -cos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values at the roots by the definition, for coefficients `c_0 ..= c_(2 slots - 1)`.
    fn evaluate_at_roots(coefficients: &[f64]) -> Vec<Complex64> {
        let order = 2 * coefficients.len();
        let mut root = 1;
        let mut slots = Vec::new();
        for _ in 0..coefficients.len() / 2 {
            let value = |(k, &c): (usize, &f64)| root_of_unity(root * k % order, order) * c;
            slots.push(coefficients.iter().enumerate().map(value).sum());
            root = root * 5 % order;
        }
        slots
    }

    fn distance(a: &[Complex64], b: &[Complex64]) -> f64 {
        let distances = a.iter().zip(b).map(|(a, b)| (a - b).norm());
        distances.fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn slots_are_values_at_powers_of_five(
            log_slots in 0..8_u32,
            all in prop::collection::vec(-1.0..1.0, 256),
        ) {
            let slots = 1 << log_slots;
            let coefficients = &all[..2 * slots];
            let (low, high) = coefficients.split_at(slots);
            let mut values: Vec<_> =
                low.iter().zip(high).map(|(&re, &im)| Complex64::new(re, im)).collect();
            let packed = values.clone();
            let fft = SpecialFft::new(slots);
            fft.slots_from_coefficients(&mut values);
            prop_assert!(distance(&values, &evaluate_at_roots(coefficients)) < 1e-12);
            fft.coefficients_from_slots(&mut values);
            prop_assert!(distance(&values, &packed) < 1e-14);
        }
    }

    #[test]
    fn the_transform_and_its_inverse_keep_thirteen_digits() {
        let slots = 1 << 15;
        let entry = |k: usize| Complex64::new((k as f64 * 0.37).sin(), (k as f64 * 1.91).cos());
        let values: Vec<_> = (0..slots).map(entry).collect();
        let fft = SpecialFft::new(slots);
        let mut back = values.clone();
        fft.slots_from_coefficients(&mut back);
        fft.coefficients_from_slots(&mut back);
        assert!(distance(&back, &values) < 1e-13);
        fft.coefficients_from_slots(&mut back);
        fft.slots_from_coefficients(&mut back);
        assert!(distance(&back, &values) < 1e-13);
    }

    #[test]
    fn twiddles_have_length_one_and_the_axes_are_exact() {
        for exponent in 0..1 << 12 {
            let root = root_of_unity(exponent, 1 << 12);
            assert!((root.norm() - 1.0).abs() < 3e-16);
            let opposite = root_of_unity((exponent + (1 << 11)) % (1 << 12), 1 << 12);
            assert_eq!(root, -opposite);
        }
        assert_eq!(root_of_unity(1, 4), Complex64::I);
    }

    #[test]
    fn reversing_bits_twice_is_identity() {
        let mut indices: Vec<usize> = (0..8).collect();
        bit_reverse(&mut indices);
        assert_eq!(indices, [0, 4, 2, 6, 1, 5, 3, 7]);
        bit_reverse(&mut indices);
        assert_eq!(indices, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    #[should_panic(expected = "power of two")]
    fn three_slots_are_refused() {
        SpecialFft::new(3);
    }
}
