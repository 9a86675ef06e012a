//! The hot loops, behind safe functions over slices.
//!
//! All sums are modulo 2^32, as the reference's int32 sums are. [`crate::audit`] tells which of
//! them wrapped. `portable` is the only kernel set yet and stays the oracle of faster ones.

use alloc::vec::Vec;

mod portable;

/// Rows of int16 values: activations, or loss gradients.
#[derive(Clone, Copy, Debug)]
pub struct Narrow<'a> {
    pub(crate) values: &'a [i16],
    /// Values in a row.
    pub(crate) depth: usize,
    /// Largest magnitude.
    pub(crate) largest: u32,
}

impl<'a> Narrow<'a> {
    /// Rows of `depth` values.
    ///
    /// # Panics
    /// If `depth` is 0 or does not divide the number of values.
    pub fn new(values: &'a [i16], depth: usize) -> Self {
        assert!(
            depth > 0 && values.len().is_multiple_of(depth),
            "whole rows of {depth}"
        );
        let largest = values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0);
        Narrow {
            values,
            depth,
            largest: largest.into(),
        }
    }

    /// The rows.
    pub fn rows(&self) -> core::slice::ChunksExact<'a, i16> {
        self.values.chunks_exact(self.depth)
    }
}

/// Rows of int32 values: weights, or gradients; packed to int16 where they fit.
#[derive(Clone, Debug)]
pub struct Wide<'a> {
    values: &'a [i32],
    packed: Option<Vec<i16>>,
    largest: u32,
}

impl<'a> Wide<'a> {
    /// Looks at all values once.
    pub fn new(values: &'a [i32]) -> Self {
        let largest = values
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0);
        let packed = (largest <= i16::MAX.unsigned_abs().into()).then(|| pack(values));
        Wide {
            values,
            packed,
            largest,
        }
    }

    /// The values as they were given.
    pub fn values(&self) -> &'a [i32] {
        self.values
    }

    /// Largest magnitude.
    pub fn largest(&self) -> u32 {
        self.largest
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "all values were seen to fit int16"
)]
fn pack(values: &[i32]) -> Vec<i16> {
    values.iter().map(|&value| value as i16).collect()
}

/// `sums[n, w] = sum over k of narrow[n, k] * wide[w, k]`, modulo 2^32.
///
/// # Panics
/// If the sizes do not match.
pub fn products_by_narrow_row(narrow: &Narrow<'_>, wide: &Wide<'_>, sums: &mut [i32]) {
    let rows = narrow.values.len() / narrow.depth;
    let columns = wide.values.len() / narrow.depth;
    assert_eq!(sums.len(), rows * columns, "one sum for each pair of rows");
    if columns == 0 {
        return;
    }
    for (row, sums) in narrow.rows().zip(sums.chunks_exact_mut(columns)) {
        match &wide.packed {
            Some(packed) => portable::row_products_i16(row, packed, sums),
            None => portable::row_products_i32(row, wide.values, sums),
        }
    }
}

/// `sums[w, n] = sum over k of narrow[n, k] * wide[w, k]`, modulo 2^32.
///
/// # Panics
/// If the sizes do not match.
pub fn products_by_wide_row(narrow: &Narrow<'_>, wide: &Wide<'_>, sums: &mut [i32]) {
    let columns = narrow.values.len() / narrow.depth;
    let rows = wide.values.len() / narrow.depth;
    assert_eq!(sums.len(), rows * columns, "one sum for each pair of rows");
    if columns == 0 {
        return;
    }
    for (index, sums) in sums.chunks_exact_mut(columns).enumerate() {
        let row = index * narrow.depth..(index + 1) * narrow.depth;
        match &wide.packed {
            Some(packed) => portable::row_products_i16(&packed[row], narrow.values, sums),
            None => portable::wide_row_products(&wide.values[row], narrow.values, sums),
        }
    }
}

/// `sums += scale * row`, modulo 2^32.
pub fn add_scaled(sums: &mut [i32], scale: i32, row: &[i16]) {
    portable::add_scaled_i16(sums, scale, row);
}

/// `sums += scale * row`, modulo 2^32.
pub fn add_scaled_wide(sums: &mut [i32], scale: i32, row: &[i32]) {
    portable::add_scaled_i32(sums, scale, row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(narrow: &[i16], wide: &[i32], depth: usize) -> Vec<Vec<i32>> {
        let sum = |row: &[i16], wide_row: &[i32]| {
            let exact: i64 = row
                .iter()
                .zip(wide_row)
                .map(|(&a, &b)| i64::from(a) * i64::from(b))
                .sum();
            u32::try_from(exact.rem_euclid(1 << 32))
                .unwrap()
                .cast_signed()
        };
        narrow
            .chunks(depth)
            .map(|row| {
                wide.chunks(depth)
                    .map(|wide_row| sum(row, wide_row))
                    .collect()
            })
            .collect()
    }

    fn operands() -> impl Strategy<Value = (usize, Vec<i16>, Vec<i32>)> {
        let wide_value = prop_oneof![
            -40_000..40_000,
            Just(i32::MIN),
            Just(i32::MAX),
            any::<i32>()
        ];
        let small = -32_768..=32_767;
        (1..70_usize, 1..6_usize, 1..6_usize).prop_flat_map(move |(depth, rows, columns)| {
            let wide = prop_oneof![
                proptest::collection::vec(small.clone(), depth * columns),
                proptest::collection::vec(wide_value.clone(), depth * columns),
            ];
            (
                Just(depth),
                proptest::collection::vec(any::<i16>(), depth * rows),
                wide,
            )
        })
    }

    proptest! {
        #[test]
        fn both_orders_equal_the_naive_sums_even_where_they_wrap((depth, narrow, wide) in operands()) {
            let expected = naive(&narrow, &wide, depth);
            let (rows, columns) = (narrow.len() / depth, wide.len() / depth);
            let (narrow, wide) = (Narrow::new(&narrow, depth), Wide::new(&wide));
            let mut by_narrow = vec![0; rows * columns];
            products_by_narrow_row(&narrow, &wide, &mut by_narrow);
            let mut by_wide = vec![0; rows * columns];
            products_by_wide_row(&narrow, &wide, &mut by_wide);
            for n in 0..rows {
                for w in 0..columns {
                    prop_assert_eq!(by_narrow[n * columns + w], expected[n][w]);
                    prop_assert_eq!(by_wide[w * rows + n], expected[n][w]);
                }
            }
        }
    }
}
