//! The hot loops, behind safe functions over slices.
//!
//! All sums are modulo 2^32, as the reference's int32 sums are; [`crate::audit`] tells which of
//! them wrapped. There are three sets of kernels: `portable` is plain Rust and the oracle of the
//! others, `avx2` and `avx512` (VNNI) are chosen at run time where the processor has them. All
//! give the same bits; `NEARFIELD_KERNELS=portable|avx2|avx512` forces one.

mod aligned;
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
mod contributions;
mod excess;
pub(crate) mod fast_fir;
mod few;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod list;
mod panel;
mod planes;
mod portable;
mod reciprocal;
mod set;
mod tile;
pub(crate) mod upper;
mod weights;

pub use aligned::Aligned;
pub use contributions::Contributions;
pub use excess::Excess;
pub(crate) use excess::{between, joined, split};
pub use few::FewOfLanes;
pub use panel::Panel;
pub(crate) use panel::fill_from_rows;
pub(crate) use planes::in_line;
pub use planes::{PLANE, Window, to_planes};
pub use reciprocal::{NarrowReciprocal, Reciprocal};
pub use set::Set;
pub use tile::{BLOCK, Halves, High, Lanes, ROWS, Room, Rows, SUMS, Span, Sums};
pub use weights::{Corrected, Correction, Patch, RowsMut, Weights};

use tile::Tile;

/// Forms the sums of all rows with one block of lanes: `sums[row, lane]`, modulo 2^32, in rows
/// of the block's width.
///
/// # Panics
/// If depths differ, a row is not within its buffer, or `sums` has another size.
pub fn products(set: Set, rows: &Rows<'_>, lanes: &Lanes<'_>, sums: &mut [i32]) {
    let tile = |values, block| Tile {
        values,
        starts: rows.starts,
        span: rows.span,
        block,
        width: lanes.width,
    };
    set.tile(&tile(rows.values.low, lanes.values.low), sums);
    // The product of two high halves is a multiple of 2^32.
    let mut add_upper = |tile| {
        let mut upper = [0; SUMS];
        let upper = &mut upper[..sums.len()];
        set.tile(&tile, upper);
        for (sum, upper) in sums.iter_mut().zip(upper) {
            *sum = sum.wrapping_add(*upper << 16);
        }
    };
    if let High::Dense(high) = rows.values.high {
        add_upper(tile(high, lanes.values.low));
    }
    if let High::Dense(high) = lanes.values.high {
        add_upper(tile(rows.values.low, high));
    }
    if let High::Few(few) = rows.values.high {
        excess::add_of_rows(set, rows, few, lanes, sums);
    }
    if let High::Few(few) = lanes.values.high {
        excess::for_each_of_lanes(rows, lanes, few, |index, product| {
            sums[index] = sums[index].wrapping_add(product << 16);
        });
    }
}

/// As [`products`], exactly, for values whose magnitudes are at most `largest` (rows, lanes); of
/// rows and lanes, only one may leave int16.
///
/// # Panics
/// As [`products`].
pub fn exact_products(
    set: Set,
    (rows, lanes): (&Rows<'_>, &Lanes<'_>),
    largest: [u32; 2],
    sums: &mut [i64],
) {
    let [row, lane] = largest.map(|largest| u64::from(largest).min(1 << 15));
    let whole = usize::try_from(i32::MAX as u64 / (row * lane).max(1)).unwrap_or(usize::MAX);
    let whole = whole / 2 * 2;
    sums.fill(0);
    let dense = |values: Halves<'_>| matches!(values.high, High::Dense(_));
    if whole == 0 || dense(rows.values) || dense(lanes.values) {
        exact_products_one_by_one(rows, lanes, sums);
    } else {
        exact_products_in_parts(set, (rows, lanes), whole, sums);
    }
    let mut add = |index: usize, product| sums[index] += i64::from(product) << 16;
    if let High::Few(few) = rows.values.high {
        excess::for_each_of_rows(rows, few, lanes, &mut add);
    }
    if let High::Few(few) = lanes.values.high {
        excess::for_each_of_lanes(rows, lanes, few, &mut add);
    }
}

/// Exact sums of low halves: parts of so many products cannot wrap.
fn exact_products_in_parts(
    set: Set,
    (rows, lanes): (&Rows<'_>, &Lanes<'_>),
    whole: usize,
    sums: &mut [i64],
) {
    let mut part_sums = [0; SUMS];
    let part_sums = &mut part_sums[..sums.len()];
    let length = rows.span.length;
    for run in 0..rows.span.runs {
        for first in (0..length).step_by(whole) {
            let span = Span::contiguous(whole.min(length - first));
            let block = (run * length + first) * lanes.width;
            set.tile(
                &Tile {
                    values: &rows.values.low[run * rows.span.stride + first..],
                    starts: rows.starts,
                    span,
                    block: &lanes.values.low[block..][..span.length * lanes.width],
                    width: lanes.width,
                },
                part_sums,
            );
            for (sum, part) in sums.iter_mut().zip(&*part_sums) {
                *sum += i64::from(*part);
            }
        }
    }
}

/// Exact sums, but for listed excesses.
fn exact_products_one_by_one(rows: &Rows<'_>, lanes: &Lanes<'_>, sums: &mut [i64]) {
    let (span, width) = (rows.span, lanes.width);
    let value = |values: Halves<'_>, index: usize| {
        let low = values.low[index];
        i64::from(match values.high {
            High::Dense(high) => joined(low, high[index]),
            _ => low.into(),
        })
    };
    for (&start, sums) in rows.starts.iter().zip(sums.chunks_exact_mut(width)) {
        for depth in 0..span.depth() {
            let place = start + depth / span.length * span.stride + depth % span.length;
            let row = value(rows.values, place);
            for (lane, sum) in sums.iter_mut().enumerate() {
                let at = (depth / 2 * width + lane) * 2 + depth % 2;
                *sum = sum.saturating_add(row * value(lanes.values, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::wrapped;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn naive(rows: &[i32], lanes: &[i32], depth: usize) -> Vec<Vec<i64>> {
        let sum = |row: &[i32], lane: &[i32]| {
            row.iter()
                .zip(lane)
                .map(|(&a, &b)| i64::from(a) * i64::from(b))
                .sum()
        };
        rows.chunks(depth)
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

    /// Depth, values of rows, values of lanes; at most one of the two leaves int16.
    fn operands() -> impl Strategy<Value = (usize, Vec<i32>, Vec<i32>)> {
        let sizes = prop_oneof![
            (1..70_usize, 1..20_usize, 1..6_usize),
            (1..6_usize, 1..6_usize, 1..65_usize),
            (1..40_usize, 40..=48_usize, 1..65_usize),
            // Deeper than the pieces in which kernels pass over the lanes.
            (180..420_usize, 1..18_usize, 1..4_usize),
        ];
        sizes.prop_flat_map(|(depth, rows, lanes)| {
            let narrow = |count: usize| {
                let value = prop_oneof![-32_768..=32_767, Just(-32_768), -128..128];
                proptest::collection::vec(value, depth * count)
            };
            let wide = |count: usize| proptest::collection::vec(wide_values(), depth * count);
            prop_oneof![
                (Just(depth), narrow(rows), narrow(lanes)),
                (Just(depth), wide(rows), narrow(lanes)),
                (Just(depth), narrow(rows), wide(lanes)),
            ]
        })
    }

    /// The halves of rows of `depth` values, with a 0 behind each row if `depth` is odd.
    fn halves(values: &[i32], depth: usize) -> (Vec<i16>, Vec<i16>) {
        let row = |row: &[i32]| {
            let mut row = row.to_vec();
            row.resize(depth.next_multiple_of(2), 0);
            row.into_iter().map(split)
        };
        values.chunks(depth).flat_map(row).unzip()
    }

    fn listed(high: &[i16]) -> Vec<Excess> {
        let all = high.iter().enumerate().filter(|half| *half.1 != 0);
        all.map(|(place, &high)| Excess {
            place: u32::try_from(place).unwrap(),
            high,
        })
        .collect()
    }

    proptest! {
        #[test]
        fn every_set_forms_the_naive_sums_even_where_they_wrap((depth, rows, lanes) in operands()) {
            let expected = naive(&rows, &lanes, depth);
            let largest = [Set::PORTABLE.largest(&rows), Set::PORTABLE.largest(&lanes)];
            let (row_halves, lane_halves) = (halves(&rows, depth), halves(&lanes, depth));
            let stride = depth.next_multiple_of(2);
            let starts: Vec<usize> = (0..rows.len() / depth).map(|row| row * stride).collect();
            let panels = [&lane_halves.0, &lane_halves.1].map(|half| Panel::from_rows(half, stride));
            let width = panels[0].width(0);
            let few = [listed(&row_halves.1), listed(panels[1].block(0))];
            let ways = [
                [High::Few(&few[0]), High::Few(&few[1])],
                [
                    if few[0].is_empty() { High::None } else { High::Dense(&row_halves.1) },
                    if few[1].is_empty() { High::None } else { High::Dense(panels[1].block(0)) },
                ],
            ];
            for (set, [row_high, lane_high]) in
                Set::available().into_iter().flat_map(|set| ways.map(|way| (set, way)))
            {
                let lanes = Lanes {
                    values: Halves { low: panels[0].block(0), high: lane_high },
                    width,
                };
                let rows = Rows {
                    values: Halves { low: &row_halves.0, high: row_high },
                    starts: &starts,
                    span: Span::contiguous(stride),
                };
                let mut sums = vec![7; starts.len() * width];
                products(set, &rows, &lanes, &mut sums);
                let mut exact = vec![7; sums.len()];
                exact_products(set, (&rows, &lanes), largest, &mut exact);
                let found = sums.chunks_exact(width).zip(exact.chunks_exact(width));
                for ((sums, exact), own) in found.zip(&expected) {
                    prop_assert_eq!(&exact[..own.len()], own, "{:?}", set);
                    let wrapped: Vec<i32> = own.iter().map(|&sum| wrapped(sum)).collect();
                    prop_assert_eq!(&sums[..own.len()], wrapped, "{:?}", set);
                }
            }
        }

        #[test]
        fn rows_in_runs_are_rows_put_together(
            (runs, length, gap) in (1..5_usize, 1..120_usize, 0..9_usize),
            seed in proptest::collection::vec(any::<i16>(), 1300),
            starts in proptest::collection::vec(0..40_usize, 1..30),
        ) {
            let span = Span { runs, stride: 2 * length + gap, length: 2 * length };
            let lanes = &seed[..span.depth()];
            let panel = Panel::from_rows(lanes, span.depth());
            let buffer: Vec<i16> = seed.iter().rev().copied().chain(seed.iter().copied()).collect();
            let together: Vec<i32> = starts
                .iter()
                .flat_map(|start| (0..runs).map(move |run| start + run * span.stride))
                .flat_map(|start| buffer[start..start + span.length].iter().map(|&v| v.into()))
                .collect();
            let wide: Vec<i32> = lanes.iter().map(|&value| value.into()).collect();
            let expected = naive(&together, &wide, span.depth());
            let rows = Rows { values: Halves::narrow(&buffer), starts: &starts, span };
            let lanes = Lanes { values: Halves::narrow(panel.block(0)), width: 16 };
            for set in Set::available() {
                let mut sums = vec![7; 16 * starts.len()];
                products(set, &rows, &lanes, &mut sums);
                for (sums, own) in sums.chunks_exact(16).zip(&expected) {
                    prop_assert_eq!(sums[0], wrapped(own[0]), "{:?}", set);
                    prop_assert!(sums[1..].iter().all(|&sum| sum == 0));
                }
            }
        }

        #[test]
        fn every_set_adds_contributions_as_the_portable_one(
            length in 0..900_usize,
            list in proptest::collection::vec((0..300_u32, -600_000..600_000), 0..20),
            sums in proptest::collection::vec(any::<i32>(), 900),
            seed in proptest::collection::vec(any::<i16>(), 101),
        ) {
            let values: Vec<i16> = seed.iter().cycle().copied().take(1210).collect();
            let mut contributions = Contributions::default();
            for &(start, factor) in &list {
                let _ = contributions.push(start, factor);
            }
            let mut naive = sums[..length].to_vec();
            for &(start, factor) in list.iter().filter(|one| one.1.unsigned_abs() <= 16 * 32_767) {
                portable::add_scaled(&mut naive, factor, &values[10 + start as usize..]);
            }
            for set in Set::available() {
                let mut ours = sums[..length].to_vec();
                let all = 0..contributions.len();
                set.add_contributions(&mut ours, (&values, 10), (&contributions, all));
                prop_assert_eq!(&ours, &naive, "{:?}", set);
            }
        }

        #[test]
        fn every_set_does_the_small_things_as_the_portable_one(
            bytes in proptest::collection::vec(any::<i8>(), 0..90),
            other in proptest::collection::vec(any::<i8>(), 90),
            values in proptest::collection::vec(any::<i16>(), 90),
            wide in proptest::collection::vec(wide_values(), 90),
            (inverse, mean, place) in (4000..32_769_u16, 0..50_i16, any::<u16>()),
        ) {
            let count = bytes.len();
            let run = |set: Set| {
                let mut active = vec![5; count];
                set.leaky(&bytes, inverse, mean, &mut active);
                let (mut best, mut places) = (active.clone(), vec![3; count]);
                set.raise(&mut best, &mut places, &values, place);
                let mut scaled = bytes.clone();
                set.raise_scaled(&mut scaled, &other);
                let mut passed = wide.clone();
                set.leaky_backward(&mut passed, &bytes, Reciprocal::new(inverse.into()));
                let mut sums = wide[..count].to_vec();
                set.add_scaled(&mut sums, wide[0], &values);
                let most = (set.largest(&wide), set.largest_narrow(&values[..count]));
                (active, best, places, scaled, passed, (sums, most, set.squares(&values[..count])))
            };
            for set in Set::available() {
                prop_assert_eq!(run(set), run(Set::PORTABLE), "{:?}", set);
            }
        }

        #[test]
        fn every_set_lays_out_squares_as_the_portable_one(
            seed in proptest::collection::vec(any::<i16>(), 97),
            (stride, width) in (32..50_usize, 16..40_usize),
        ) {
            let rows: Vec<i16> = seed.iter().cycle().copied().take(16 * stride).collect();
            let run = |set: Set| {
                let mut lines = vec![7; 15 * 2 * width + 32];
                set.lay_out_square(&rows, stride, &mut lines, width);
                lines
            };
            for set in Set::available() {
                prop_assert_eq!(run(set), run(Set::PORTABLE), "{:?}", set);
            }
        }

        #[test]
        fn every_set_transposes_as_the_portable_one(
            seed in proptest::collection::vec(wide_values(), 97),
            (rows, columns) in (1..50_usize, 1..50_usize),
            more in 0..3_usize,
        ) {
            let values: Vec<i32> = seed.iter().cycle().copied().take(rows * columns).collect();
            let run = |set: Set| {
                let mut low = vec![7; columns * (rows + more)];
                set.transpose_low_halves(&values, columns, &mut low, rows + more);
                low
            };
            for set in Set::available() {
                prop_assert_eq!(run(set), run(Set::PORTABLE), "{:?}", set);
            }
        }

        #[test]
        fn every_set_scales_as_the_portable_one(
            sums in proptest::collection::vec(wide_values(), 0..90),
            divisor in 1..(1_u64 << 32),
            bits in 0..32_u32,
        ) {
            let divisor = Reciprocal::new((divisor >> bits).max(1));
            for set in Set::available() {
                let (mut ours, mut oracle) = (vec![9; sums.len()], vec![9; sums.len()]);
                let cut = set.scale(&sums, divisor, 127, &mut ours);
                prop_assert_eq!(cut, portable::scale(&sums, divisor, 127, &mut oracle));
                prop_assert_eq!(ours, oracle, "{:?}", set);
            }
        }

        #[test]
        fn every_set_updates_as_the_portable_one(
            gradients in proptest::collection::vec(wide_values(), 4 * 100),
            weights in proptest::collection::vec(any::<i16>(), 4 * 110),
            halved in any::<bool>(),
            (quiet, rows, columns) in (0..500_usize, 0..=4_usize, 1..=100_usize),
            stride in 100..=110_usize,
            divisor in 1..(1_u64 << 32),
            bits in 0..32_u32,
            decay in proptest::option::of((1..(1_u64 << 33), 0..33_u32)),
        ) {
            let rate = Reciprocal::new((divisor >> bits).max(1));
            let decay = decay.map(|(decay, bits)| Reciprocal::new((decay >> bits).max(1)));
            let correction = Correction { rate, decay };
            // Where gradients are small, no weight leaves int16 for some rows.
            let small = gradients.iter().enumerate().map(|(place, &gradient)| {
                if place < quiet { gradient % 1000 } else { gradient }
            });
            let gradients: Vec<i32> = small.collect();
            let half = |&weight: &i16| if halved { weight / 2 } else { weight };
            let weights: Vec<i16> = weights.iter().map(half).collect();
            let patch = Patch { rows, columns, strides: [stride, 100] };
            for set in Set::available() {
                let (mut ours, mut oracle) = (weights.clone(), weights.clone());
                let done = set.update(&mut ours, &gradients, patch, correction);
                let expected = portable::update(&mut oracle, &gradients, patch, correction);
                prop_assert_eq!(done, expected);
                prop_assert_eq!(ours, oracle, "{:?}", set);
            }
        }
    }
}
