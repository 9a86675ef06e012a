//! Windows of planes, which sparse gradients of convolutions add up.

use super::contributions::ContributionPart;

/// Channels of a plane.
pub const PLANE: usize = 32;

/// Channels that stay together within a line of a plane.
const FOUR: usize = 4;

/// Where a window stands in a plane, and where its sums do.
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
    /// Values from its first to its last.
    fn reach(self) -> usize {
        let rows = (self.side - 1).saturating_mul(self.row);
        rows.saturating_add(self.side.saturating_mul(PLANE))
    }

    /// Sums from its first to its last.
    fn sums(self) -> usize {
        let pixels = self.side.saturating_mul(self.side) - 1;
        pixels.saturating_mul(self.spread).saturating_add(PLANE)
    }
}

/// A pixel of a window.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Pixel {
    pub(super) row: usize,
    pub(super) column: usize,
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl Window {
    /// Index of a pixel's first value, from the start of the window on.
    #[inline(always)]
    pub(super) fn value(self, pixel: Pixel) -> usize {
        pixel.row * self.row + pixel.column * PLANE
    }

    /// Index of a pixel's first sum.
    #[inline(always)]
    pub(super) fn sum(self, pixel: Pixel) -> usize {
        (pixel.row * self.side + pixel.column) * self.spread
    }
}

/// Windows of a plane, each times the factor of its contribution.
#[derive(Clone, Copy, Debug)]
pub struct Windows<'a> {
    /// The values of the plane.
    pub values: &'a [i16],
    /// What each window covers.
    pub window: Window,
    /// Where windows start, and their factors.
    pub part: ContributionPart<'a>,
}

impl Windows<'_> {
    /// Panics unless every window is within its plane, and `sums` has those of all pixels.
    pub(super) fn check(&self, sums: &[i32]) {
        let window = self.window;
        assert!(
            window.side > 0
                && self.part.last_start().saturating_add(window.reach()) <= self.values.len(),
            "windows within their plane"
        );
        assert!(window.sums() <= sums.len(), "sums of all pixels");
    }
}

/// As [`super::Isa::add_windows`].
#[inline(always)]
pub(super) fn add_windows(sums: &mut [i32], windows: Windows<'_>, fresh: bool) {
    let window = windows.window;
    if fresh {
        let pixels = (0..window.side * window.side).map(|pixel| pixel * window.spread);
        pixels.for_each(|start| sums[start..start + PLANE].fill(0));
    }
    for pixel in 0..window.side * window.side {
        let first = pixel / window.side * window.row + pixel % window.side * PLANE;
        let sums = &mut sums[pixel * window.spread..][..PLANE];
        let (lower, upper) = sums.split_at_mut(PLANE / 2);
        for one in windows.part.list() {
            let line = &windows.values[one.start as usize + first..][..PLANE];
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
