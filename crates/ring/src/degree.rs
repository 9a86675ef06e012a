//! Ring degrees, and the order of a transform's values.

use crate::{Error, Result};

/// log2 of the smallest ring degree.
const MIN_LOG2: u32 = 3;

/// log2 of the largest ring degree.
const MAX_LOG2: u32 = 17;

/// # Errors
/// If `degree` is not a power of two from 2^3 to 2^17.
pub(crate) fn check_degree(degree: usize) -> Result<()> {
    if degree.is_power_of_two() && (MIN_LOG2..=MAX_LOG2).contains(&degree.trailing_zeros()) {
        return Ok(());
    }
    Err(Error::Degree {
        degree,
        min_log2: MIN_LOG2,
        max_log2: MAX_LOG2,
    })
}

/// The index below `length`, a power of two, with its bits in the opposite order.
pub(crate) fn bit_reversed(index: usize, length: usize) -> usize {
    index.reverse_bits() >> (usize::BITS - length.trailing_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_within_the_range_are_degrees_and_nothing_else_is() {
        for log in 3..=17 {
            assert_eq!(check_degree(1 << log), Ok(()));
        }
        for degree in [0, 1, 4, 12, (1 << 17) - 1, 1 << 18] {
            let error = check_degree(degree).unwrap_err();
            assert!(matches!(error, Error::Degree { degree: d, .. } if d == degree));
        }
    }

    #[test]
    fn reversing_bits_twice_gives_the_index_back() {
        assert_eq!([0, 1, 2, 3, 4].map(|i| bit_reversed(i, 8)), [0, 4, 2, 6, 1]);
        for index in 0..64 {
            assert_eq!(bit_reversed(bit_reversed(index, 64), 64), index);
        }
    }
}
