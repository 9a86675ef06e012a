//! The integer initialisation.

use alloc::vec::Vec;
use nearfield_train::random::Stream;

/// Largest initial weight of a layer with `fan_in` inputs: Kaiming's uniform limit for a leaky
/// slope of 1/4 on inputs of deviation about 128, in integers, at most 64.
///
/// # Source
/// NITRO-D section 3.4; the integer square root truncates, so 27 inputs count as 25.
pub(crate) fn limit(fan_in: usize) -> u32 {
    const GAIN_MILLE: u64 = 1372;
    const SQRT_3_MILLE: u64 = 1732;
    let root = (fan_in as u64).isqrt().max(1);
    let limit = GAIN_MILLE * 128 * SQRT_3_MILLE / (root * 1_000_000);
    u32::try_from(limit.min(64)).unwrap_or(64)
}

/// `count` weights, uniform on `-limit(fan_in)..=limit(fan_in)`.
pub(crate) fn weights(count: usize, fan_in: usize, stream: &mut Stream) -> Vec<i32> {
    let limit = limit(fan_in);
    (0..count).map(|_| stream.symmetric(limit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_the_published_ones() {
        let table = [
            (9, 64),
            (27, 60),
            (50, 43),
            (100, 30),
            (200, 21),
            (512, 13),
            (784, 10),
            (1024, 9),
            (1152, 9),
            (2048, 6),
            (2304, 6),
            (3000, 5),
            (3072, 5),
            (3584, 5),
            (4096, 4),
            (4608, 4),
        ];
        for (fan_in, expected) in table {
            assert_eq!(limit(fan_in), expected, "fan_in {fan_in}");
        }
    }
}
