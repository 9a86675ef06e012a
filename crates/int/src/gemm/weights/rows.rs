//! Rows of weights, as they are corrected.

use crate::audit::Merge;
use crate::gemm::operands::{Sums, joined, split};
use crate::gemm::sparse::{overflow, overflows_between};
use crate::kernel::{BLOCK, Isa, Overflow, Patch, UpdateRule};
use alloc::vec::Vec;

/// What became of corrected weights.
#[derive(Clone, Debug, Default)]
pub struct UpdateStats {
    /// Weights that left int32 and wrapped.
    pub wrapped: u64,
    /// Largest magnitude of a corrected weight.
    pub largest: u32,
    /// Weights beyond int16, where not all have high halves.
    pub(super) escaped: Vec<Overflow>,
}

impl Merge for UpdateStats {
    fn merge(&mut self, other: &Self) {
        self.wrapped += other.wrapped;
        self.largest = self.largest.max(other.largest);
        self.escaped.extend_from_slice(&other.escaped);
    }
}

/// Some rows of weights, to be corrected.
#[derive(Debug)]
pub struct RowsMut<'a> {
    pub(super) low: &'a mut [i16],
    pub(super) high: KeptMut<'a>,
    /// Place of the first of them among all weights.
    pub(super) first: usize,
    pub(super) stride: usize,
}

#[derive(Debug)]
pub(super) enum KeptMut<'a> {
    /// Those of these rows; new ones are listed anew.
    Sparse(&'a [Overflow]),
    Dense(&'a mut [i16]),
}

impl RowsMut<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.low.len() / self.stride
    }

    /// Corrects the weights of all rows from `column` on by their gradients.
    ///
    /// # Panics
    /// If there are none, not of so many rows, or the rows have not so many weights.
    pub fn correct(
        &mut self,
        column: usize,
        gradients: Sums<'_>,
        correction: UpdateRule,
        corrected: &mut UpdateStats,
    ) {
        let columns = gradients.count;
        assert!(
            gradients.values.len() == self.count() * gradients.width
                && columns > 0
                && column + columns <= self.stride,
            "gradients of weights of all rows"
        );
        self.ask_for_next(column + columns, columns.min(BLOCK));
        let stride = self.stride;
        match &mut self.high {
            KeptMut::Sparse(few) => {
                let part = Part {
                    low: &mut self.low[column..],
                    few,
                    first: self.first + column,
                    stride,
                };
                part.correct(gradients, correction, corrected);
            }
            KeptMut::Dense(high) => {
                let rows = self.low.chunks_exact_mut(stride);
                let rows = rows.zip(high.chunks_exact_mut(stride));
                for ((low, high), gradients) in rows.zip(gradients.rows()) {
                    let low = low[column..].iter_mut();
                    for ((low, high), &gradient) in low.zip(&mut high[column..]).zip(gradients) {
                        let weight = joined(*low, *high);
                        (*low, *high) = split(corrected.step(weight, gradient, correction));
                    }
                }
            }
        }
    }

    /// Asks for the weights that will be corrected next to be brought near.
    fn ask_for_next(&self, column: usize, columns: usize) {
        let isa = Isa::current();
        for row in 0..self.count() {
            let next = &self.low[self.low.len().min(row * self.stride + column)..];
            isa.prefetch(&next[..next.len().min(columns)]);
        }
    }
}

/// Weights from one column of their rows on, some of them beyond int16.
struct Part<'a> {
    low: &'a mut [i16],
    few: &'a [Overflow],
    /// Place of the first of them among all weights.
    first: usize,
    stride: usize,
}

impl Part<'_> {
    fn correct(mut self, gradients: Sums<'_>, correction: UpdateRule, corrected: &mut UpdateStats) {
        let (columns, rows) = (gradients.count, gradients.values.len() / gradients.width);
        let mut row = 0;
        while row < rows {
            let plain = (row..rows).take_while(|&row| self.wide(row, columns).is_empty());
            let patch = Patch {
                rows: plain.count(),
                columns,
                strides: [self.stride, gradients.width],
            };
            let (weights, own) = (row * self.stride, row * gradients.width);
            let (done, largest) = Isa::current().update(
                &mut self.low[weights..],
                &gradients.values[own..],
                patch,
                correction,
            );
            corrected.largest = corrected.largest.max(largest);
            row += done / columns;
            if row < rows {
                let gradients = &gradients.values[row * gradients.width..][..columns];
                self.correct_row((row, done % columns), gradients, correction, corrected);
                row += 1;
            }
        }
    }

    /// The weights of a row that are beyond int16.
    fn wide(&self, row: usize, columns: usize) -> &[Overflow] {
        let first = self.first + row * self.stride;
        overflows_between(self.few, first, first + columns)
    }

    /// Corrects one row, of which some weights are done and others leave int16 or are beyond it.
    fn correct_row(
        &mut self,
        (row, mut done): (usize, usize),
        gradients: &[i32],
        correction: UpdateRule,
        corrected: &mut UpdateStats,
    ) {
        let first = self.first + row * self.stride;
        let mut few = overflows_between(self.few, first, first + gradients.len());
        let low = &mut self.low[row * self.stride..][..gradients.len()];
        while done < gradients.len() {
            let next = few.first().map(|overflow| overflow.index as usize - first);
            let stop = next.unwrap_or(gradients.len());
            let (weights, own) = (&mut low[done..stop], &gradients[done..stop]);
            let patch = Patch::row(own.len());
            let (more, largest) = Isa::current().update(weights, own, patch, correction);
            corrected.largest = corrected.largest.max(largest);
            done += more;
            // What is next leaves int16, or is beyond it.
            let (end, high) = match few.first() {
                Some(overflow) if done == stop => {
                    few = &few[1..];
                    (stop + 1, overflow.high)
                }
                _ => (stop.min(done + 16), 0),
            };
            for index in done..end {
                let weight = joined(low[index], high);
                let stepped = corrected.step(weight, gradients[index], correction);
                let (half, high) = split(stepped);
                low[index] = half;
                if high != 0 {
                    corrected.escaped.push(overflow(first + index, high));
                }
            }
            done = end;
        }
    }
}

impl UpdateStats {
    /// One corrected weight.
    fn step(&mut self, weight: i32, gradient: i32, correction: UpdateRule) -> i32 {
        let step = correction.rate.divide_toward_zero(gradient);
        let decay = correction
            .decay
            .map_or(0, |decay| decay.divide_toward_zero(weight));
        let (change, over) = step.overflowing_add(decay);
        let (stepped, over_too) = weight.overflowing_sub(change);
        self.wrapped += u64::from(over || over_too);
        self.largest = self.largest.max(stepped.unsigned_abs());
        stepped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Reciprocal;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn every_set_updates_where_steps_and_decays_are_long() {
        for (rate, decay) in [
            (2, Some(2)),
            (2, Some(3)),
            (2, None),
            (3, Some(2)),
            (1, Some(1)),
            (1 << 16, Some(2)),
            (2 << 16, Some(2)),
            (2 << 16, None),
            (3 << 16, Some(1 << 15)),
            (5 << 16, Some(28_000)),
            (32_767 << 16, Some(3)),
        ] {
            let correction = UpdateRule {
                rate: Reciprocal::new(rate),
                decay: decay.map(Reciprocal::new),
            };
            let near = (-150_000..150_000).step_by(1_777);
            let far = (i32::MIN..=i32::MAX).step_by(100_000_007);
            let gradients: Vec<i32> = near.chain(far).chain([i32::MAX]).collect();
            for weight in (-32_768..=32_767).step_by(431) {
                for &gradient in &gradients {
                    let (weights, gradients) = (vec![weight; 64], vec![gradient; 64]);
                    let run = |isa: Isa| {
                        let mut weights = weights.clone();
                        let patch = Patch::row(64);
                        let done = isa.update(&mut weights, &gradients, patch, correction);
                        (done, weights)
                    };
                    let expected = run(Isa::PORTABLE);
                    for isa in Isa::available() {
                        assert_eq!(run(isa), expected, "{isa:?}: {weight}, {gradient}, {rate}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_set_updates_every_weight_of_a_patch_as_the_portable_one(
            weights in proptest::collection::vec(-20_000..=20_000_i16, 3 * 80),
            gradients in proptest::collection::vec(any::<i32>(), 3 * 90),
            (columns, bits) in (1..=80_usize, 0..24_u32),
            rate in prop_oneof![1..100_u64, (1..100_u64).prop_map(|factor| factor << 16)],
            decay in proptest::option::of(1..40_000_u64),
        ) {
            let gradients: Vec<i32> = gradients.iter().map(|gradient| gradient >> bits).collect();
            let correction = UpdateRule {
                rate: Reciprocal::new(rate),
                decay: decay.map(Reciprocal::new),
            };
            let patch = Patch {
                rows: 3,
                columns,
                strides: [80, 90],
            };
            let run = |isa: Isa| {
                let mut weights = weights.clone();
                let done = isa.update(&mut weights, &gradients, patch, correction);
                (done, weights)
            };
            let expected = run(Isa::PORTABLE);
            for isa in Isa::available() {
                prop_assert_eq!(run(isa), expected.clone(), "{:?}", isa);
            }
        }
    }
}
