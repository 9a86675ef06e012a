//! Windows of planes: what sparse gradients of convolutions add up.

use super::contributions::Contribution;

/// Channels of a plane.
pub const PLANE: usize = 32;

/// Channels that stay together within a line of a plane.
const FOUR: usize = 4;

/// Where a window stands in a plane, and where what it is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Pixels along its side.
    pub side: usize,
    /// From a row of the window to the next, in the plane.
    pub row: usize,
    /// From the sums of one of its pixels to those of the next.
    pub spread: usize,
}

impl Window {
    /// From its first value to behind the last.
    pub(super) fn reach(self) -> usize {
        (self.side - 1) * self.row + self.side * PLANE
    }

    /// From the first of its sums to behind the last.
    pub(super) fn sums(self) -> usize {
        (self.side * self.side - 1) * self.spread + PLANE
    }
}

/// As [`super::Isa::add_windows`].
#[inline(always)]
pub(super) fn add_windows(
    sums: &mut [i32],
    values: &[i16],
    window: Window,
    list: &[Contribution],
    fresh: bool,
) {
    if fresh {
        let pixels = (0..window.side * window.side).map(|pixel| pixel * window.spread);
        pixels.for_each(|start| sums[start..start + PLANE].fill(0));
    }
    for pixel in 0..window.side * window.side {
        let first = pixel / window.side * window.row + pixel % window.side * PLANE;
        let sums = &mut sums[pixel * window.spread..][..PLANE];
        let (lower, upper) = sums.split_at_mut(PLANE / 2);
        for one in list {
            let line = &values[one.start as usize + first..][..PLANE];
            let fours = lower.as_chunks_mut().0.iter_mut();
            let fours = fours.zip(upper.as_chunks_mut().0);
            for ((lower, upper), line) in fours.zip(line.as_chunks::<{ 2 * FOUR }>().0) {
                let products = line.map(|value| i32::from(one.scale) * i32::from(value));
                add_four(lower, &products[..FOUR]);
                add_four(upper, &products[FOUR..]);
            }
        }
    }
}

#[inline(always)]
fn add_four(sums: &mut [i32; FOUR], products: &[i32]) {
    for (sum, &product) in sums.iter_mut().zip(products) {
        *sum = sum.wrapping_add(product);
    }
}
