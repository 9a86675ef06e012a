//! Images in planes of 32 channels, as sparse gradients of convolutions read them.
//!
//! A gradient at one output position adds the window of inputs under the kernel, scaled, to the
//! sums of a filter. With all channels of a pixel side by side, no window is in the first-level
//! cache when the next position needs it; a plane of one sample fits there, and serves all filters
//! and all pixels under the kernel.
//!
//! Within a pixel's line of 32 channels, their fours stand in the order 0, 4, 1, 5, 2, 6, 3, 7:
//! that makes sums come out in order where vectors of two pixels are unpacked into pairs.

use crate::kernel::PLANE;
use alloc::vec::Vec;

/// Channels that stay together within a line.
const FOUR: usize = 4;

/// Where the four `four` of a line's channels stand.
const fn place(four: usize) -> usize {
    four % 4 * 2 + four / 4
}

/// Where a channel stands in its line.
pub(crate) const fn in_line(channel: usize) -> usize {
    place(channel / FOUR) * FOUR + channel % FOUR
}

/// Orders a sample of `[pixels][depth]` as `[depth / 32][pixels][line]`.
///
/// # Panics
/// If `depth` is no multiple of 32, or there are not whole pixels.
pub fn to_planes(sample: &mut [i16], depth: usize, spare: &mut Vec<i16>) {
    assert!(depth.is_multiple_of(PLANE) && depth > 0, "whole lines");
    assert!(sample.len().is_multiple_of(depth), "whole pixels");
    spare.clear();
    spare.extend_from_slice(sample);
    let pixels = sample.len() / depth;
    for (plane, lines) in sample.chunks_exact_mut(pixels * PLANE).enumerate() {
        let pixels = spare.chunks_exact(depth);
        for (line, pixel) in lines.as_chunks_mut::<PLANE>().0.iter_mut().zip(pixels) {
            let channels = pixel[plane * PLANE..].as_chunks::<FOUR>().0;
            let line = line.as_chunks_mut::<FOUR>().0;
            for four in 0..PLANE / FOUR {
                line[place(four)] = channels[four];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Contributions, Isa, Window, Windows};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_kernels_add_the_windows_of_the_definition(
            (side, planes, columns) in (1..6_usize, 1..3_usize, 6..9_usize),
            gap in 0..9_usize, fresh in any::<bool>(),
            list in proptest::collection::vec((0..6 * 7_u32, -600_000..600_000), 0..20),
            sums in proptest::collection::vec(any::<i32>(), 2 * 2 * 25 * 73),
            seed in proptest::collection::vec(any::<i16>(), 101),
        ) {
            let depth = planes * PLANE;
            let pixels = 12 * columns;
            let sample: Vec<i16> = seed.iter().cycle().copied().take(pixels * depth).collect();
            let spread = depth + gap;
            let mut expected = sums.clone();
            if fresh {
                let pixels = expected.chunks_mut(spread).take(side * side);
                pixels.for_each(|sums| sums[..depth].fill(0));
            }
            let mut contributions = Contributions::default();
            for &(pixel, factor) in &list {
                if !contributions.push(pixel * 32, factor) {
                    continue;
                }
                for at in 0..side * side {
                    let pixel = pixel as usize + at / side * columns + at % side;
                    for channel in 0..depth {
                        let sum = &mut expected[at * spread + channel];
                        let value = i32::from(sample[pixel * depth + channel]);
                        *sum = sum.wrapping_add(factor.wrapping_mul(value));
                    }
                }
            }
            let mut ordered = sample;
            to_planes(&mut ordered, depth, &mut Vec::new());
            let window = Window { side, row: columns * PLANE, spread };
            for isa in Isa::available() {
                let mut ours = sums.clone();
                for plane in 0..planes {
                    let windows = |range| Windows {
                        values: &ordered[plane * pixels * PLANE..],
                        window,
                        part: contributions.part(range),
                    };
                    let middle = contributions.len() / 2;
                    let sums = &mut ours[plane * PLANE..];
                    isa.add_windows(sums, windows(0..middle), fresh);
                    isa.add_windows(sums, windows(middle..contributions.len()), false);
                }
                prop_assert_eq!(&ours, &expected, "{:?}", isa);
            }
        }
    }
}
