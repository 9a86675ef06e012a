//! Weights as the kernels want them: int16, with high halves only while a weight needs them.

use super::{Aligned, BLOCK, Halves, Reciprocal, Set};
use crate::audit::Merge;
use crate::parallel::{self, Shared};
use alloc::vec;
use alloc::vec::Vec;

/// Rows of weights of even length; a row of odd length is followed by a 0.
///
/// # Range
/// All of int32. While every weight fits int16, int16 is what they are kept in.
#[derive(Clone, Debug)]
pub struct Weights {
    low: Aligned<i16>,
    /// Empty while all weights fit int16.
    high: Vec<i16>,
    depth: usize,
    largest: u32,
}

/// How weights are corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// What gradients are divided by.
    pub rate: Reciprocal,
    /// What weights are divided by, if they decay.
    pub decay: Option<Reciprocal>,
}

/// What became of corrected weights.
#[derive(Clone, Debug, Default)]
pub struct Corrected {
    /// Weights that left int32 and wrapped.
    pub wrapped: u64,
    /// Largest magnitude of a corrected weight.
    pub largest: u32,
    /// Weights that have left int16, by place, with their high halves.
    escaped: Vec<(usize, i16)>,
}

impl Merge for Corrected {
    fn merge(&mut self, other: &Self) {
        self.wrapped += other.wrapped;
        self.largest = self.largest.max(other.largest);
        self.escaped.extend_from_slice(&other.escaped);
    }
}

/// Some rows of weights, to be corrected.
#[derive(Debug)]
pub struct RowsMut<'a> {
    low: &'a mut [i16],
    /// Empty, or as long as `low`.
    high: &'a mut [i16],
    first: usize,
    stride: usize,
}

impl Weights {
    /// Rows of `depth` weights.
    ///
    /// # Panics
    /// If `depth` is 0 or does not divide the number of values.
    pub fn new(values: &[i32], depth: usize) -> Self {
        assert!(
            depth > 0 && values.len().is_multiple_of(depth),
            "whole rows of {depth}"
        );
        let stride = depth.next_multiple_of(2);
        let mut weights = Weights {
            low: Aligned::new(values.len() / depth * stride),
            high: Vec::new(),
            depth,
            largest: Set::active().largest(values),
        };
        if weights.is_wide() {
            weights.high = vec![0; weights.low.len()];
        }
        for (row, values) in values.chunks_exact(depth).enumerate() {
            for (place, &value) in (row * stride..).zip(values) {
                let (low, high) = split(value);
                weights.low[place] = low;
                if high != 0 {
                    weights.high[place] = high;
                }
            }
        }
        weights
    }

    /// The weights, without what fills odd rows.
    pub fn values(&self) -> impl Iterator<Item = i32> + '_ {
        let halves = self.halves();
        (0..self.count())
            .flat_map(move |row| (0..self.depth).map(move |column| row * self.stride() + column))
            .map(move |place| halves.value(place))
    }

    /// All rows, from one start of a row to the next [`Weights::stride`] values.
    pub fn halves(&self) -> Halves<'_> {
        Halves {
            low: &self.low,
            high: (!self.high.is_empty()).then_some(&self.high),
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
    pub fn largest(&self) -> u32 {
        self.largest
    }

    /// Bytes that they occupy.
    pub fn bytes(&self) -> usize {
        self.low.bytes() + self.high.capacity() * size_of::<i16>()
    }

    fn is_wide(&self) -> bool {
        self.largest > i16::MAX.unsigned_abs().into()
    }

    /// The sum of squares of each row, cut at 2^64 - 1.
    pub fn measure(&self, squares: &mut Vec<u64>) {
        let (set, halves, stride) = (Set::active(), self.halves(), self.stride());
        squares.clear();
        squares.extend((0..self.count()).map(|row| {
            let part = row * stride..(row + 1) * stride;
            if halves.high.is_none() {
                return set.squares(&halves.low[part]);
            }
            part.map(|place| u64::from(halves.value(place).unsigned_abs()).pow(2))
                .fold(0, u64::saturating_add)
        }));
    }

    /// Corrects the weights, `rows` of them as one task: `task(first row, rows)` is to call
    /// [`RowsMut::correct`]. `work` is the number of products that it takes in all.
    pub(crate) fn correct<R: Merge>(
        &mut self,
        rows: usize,
        work: usize,
        task: impl Fn(usize, &mut RowsMut<'_>) -> (R, Corrected) + Shared,
    ) -> (R, Corrected) {
        let (stride, size) = (self.stride(), rows * self.stride());
        let run = |index: usize, low: &mut [i16], high: &mut [i16]| {
            let first = index * rows;
            let mut rows = RowsMut {
                low,
                high,
                first,
                stride,
            };
            Pair(task(first, &mut rows))
        };
        let Pair((result, corrected)) = if self.high.is_empty() {
            parallel::for_each_part(&mut self.low, size, work, |index, low| {
                run(index, low, &mut [])
            })
        } else {
            let (low, high) = ((&mut *self.low, size), (&mut *self.high, size));
            parallel::for_each_two_parts(low, high, work, run)
        };
        self.settle(&corrected);
        (result, corrected)
    }

    /// Takes high halves in, or drops them.
    fn settle(&mut self, corrected: &Corrected) {
        self.largest = corrected.largest;
        if !self.is_wide() {
            self.high = Vec::new();
        } else if self.high.is_empty() {
            self.high = vec![0; self.low.len()];
        }
        for &(place, high) in &corrected.escaped {
            self.high[place] = high;
        }
    }
}

impl RowsMut<'_> {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.low.len() / self.stride
    }

    /// Corrects weights of one row, from `column` on, by their gradients.
    ///
    /// # Panics
    /// If the row has not so many weights.
    pub fn correct(
        &mut self,
        row: usize,
        column: usize,
        gradients: &[i32],
        correction: Correction,
        corrected: &mut Corrected,
    ) {
        let set = Set::active();
        let start = row * self.stride + column;
        assert!(
            column + gradients.len() <= self.stride,
            "gradients of one row"
        );
        let mut done = 0;
        let next = &self.low[self.low.len().min(start + gradients.len())..];
        set.prefetch(&next[..next.len().min(gradients.len()).min(BLOCK)]);
        if self.high.is_empty() {
            let low = &mut self.low[start..start + gradients.len()];
            loop {
                let (more, largest) = set.update(&mut low[done..], &gradients[done..], correction);
                corrected.largest = corrected.largest.max(largest);
                done += more;
                if done == gradients.len() {
                    return;
                }
                let next = gradients.len().min(done + 16);
                for index in done..next {
                    let weight = i32::from(low[index]);
                    let stepped = corrected.step(weight, gradients[index], correction);
                    let (half, high) = split(stepped);
                    low[index] = half;
                    if high != 0 {
                        let place = self.first * self.stride + start + index;
                        corrected.escaped.push((place, high));
                    }
                }
                done = next;
            }
        }
        for (place, &gradient) in (start..).zip(gradients) {
            let halves = Halves {
                low: self.low,
                high: Some(self.high),
            };
            let stepped = corrected.step(halves.value(place), gradient, correction);
            (self.low[place], self.high[place]) = split(stepped);
        }
    }
}

impl Corrected {
    /// One corrected weight.
    fn step(&mut self, weight: i32, gradient: i32, correction: Correction) -> i32 {
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

/// The low half of a value taken as int16, and what is left above it.
#[allow(clippy::cast_possible_truncation, reason = "halves of an int32")]
pub(crate) fn split(value: i32) -> (i16, i16) {
    let low = value as i16;
    (low, (value.wrapping_sub(low.into()) >> 16) as i16)
}

/// Two results that merge each for itself.
struct Pair<R>((R, Corrected));

impl<R: Merge> Default for Pair<R> {
    fn default() -> Self {
        Pair((R::default(), Corrected::default()))
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
    use proptest::prelude::*;

    fn corrected(weights: &mut Weights, gradients: &[i32], correction: Correction) -> (u64, u32) {
        let depth = weights.depth();
        let ((), corrected) = weights.correct(2, 0, |first, rows| {
            let mut corrected = Corrected::default();
            for row in 0..rows.count() {
                let own = &gradients[(first + row) * depth..][..depth];
                let (left, right) = own.split_at(depth / 2);
                rows.correct(row, 0, left, correction, &mut corrected);
                rows.correct(row, depth / 2, right, correction, &mut corrected);
            }
            ((), corrected)
        });
        (corrected.wrapped, corrected.largest)
    }

    fn weight() -> impl Strategy<Value = i32> {
        prop_oneof![
            4 => -32_767..=32_767,
            1 => prop_oneof![Just(i32::MIN), Just(i32::MAX), Just(32_768), Just(-32_768)],
            1 => any::<i32>(),
        ]
    }

    proptest! {
        #[test]
        fn weights_keep_every_int32(values in proptest::collection::vec(weight(), 3 * 7)) {
            let weights = Weights::new(&values, 7);
            prop_assert!(weights.values().eq(values.iter().copied()));
            prop_assert_eq!((weights.count(), weights.stride()), (3, 8));
        }

        #[test]
        fn corrections_are_the_definition_in_and_out_of_int16(
            narrow in any::<bool>(),
            weights in proptest::collection::vec(weight(), 3 * 37),
            gradients in proptest::collection::vec(prop_oneof![-900_000..900_000, any::<i32>()], 3 * 37),
            rate in 1..2000_u64, decay in proptest::option::of(1..40_000_u64),
        ) {
            let start: Vec<i32> = weights
                .iter()
                .map(|&w| if narrow { w.clamp(-32_767, 32_767) } else { w })
                .collect();
            let mut ours = Weights::new(&start, 37);
            let correction = Correction {
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
                let found = corrected(&mut ours, &gradients, correction);
                prop_assert!(ours.values().eq(expected.iter().copied()));
                let largest = expected.iter().map(|w| w.unsigned_abs()).max().unwrap();
                prop_assert_eq!(found, (wrapped, largest));
                prop_assert_eq!(ours.halves().high.is_some(), largest > 32_767);
            }
        }
    }
}
