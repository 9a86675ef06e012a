//! Sums of products of rows and columns of mixed widths, modulo 2^32 or exact.

use super::halves::{Halves, High, joined};
use super::operands::{Columns, Rows};
use super::sparse;
use crate::kernel::{Isa, SUMS, Span, Tile};

/// Forms the sums of all rows with one block of columns: `sums[row, column]`, modulo 2^32, in rows
/// of the block's width.
///
/// # Panics
/// If depths differ, a row is not within its buffer, or `sums` has another size.
pub fn products(isa: Isa, rows: &Rows<'_>, columns: &Columns<'_>, sums: &mut [i32]) {
    let tile = |values, block| Tile {
        values,
        starts: rows.starts,
        span: rows.span,
        block,
        width: columns.width,
    };
    isa.tile(&tile(rows.values.low, columns.values.low), sums);
    // The product of two high halves is a multiple of 2^32.
    let mut add_high_halves = |tile| {
        let mut upper = [0; SUMS];
        let upper = &mut upper[..sums.len()];
        isa.tile(&tile, upper);
        for (sum, upper) in sums.iter_mut().zip(upper) {
            *sum = sum.wrapping_add(*upper << 16);
        }
    };
    if let High::Dense(high) = rows.values.high {
        add_high_halves(tile(high, columns.values.low));
    }
    if let High::Dense(high) = columns.values.high {
        add_high_halves(tile(rows.values.low, high));
    }
    if let High::Sparse(listed) = rows.values.high {
        sparse::add_of_rows(isa, rows, listed, columns, sums);
    }
    if let High::Sparse(listed) = columns.values.high {
        sparse::for_each_of_columns(rows, columns, listed, |index, product| {
            sums[index] = sums[index].wrapping_add(product << 16);
        });
    }
}

/// As [`products`], exactly, for values whose magnitudes are at most `max_abs` (rows, columns); of
/// rows and columns, only one may leave int16.
///
/// # Panics
/// As [`products`].
pub fn exact_products(
    isa: Isa,
    rows: &Rows<'_>,
    columns: &Columns<'_>,
    max_abs: [u32; 2],
    sums: &mut [i64],
) {
    let [row, column] = max_abs.map(|max_abs| u64::from(max_abs).min(1 << 15));
    // Sums of `depth` products of low halves fit int32.
    let depth = usize::try_from(i32::MAX as u64 / (row * column).max(1)).unwrap_or(usize::MAX);
    let depth = depth / 2 * 2;
    sums.fill(0);
    let dense = |values: Halves<'_>| matches!(values.high, High::Dense(_));
    if depth == 0 || dense(rows.values) || dense(columns.values) {
        exact_products_one_by_one(rows, columns, sums);
    } else {
        exact_products_in_parts(isa, rows, columns, depth, sums);
    }
    let mut add = |index: usize, product| sums[index] += i64::from(product) << 16;
    if let High::Sparse(listed) = rows.values.high {
        sparse::for_each_of_rows(rows, listed, columns, &mut add);
    }
    if let High::Sparse(listed) = columns.values.high {
        sparse::for_each_of_columns(rows, columns, listed, &mut add);
    }
}

/// Exact sums of low halves, from parts of up to `depth` products, which cannot wrap.
fn exact_products_in_parts(
    isa: Isa,
    rows: &Rows<'_>,
    columns: &Columns<'_>,
    depth: usize,
    sums: &mut [i64],
) {
    let mut part_sums = [0; SUMS];
    let part_sums = &mut part_sums[..sums.len()];
    let length = rows.span.length;
    for run in 0..rows.span.runs {
        for first in (0..length).step_by(depth) {
            let span = Span::contiguous(depth.min(length - first));
            let block = (run * length + first) * columns.width;
            isa.tile(
                &Tile {
                    values: &rows.values.low[run * rows.span.stride + first..],
                    starts: rows.starts,
                    span,
                    block: &columns.values.low[block..][..span.length * columns.width],
                    width: columns.width,
                },
                part_sums,
            );
            for (sum, part) in sums.iter_mut().zip(&*part_sums) {
                *sum += i64::from(*part);
            }
        }
    }
}

/// Exact sums, without the listed high halves.
fn exact_products_one_by_one(rows: &Rows<'_>, columns: &Columns<'_>, sums: &mut [i64]) {
    let (span, width) = (rows.span, columns.width);
    let value = |values: Halves<'_>, index: usize| {
        let low = values.low[index];
        i64::from(match values.high {
            High::Dense(high) => joined(low, high[index]),
            _ => low.into(),
        })
    };
    for (&start, sums) in rows.starts.iter().zip(sums.chunks_exact_mut(width)) {
        for depth in 0..span.depth() {
            let index = start + depth / span.length * span.stride + depth % span.length;
            let row = value(rows.values, index);
            for (column, sum) in sums.iter_mut().enumerate() {
                let at = (depth / 2 * width + column) * 2 + depth % 2;
                *sum = sum.saturating_add(row * value(columns.values, at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arithmetic::wrapped;
    use crate::gemm::halves::split;
    use crate::gemm::panel::Panel;
    use crate::kernel::Overflow;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn naive(rows: &[i32], columns: &[i32], depth: usize) -> Vec<Vec<i64>> {
        let sum = |row: &[i32], column: &[i32]| {
            row.iter()
                .zip(column)
                .map(|(&a, &b)| i64::from(a) * i64::from(b))
                .sum()
        };
        rows.chunks(depth)
            .map(|row| {
                columns
                    .chunks(depth)
                    .map(|column| sum(row, column))
                    .collect()
            })
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

    /// Depth, values of rows, values of columns; at most one of the two leaves int16.
    fn operands() -> impl Strategy<Value = (usize, Vec<i32>, Vec<i32>)> {
        let sizes = prop_oneof![
            (1..70_usize, 1..20_usize, 1..6_usize),
            (1..6_usize, 1..6_usize, 1..65_usize),
            (1..40_usize, 40..=48_usize, 1..65_usize),
            // Deeper than the pieces in which kernels pass over the columns.
            (180..420_usize, 1..18_usize, 1..4_usize),
        ];
        sizes.prop_flat_map(|(depth, rows, columns)| {
            let narrow = |count: usize| {
                let value = prop_oneof![-32_768..=32_767, Just(-32_768), -128..128];
                proptest::collection::vec(value, depth * count)
            };
            let wide = |count: usize| proptest::collection::vec(wide_values(), depth * count);
            prop_oneof![
                (Just(depth), narrow(rows), narrow(columns)),
                (Just(depth), wide(rows), narrow(columns)),
                (Just(depth), narrow(rows), wide(columns)),
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

    fn listed(high: &[i16]) -> Vec<Overflow> {
        let all = high.iter().enumerate().filter(|half| *half.1 != 0);
        all.map(|(index, &high)| Overflow {
            index: u32::try_from(index).unwrap(),
            high,
        })
        .collect()
    }

    proptest! {
        #[test]
        fn all_kernels_form_the_naive_sums_even_where_they_wrap((depth, rows, columns) in operands()) {
            let expected = naive(&rows, &columns, depth);
            let max_abs = [Isa::PORTABLE.max_abs(&rows), Isa::PORTABLE.max_abs(&columns)];
            let (row_halves, column_halves) = (halves(&rows, depth), halves(&columns, depth));
            let stride = depth.next_multiple_of(2);
            let starts: Vec<usize> = (0..rows.len() / depth).map(|row| row * stride).collect();
            let panels = [&column_halves.0, &column_halves.1].map(|half| Panel::from_rows(half, stride));
            let width = panels[0].width(0);
            let sparse = [listed(&row_halves.1), listed(panels[1].block(0))];
            let ways = [
                [High::Sparse(&sparse[0]), High::Sparse(&sparse[1])],
                [
                    if sparse[0].is_empty() { High::None } else { High::Dense(&row_halves.1) },
                    if sparse[1].is_empty() { High::None } else { High::Dense(panels[1].block(0)) },
                ],
            ];
            for (isa, [row_high, column_high]) in
                Isa::available().into_iter().flat_map(|isa| ways.map(|way| (isa, way)))
            {
                let columns = Columns {
                    values: Halves { low: panels[0].block(0), high: column_high },
                    width,
                };
                let rows = Rows {
                    values: Halves { low: &row_halves.0, high: row_high },
                    starts: &starts,
                    span: Span::contiguous(stride),
                };
                let mut sums = vec![7; starts.len() * width];
                products(isa, &rows, &columns, &mut sums);
                let mut exact = vec![7; sums.len()];
                exact_products(isa, &rows, &columns, max_abs, &mut exact);
                let found = sums.chunks_exact(width).zip(exact.chunks_exact(width));
                for ((sums, exact), own) in found.zip(&expected) {
                    prop_assert_eq!(&exact[..own.len()], own, "{:?}", isa);
                    let wrapped: Vec<i32> = own.iter().map(|&sum| wrapped(sum)).collect();
                    prop_assert_eq!(&sums[..own.len()], wrapped, "{:?}", isa);
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
            let columns = &seed[..span.depth()];
            let panel = Panel::from_rows(columns, span.depth());
            let buffer: Vec<i16> = seed.iter().rev().copied().chain(seed.iter().copied()).collect();
            let together: Vec<i32> = starts
                .iter()
                .flat_map(|start| (0..runs).map(move |run| start + run * span.stride))
                .flat_map(|start| buffer[start..start + span.length].iter().map(|&v| v.into()))
                .collect();
            let wide: Vec<i32> = columns.iter().map(|&value| value.into()).collect();
            let expected = naive(&together, &wide, span.depth());
            let rows = Rows { values: Halves::narrow(&buffer), starts: &starts, span };
            let columns = Columns { values: Halves::narrow(panel.block(0)), width: 16 };
            for isa in Isa::available() {
                let mut sums = vec![7; 16 * starts.len()];
                products(isa, &rows, &columns, &mut sums);
                for (sums, own) in sums.chunks_exact(16).zip(&expected) {
                    prop_assert_eq!(sums[0], wrapped(own[0]), "{:?}", isa);
                    prop_assert!(sums[1..].iter().all(|&sum| sum == 0));
                }
            }
        }
    }
}
