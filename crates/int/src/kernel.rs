//! The hot loops, behind safe functions over slices.
//!
//! All sums are modulo 2^32, as the reference's int32 sums are; [`crate::audit`] tells which of
//! them wrapped. There are three sets of kernels: `portable` is plain Rust and the oracle of the
//! others, `avx2` and `avx512` (VNNI) are chosen at run time where the processor has them. All
//! give the same bits; `NEARFIELD_KERNELS=portable|avx2|avx512` forces one.

use alloc::vec;
use alloc::vec::Vec;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx2;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(
    unsafe_code,
    reason = "vector instructions, behind a proof that the processor has them"
)]
mod avx512;
mod panel;
mod portable;
mod reciprocal;
mod set;

pub use panel::{BLOCK, Panel, interleave};
pub use reciprocal::Reciprocal;
pub use set::Set;

/// Rows of int32 values: weights, or gradients; as int16 where they fit, else as low and high
/// halves, whose sums are put together modulo 2^32.
#[derive(Clone, Debug)]
pub struct Wide<'a> {
    values: &'a [i32],
    depth: usize,
    low: Vec<i16>,
    high: Option<Vec<i16>>,
    largest: u32,
}

impl<'a> Wide<'a> {
    /// Rows of `depth` values.
    ///
    /// # Panics
    /// If `depth` is 0 or does not divide the number of values.
    pub fn new(values: &'a [i32], depth: usize) -> Self {
        assert!(
            depth > 0 && values.len().is_multiple_of(depth),
            "whole rows of {depth}"
        );
        let set = Set::active();
        let largest = set.largest(values);
        let mut low = vec![0; values.len() / depth * depth.next_multiple_of(2)];
        for_each_row(values, depth, &mut low, |row, low| set.low_halves(row, low));
        let fits = largest <= i16::MAX.unsigned_abs().into();
        let high = (!fits).then(|| {
            let mut high = vec![0; low.len()];
            for_each_row(values, depth, &mut high, high_halves);
            high
        });
        Wide {
            values,
            depth,
            low,
            high,
            largest,
        }
    }

    /// The values as they were given.
    pub fn rows(&self) -> core::slice::ChunksExact<'a, i32> {
        self.values.chunks_exact(self.depth)
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.depth
    }

    /// Largest magnitude.
    pub fn largest(&self) -> u32 {
        self.largest
    }
}

/// Calls `fill` for each row of `depth` values and its row of halves of even length.
fn for_each_row(
    values: &[i32],
    depth: usize,
    halves: &mut [i16],
    fill: impl Fn(&[i32], &mut [i16]),
) {
    let stride = depth.next_multiple_of(2);
    if stride == depth {
        return fill(values, halves);
    }
    for (values, halves) in values
        .chunks_exact(depth)
        .zip(halves.chunks_exact_mut(stride))
    {
        fill(values, halves);
    }
}

/// What is left of each value above its low half taken as int16.
#[allow(clippy::cast_possible_truncation, reason = "halves of an int32")]
fn high_halves(values: &[i32], halves: &mut [i16]) {
    for (half, &value) in halves.iter_mut().zip(values) {
        *half = (value.wrapping_sub((value as i16).into()) >> 16) as i16;
    }
}

/// Some rows and one block of lanes: what a kernel forms all sums of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<'a> {
    /// Rows of `stride` int16 values.
    rows: &'a [i16],
    /// Even length of a row.
    stride: usize,
    /// `[stride / 2][width][2]`.
    block: &'a [i16],
    /// Lanes: a multiple of 16 up to 64.
    width: usize,
}

/// Forms the sums of `rows` of `wide` with one block of `panel`: `sums[row, lane]`, in rows of
/// [`Panel::width`] lanes, of which those beyond the panel's lanes are 0.
///
/// # Panics
/// If depths differ, or `sums` has another size.
pub fn products(
    set: Set,
    wide: &Wide<'_>,
    rows: core::ops::Range<usize>,
    (panel, block): (&Panel, usize),
    sums: &mut [i32],
) {
    assert_eq!(wide.depth, panel.depth(), "products of equally many values");
    let (width, stride) = (panel.width(block), 2 * panel.pairs());
    assert_eq!(
        sums.len(),
        rows.len() * width,
        "one sum for each row and lane"
    );
    let part = rows.start * stride..rows.end * stride;
    let tile = |rows| Tile {
        rows,
        stride,
        block: panel.block(block),
        width,
    };
    set.tile(&tile(&wide.low[part.clone()]), sums);
    if let Some(high) = &wide.high {
        let mut upper = vec![0; sums.len()];
        set.tile(&tile(&high[part]), &mut upper);
        for (sum, upper) in sums.iter_mut().zip(upper) {
            *sum = sum.wrapping_add(upper << 16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(wide: &[i32], lanes: &[i16], depth: usize) -> Vec<Vec<i32>> {
        let sum = |row: &[i32], lane: &[i16]| {
            row.iter().zip(lane).fold(0_i32, |sum, (&a, &b)| {
                sum.wrapping_add(a.wrapping_mul(b.into()))
            })
        };
        wide.chunks(depth)
            .map(|row| lanes.chunks(depth).map(|lane| sum(row, lane)).collect())
            .collect()
    }

    fn wide_values() -> impl Strategy<Value = i32> {
        prop_oneof![
            -40_000..40_000,
            Just(i32::MIN),
            Just(i32::MAX),
            Just(32_767),
            Just(-32_768),
            any::<i32>()
        ]
    }

    fn operands() -> impl Strategy<Value = (usize, Vec<i32>, Vec<i16>)> {
        let sizes = prop_oneof![
            (1..70_usize, 1..20_usize, 1..6_usize),
            (1..6_usize, 1..6_usize, 1..200_usize),
            // Deeper than the pieces in which kernels pass over the lanes.
            (180..420_usize, 1..18_usize, 1..4_usize),
        ];
        sizes.prop_flat_map(|(depth, rows, lanes)| {
            let wide = prop_oneof![
                proptest::collection::vec(-32_767..=32_767, depth * rows),
                proptest::collection::vec(wide_values(), depth * rows),
            ];
            let lane = prop_oneof![any::<i16>(), Just(i16::MIN), -128..128_i16];
            (
                Just(depth),
                wide,
                proptest::collection::vec(lane, depth * lanes),
            )
        })
    }

    proptest! {
        #[test]
        fn every_set_forms_the_naive_sums_even_where_they_wrap((depth, wide, lanes) in operands()) {
            let expected = naive(&wide, &lanes, depth);
            let panel = Panel::from_rows(&lanes, depth);
            let wide = Wide::new(&wide, depth);
            for set in Set::available() {
                for block in 0..panel.blocks() {
                    let width = panel.width(block);
                    let mut sums = vec![7; wide.count() * width];
                    products(set, &wide, 0..wide.count(), (&panel, block), &mut sums);
                    for (row, sums) in sums.chunks_exact(width).enumerate() {
                        let own = &expected[row][block * BLOCK..];
                        let own = &own[..own.len().min(width)];
                        prop_assert_eq!(&sums[..own.len()], own, "{:?}", set);
                    }
                }
            }
        }

        #[test]
        fn every_set_adds_scaled_rows_as_the_portable_one(
            scale in wide_values(),
            row in proptest::collection::vec(any::<i16>(), 0..90),
            wide_row in proptest::collection::vec(wide_values(), 90),
            sums in proptest::collection::vec(any::<i32>(), 90),
        ) {
            for set in Set::available() {
                let (mut ours, mut oracle) = (sums.clone(), sums.clone());
                set.add_scaled(&mut ours, scale, &row);
                portable::add_scaled(&mut oracle, scale, &row);
                set.add_scaled_wide(&mut ours, scale, &wide_row);
                portable::add_scaled_wide(&mut oracle, scale, &wide_row);
                let exact = portable::exact_product(&wide_row, &row);
                prop_assert_eq!(set.exact_product(&wide_row, &row), exact, "{:?}", set);
                let (mut exactly, mut expected) = (vec![exact; 90], vec![exact; 90]);
                set.add_scaled_exactly(&mut exactly, scale, &row);
                portable::add_scaled_exactly(&mut expected, scale, &row);
                prop_assert_eq!(exactly, expected, "{:?}", set);
                prop_assert_eq!(ours, oracle, "{:?}", set);
            }
        }

        #[test]
        fn every_set_raises_keys_as_the_portable_one(
            keys in proptest::collection::vec(any::<i32>(), 0..90),
            values in proptest::collection::vec(any::<i16>(), 90),
            ranks in proptest::collection::vec(0..500_i32, 90),
            base in 500..65_536_i32,
        ) {
            let mut oracle = keys.clone();
            portable::raise_keys(&mut oracle, &values, &ranks, base);
            for set in Set::available() {
                let mut ours = keys.clone();
                set.raise_keys(&mut ours, &values, &ranks, base);
                prop_assert_eq!(&ours, &oracle, "{:?}", set);
            }
        }

        #[test]
        fn every_set_scales_and_updates_as_the_portable_one(
            sums in proptest::collection::vec(wide_values(), 0..90),
            weights in proptest::collection::vec(wide_values(), 90),
            divisor in 1..(1_u64 << 32),
            bits in 0..32_u32,
            decay in proptest::option::of(1..100_000_u64),
        ) {
            let divisor = Reciprocal::new((divisor >> bits).max(1));
            let decay = decay.map(Reciprocal::new);
            for set in Set::available() {
                let (mut ours, mut oracle) = (vec![9; sums.len()], vec![9; sums.len()]);
                let cut = set.scale(&sums, divisor, 127, &mut ours);
                prop_assert_eq!(cut, portable::scale(&sums, divisor, 127, &mut oracle));
                prop_assert_eq!(ours, oracle, "{:?}", set);
                let (mut ours, mut oracle) = (weights.clone(), weights.clone());
                let wrapped = set.update(&mut ours[..sums.len()], &sums, divisor, decay);
                let expected = portable::update(&mut oracle[..sums.len()], &sums, divisor, decay);
                prop_assert_eq!(wrapped, expected, "{:?}", set);
                prop_assert_eq!(set.largest(&weights), portable::largest(&weights));
                prop_assert_eq!(ours, oracle, "{:?}", set);
            }
        }
    }
}
