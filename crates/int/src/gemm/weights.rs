//! Weights as the kernels read them: int16, with high halves only while a weight needs them.

use super::halves::{Halves, High, are_sparse, joined, overflow, overflows_between, split};
use crate::aligned::Aligned;
use crate::audit::Merge;
use crate::kernel::{Isa, Overflow};
use crate::parallel::{self, Parts, Shared};
use alloc::vec;
use alloc::vec::Vec;

mod rows;

use rows::KeptMut;
pub use rows::{RowsMut, UpdateStats};

/// Rows of weights of even length; a row of odd length is followed by a 0.
///
/// # Range
/// All of int32. Those that fit int16 are kept so; the others are listed, or, if they are
/// many, all weights have high halves.
#[derive(Clone, Debug)]
pub struct Weights {
    low: Aligned<i16>,
    high: Kept,
    depth: usize,
    max_abs: u32,
}

/// What weights have above their low halves.
#[derive(Clone, Debug)]
enum Kept {
    /// In order of indices.
    Sparse(Vec<Overflow>),
    Dense(Vec<i16>),
}

impl Weights {
    /// Rows of `depth` weights.
    ///
    /// # Panics
    /// If `depth` is 0 or does not divide the number of values, or there are 2^32 or more.
    pub fn new(values: &[i32], depth: usize) -> Self {
        assert!(
            depth > 0 && values.len().is_multiple_of(depth),
            "whole rows of {depth}"
        );
        let stride = depth.next_multiple_of(2);
        let mut low = Aligned::new(values.len() / depth * stride);
        let mut overflows = Vec::new();
        for (row, values) in values.chunks_exact(depth).enumerate() {
            for (index, &value) in (row * stride..).zip(values) {
                let (half, high) = split(value);
                low[index] = half;
                if high != 0 {
                    overflows.push(overflow(index, high));
                }
            }
        }
        let mut weights = Weights {
            low,
            high: Kept::Sparse(Vec::new()),
            depth,
            max_abs: 0,
        };
        weights.store_high_halves(UpdateStats {
            wrapped: 0,
            max_abs: Isa::current().max_abs(values),
            overflows,
        });
        weights
    }

    /// The weights, without what fills odd rows.
    pub fn values(&self) -> Vec<i32> {
        let mut all: Vec<i32> = self.low.iter().map(|&low| low.into()).collect();
        match &self.high {
            Kept::Sparse(listed) => {
                for one in listed {
                    let index = one.index as usize;
                    all[index] = joined(self.low[index], one.high);
                }
            }
            Kept::Dense(high) => {
                for (value, (&low, &high)) in all.iter_mut().zip(self.low.iter().zip(high)) {
                    *value = joined(low, high);
                }
            }
        }
        if self.depth < self.stride() {
            let mut index = 0_usize;
            all.retain(|_| {
                index += 1;
                !index.is_multiple_of(self.stride())
            });
        }
        all
    }

    /// All rows, from one start of a row to the next [`Weights::stride`] values.
    pub fn halves(&self) -> Halves<'_> {
        Halves {
            low: &self.low,
            high: match &self.high {
                Kept::Sparse(listed) if listed.is_empty() => High::None,
                Kept::Sparse(listed) => High::Sparse(listed),
                Kept::Dense(high) => High::Dense(high),
            },
        }
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        self.low.len() / self.stride()
    }

    /// Weights in a row.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// From the start of a row to that of the next.
    pub fn stride(&self) -> usize {
        self.depth.next_multiple_of(2)
    }

    /// Largest magnitude.
    pub fn max_abs(&self) -> u32 {
        self.max_abs
    }

    /// Bytes that they occupy.
    pub fn bytes(&self) -> usize {
        let high = match &self.high {
            Kept::Sparse(listed) => listed.capacity() * size_of::<Overflow>(),
            Kept::Dense(high) => high.capacity() * size_of::<i16>(),
        };
        self.low.bytes() + high
    }

    /// The sum of squares of a row, cut at 2^64 - 1.
    pub fn squares(&self, row: usize) -> u64 {
        let stride = self.stride();
        let range = row * stride..(row + 1) * stride;
        self.halves().squares(Isa::current(), range)
    }

    /// The sum of squares of each row, cut at 2^64 - 1.
    pub fn measure(&self, squares: &mut Vec<u64>) {
        squares.clear();
        squares.extend((0..self.count()).map(|row| self.squares(row)));
    }

    /// Updates the weights, `rows` rows of them in each task: `task(first row, rows)` calls
    /// [`RowsMut::update`] for every weight once. `work` is the number of products that all tasks
    /// form.
    pub(crate) fn update<R: Merge>(
        &mut self,
        rows: usize,
        work: usize,
        task: impl Fn(usize, &mut RowsMut<'_>) -> (R, UpdateStats) + Shared,
    ) -> (R, UpdateStats) {
        let (stride, size) = (self.stride(), rows * self.stride());
        let run = |index: usize, low: &mut [i16], high: KeptMut<'_>| {
            let mut part = RowsMut {
                low,
                high,
                first: index * size,
                stride,
            };
            Pair(task(index * rows, &mut part))
        };
        let Pair((result, stats)) = match &mut self.high {
            Kept::Sparse(listed) => {
                let listed = &*listed;
                parallel::for_each_part(&mut self.low, size, work, |index, low| {
                    let part = overflows_between(listed, index * size, index * size + low.len());
                    run(index, low, KeptMut::Sparse(part))
                })
            }
            Kept::Dense(high) => {
                let (low, high) = (Parts::new(&mut self.low, size), Parts::new(high, size));
                parallel::for_each_two_parts(low, high, work, |index, low, high| {
                    run(index, low, KeptMut::Dense(high))
                })
            }
        };
        let counted = UpdateStats {
            overflows: Vec::new(),
            ..stats
        };
        self.store_high_halves(stats);
        (result, counted)
    }

    /// Keeps the high halves of the weights beyond int16: listed, or those of all weights if they are
    /// many.
    fn store_high_halves(&mut self, mut stats: UpdateStats) {
        self.max_abs = stats.max_abs;
        if let Kept::Dense(high) = &self.high {
            let all = high.iter().enumerate().filter(|half| *half.1 != 0);
            if !are_sparse(all.clone().count(), high.len()) {
                return;
            }
            stats.overflows = all.map(|(index, &high)| overflow(index, high)).collect();
        }
        let mut listed = stats.overflows;
        listed.sort_unstable();
        if are_sparse(listed.len(), self.low.len()) {
            self.high = Kept::Sparse(listed);
            return;
        }
        let mut high = vec![0; self.low.len()];
        for one in listed {
            high[one.index as usize] = one.high;
        }
        self.high = Kept::Dense(high);
    }
}

/// Two results, each merged by itself.
struct Pair<R>((R, UpdateStats));

impl<R: Merge> Default for Pair<R> {
    fn default() -> Self {
        Pair((R::default(), UpdateStats::default()))
    }
}

impl<R: Merge> Merge for Pair<R> {
    fn merge(&mut self, other: &Self) {
        self.0.0.merge(&other.0.0);
        self.0.1.merge(&other.0.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::Sums;
    use crate::kernel::{Reciprocal, UpdateRule};
    use proptest::prelude::*;

    fn updated(weights: &mut Weights, gradients: &[i32], rule: UpdateRule) -> (u64, u32) {
        let depth = weights.depth();
        let ((), stats) = weights.update(2, 0, |first, rows| {
            let mut stats = UpdateStats::default();
            let own = &gradients[first * depth..][..rows.count() * depth];
            let half = depth / 2;
            let left = Sums {
                values: own,
                width: depth,
                count: half,
            };
            rows.update(0, left, rule, &mut stats);
            let right: Vec<i32> = own
                .chunks(depth)
                .flat_map(|row| &row[half..])
                .copied()
                .collect();
            let right = Sums::of_rows(&right, depth - half);
            rows.update(half, right, rule, &mut stats);
            ((), stats)
        });
        (stats.wrapped, stats.max_abs)
    }

    fn weight(narrow: u32) -> impl Strategy<Value = i32> {
        prop_oneof![
            narrow => -32_767..=32_767,
            1 => prop_oneof![Just(i32::MIN), Just(i32::MAX), Just(32_768), Just(-32_768)],
            1 => any::<i32>(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn weights_keep_every_int32(values in proptest::collection::vec(weight(4), 3 * 7)) {
            let weights = Weights::new(&values, 7);
            prop_assert_eq!(weights.values(), values);
            prop_assert_eq!((weights.count(), weights.stride()), (3, 8));
        }

        #[test]
        fn updates_follow_the_definition_in_and_out_of_int16(
            narrow in any::<bool>(),
            weights in prop_oneof![
                proptest::collection::vec(weight(4), 40 * 37),
                proptest::collection::vec(weight(600), 40 * 37),
            ],
            gradients in prop_oneof![
                proptest::collection::vec(prop_oneof![-900_000..900_000, any::<i32>()], 40 * 37),
                proptest::collection::vec(-900_000..900_000, 40 * 37),
            ],
            rate in prop_oneof![1..2000_u64, (1..2000_u64).prop_map(|m| m << 16)],
            decay in proptest::option::of(1..40_000_u64),
        ) {
            let start: Vec<i32> = weights
                .iter()
                .map(|&w| if narrow { w.clamp(-32_767, 32_767) } else { w })
                .collect();
            let mut ours = Weights::new(&start, 37);
            let rule = UpdateRule {
                rate: Reciprocal::new(rate),
                decay: decay.map(Reciprocal::new),
            };
            let mut expected = start;
            for _ in 0..3 {
                let mut wrapped = 0;
                for (weight, gradient) in expected.iter_mut().zip(&gradients) {
                    let step = i64::from(*gradient) / i64::try_from(rate).unwrap();
                    let decay = decay.map_or(0, |d| i64::from(*weight) / i64::try_from(d).unwrap());
                    let exact = i64::from(*weight) - step - decay;
                    wrapped += u64::from(
                        i32::try_from(exact).is_err() || i32::try_from(step + decay).is_err(),
                    );
                    *weight = u32::try_from(exact & 0xffff_ffff).unwrap().cast_signed();
                }
                let found = updated(&mut ours, &gradients, rule);
                prop_assert_eq!(ours.values(), expected.clone());
                let mut squares = Vec::new();
                ours.measure(&mut squares);
                let of_row = |row: &[i32]| {
                    let squares = row.iter().map(|w| u64::from(w.unsigned_abs()).pow(2));
                    squares.fold(0, u64::saturating_add)
                };
                prop_assert_eq!(squares, expected.chunks(37).map(of_row).collect::<Vec<u64>>());
                let max_abs = expected.iter().map(|w| w.unsigned_abs()).max().unwrap();
                prop_assert_eq!(found, (wrapped, max_abs));
                let beyond = expected.iter().filter(|&&w| i16::try_from(w).is_err()).count();
                let kept = match ours.halves().high {
                    High::None => beyond == 0,
                    High::Sparse(listed) => listed.len() == beyond,
                    High::Dense(_) => !are_sparse(beyond, 40 * 38),
                };
                prop_assert!(kept, "{beyond} beyond int16");
            }
        }
    }
}
