//! Sums of products, with a count of those that leave int32.
//!
//! Three bounds in turn prove most sums harmless: sizes times largest values, and Cauchy-Schwarz
//! for whole tiles and for single sums. Rows with others are formed again in 64 bits.

use crate::audit::{Counting, Range};
use crate::gemm::{self, Columns, Rows};
use crate::kernel::{Isa, ROWS, SUMS};

/// What bounds the sums of rows and lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    /// Largest magnitude in the rows, and in the lanes.
    pub(super) largest: [u32; 2],
    /// Sums of squares, cut at 2^64 - 1: of the rows, and of the lanes of the block. Not looked
    /// at if [`Bounds::suffice`] says so.
    pub(super) squares: [&'a [u64]; 2],
}

impl Bounds<'_> {
    /// Whether largest values alone prove that sums of `depth` products fit int32.
    pub(super) fn suffice(depth: usize, largest: [u32; 2]) -> bool {
        let product = u64::from(largest[0]) * u64::from(largest[1]);
        product.saturating_mul(depth as u64) <= i32::MAX as u64
    }

    /// Whether sums of squares are looked at.
    pub(super) fn wanted(counting: Counting, depth: usize, largest: [u32; 2]) -> bool {
        counting.wraps() && !Bounds::suffice(depth, largest)
    }
}

/// Forms the sums of rows with a block of which `count` lanes exist, `[rows][width]`.
pub(super) fn form(
    isa: Isa,
    (rows, lanes, count): (&Rows<'_>, &Columns<'_>, usize),
    bounds: &Bounds<'_>,
    counting: Counting,
    sums: &mut [i32],
) -> Range {
    gemm::products(isa, rows, lanes, sums);
    let mut range = Range {
        sums: (rows.starts.len() * count) as u64,
        ..Range::default()
    };
    if counting.largest() {
        for sums in sums.chunks_exact(lanes.width) {
            range.see(&sums[..count]);
        }
    }
    if Bounds::wanted(counting, rows.span.depth(), bounds.largest) && !all_harmless(bounds) {
        count_wrapped(isa, (rows, lanes, count), bounds, &mut range);
    }
    range
}

fn all_harmless(bounds: &Bounds<'_>) -> bool {
    harmless(most(bounds.squares[0]), most(bounds.squares[1]))
}

/// The largest of some sums of squares.
pub(super) fn most(squares: &[u64]) -> u64 {
    squares.iter().copied().max().unwrap_or(0)
}

/// Whether Cauchy and Schwarz say that a sum of products of such rows fits int32.
pub(super) fn harmless(squares: u64, other_squares: u64) -> bool {
    u128::from(squares) * u128::from(other_squares) <= u128::from(i32::MAX.unsigned_abs()).pow(2)
        && squares.max(other_squares) < u64::MAX
}

#[cold]
fn count_wrapped(
    isa: Isa,
    (rows, lanes, count): (&Rows<'_>, &Columns<'_>, usize),
    bounds: &Bounds<'_>,
    range: &mut Range,
) {
    let [row_squares, lane_squares] = bounds.squares;
    let suspect = |&row: &u64| lane_squares.iter().any(|&lane| !harmless(row, lane));
    let (mut starts, mut count_of_rows) = ([0; ROWS], 0);
    for (&start, _) in rows
        .starts
        .iter()
        .zip(row_squares)
        .filter(|row| suspect(row.1))
    {
        starts[count_of_rows] = start;
        count_of_rows += 1;
    }
    if count_of_rows == 0 {
        return;
    }
    let rows = Rows {
        starts: &starts[..count_of_rows],
        ..*rows
    };
    let mut exact = [0; SUMS];
    let exact = &mut exact[..count_of_rows * lanes.width];
    gemm::exact_products(isa, (&rows, lanes), bounds.largest, exact);
    for exact in exact.chunks_exact(lanes.width) {
        for &sum in &exact[..count] {
            range.see_exact(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::{Halves, Panel, Weights};
    use crate::kernel::Span;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn range(narrow: &[i16], wide: &[i32], depth: usize) -> Range {
        let panel = Panel::from_rows(narrow, depth);
        let weights = Weights::new(wide, depth);
        let mut row_squares = Vec::new();
        weights.measure(&mut row_squares);
        let squares: Vec<u64> = narrow
            .chunks(depth)
            .map(|row| Isa::PORTABLE.squares(row))
            .collect();
        let starts: Vec<usize> = (0..weights.count()).map(|r| r * weights.stride()).collect();
        let rows = Rows {
            values: weights.halves(),
            starts: &starts,
            span: Span::contiguous(weights.stride()),
        };
        let lanes = Columns {
            values: Halves::narrow(panel.block(0)),
            width: panel.width(0),
        };
        let bounds = Bounds {
            largest: [weights.max_abs(), Isa::PORTABLE.max_abs_i16(narrow).into()],
            squares: [&row_squares, &squares],
        };
        let mut sums = [0; SUMS];
        let sums = &mut sums[..starts.len() * lanes.width];
        form(
            Isa::current(),
            (&rows, &lanes, panel.columns()),
            &bounds,
            Counting::Wraps,
            sums,
        )
    }

    #[test]
    fn sums_beyond_int32_are_counted_with_their_exact_size() {
        let exact = 127 * 16_909_321;
        assert!(exact > i64::from(i32::MAX));
        let found = range(&[127, 127, 1, 0], &[16_909_320, 1, 5, 5], 2);
        let expected = Range {
            sums: 4,
            wrapped: 1,
            largest: exact.unsigned_abs(),
        };
        assert_eq!(found, expected);
        assert_eq!(found.bits(), 33);
    }

    #[test]
    fn large_sums_that_fit_are_not_counted() {
        let found = range(
            &[100; 4],
            &[10_000_000, -10_000_000, 10_000_000, -9_999_999],
            4,
        );
        let expected = Range {
            sums: 1,
            wrapped: 0,
            largest: 0,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn int16_weights_can_wrap_too_and_are_counted() {
        let weights = [32_767; 4_000];
        let mut inputs = [30; 4_000];
        assert_eq!(range(&inputs, &weights, 4_000).wrapped, 1);
        inputs[..3_000].fill(-10);
        assert_eq!(range(&inputs, &weights, 4_000).wrapped, 0);
    }

    #[test]
    fn the_most_negative_int32_fits() {
        assert_eq!(range(&[-128, 0], &[1 << 24, 9], 2).wrapped, 0);
        assert_eq!(range(&[-128, -1], &[1 << 24, 1], 2).wrapped, 1);
    }

    proptest! {
        #[test]
        fn rows_that_may_wrap_are_counted_wherever_they_stand(
            share in prop_oneof![Just(4_u32), Just(100), Just(1000)],
            draws in proptest::collection::vec((0..1000_u32, any::<i32>()), 9 * 150),
            large in proptest::collection::vec(any::<bool>(), 9),
            lanes in proptest::collection::vec(-127..=127_i16, 20 * 150),
        ) {
            let weights: Vec<i32> = draws
                .iter()
                .enumerate()
                .map(|(place, &(draw, value))| match large[place / 150] {
                    true if draw < share => value,
                    _ => value >> 20,
                })
                .collect();
            let mut expected = Range { sums: 9 * 20, ..Range::default() };
            for weights in weights.chunks(150) {
                for lane in lanes.chunks(150) {
                    let products = weights.iter().zip(lane);
                    expected.see_exact(products.map(|(&w, &l)| i64::from(w) * i64::from(l)).sum());
                }
            }
            prop_assert_eq!(range(&lanes, &weights, 150), expected);
        }
    }
}
