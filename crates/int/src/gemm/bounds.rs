//! Bounds that prove that sums of products fit int32, without forming them in 64 bits.

/// Whether the largest magnitudes of rows and columns alone prove that sums of `depth` products
/// fit int32.
pub(crate) fn magnitudes_suffice(depth: usize, max_abs: [u32; 2]) -> bool {
    let product = u64::from(max_abs[0]) * u64::from(max_abs[1]);
    product.saturating_mul(depth as u64) <= i32::MAX as u64
}

/// The largest of some sums of squares.
pub(crate) fn max_squares(squares: &[u64]) -> u64 {
    squares.iter().copied().max().unwrap_or(0)
}

/// Whether Cauchy and Schwarz prove that a sum of products fits int32, from the sums of squares of
/// its row and its column, which are cut at 2^64 - 1.
pub(crate) fn cannot_overflow(row: u64, column: u64) -> bool {
    u128::from(row) * u128::from(column) <= u128::from(i32::MAX.unsigned_abs()).pow(2)
        && row.max(column) < u64::MAX
}

/// Whether they do not.
pub(crate) fn may_overflow(row: u64, column: u64) -> bool {
    !cannot_overflow(row, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_prove_sums_up_to_the_largest_int32_and_none_beyond() {
        let max = i32::MAX.unsigned_abs();
        assert!(magnitudes_suffice(1, [max, 1]));
        assert!(!magnitudes_suffice(1, [max + 1, 1]));
        assert!(!magnitudes_suffice(2, [max / 2 + 1, 1]));
        let square = u64::from(max).pow(2);
        assert!(cannot_overflow(square, 1));
        assert!(may_overflow(square + 1, 1));
        // A sum of squares that was cut may be any larger one.
        assert!(may_overflow(u64::MAX, 0));
        assert_eq!(max_squares(&[3, 9, 4]), 9);
    }
}
