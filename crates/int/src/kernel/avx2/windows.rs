//! Windows of planes, added to the sums of a filter.

use crate::kernel::contributions::{self, Contribution};
use crate::kernel::windows::{PLANE, Pixel, Windows};
use core::arch::x86_64::{
    _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256, _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

/// # Safety
/// `Windows::check` has accepted the windows and their sums.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn add_windows(sums: &mut [i32], windows: Windows<'_>, fresh: bool) {
    let side = windows.window.side;
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let pixel = Pixel { row, column };
            // SAFETY: `row < side` and `column + C <= side` in each arm; the caller has checked the
            // windows.
            column += unsafe {
                match side - column {
                    3.. => add::<3>(sums, windows, pixel, fresh),
                    2 => add::<2>(sums, windows, pixel, fresh),
                    _ => add::<1>(sums, windows, pixel, fresh),
                }
            };
        }
    }
}

/// Adds `C` columns of one row of windows, from a pixel on, two windows side by side; returns `C`.
///
/// # Safety
/// `Windows::check` has accepted the windows and their sums, the row is below `side`, and
/// `column + C <= side`.
#[target_feature(enable = "avx2")]
unsafe fn add<const C: usize>(
    sums: &mut [i32],
    windows: Windows<'_>,
    pixel: Pixel,
    fresh: bool,
) -> usize {
    let window = windows.window;
    let values = windows.values.as_ptr().wrapping_add(window.value(pixel));
    let to = sums.as_mut_ptr().wrapping_add(window.sum(pixel));
    // Of each half of a line, with the fours 0, 4, 1, 5 and 2, 6, 3, 7.
    let mut sums = [[[_mm256_setzero_si256(); 2]; 2]; C];
    for two in contributions::pairs(windows.part.list()) {
        let scales = _mm256_set1_epi32(Contribution::scales(two));
        let [one, two] = two.map(|one| one.start as usize);
        for (column, sums) in sums.iter_mut().enumerate() {
            for (half, [lower, upper]) in sums.iter_mut().enumerate() {
                // SAFETY: `pixel.column + column < side`, and half a line is 16 values: they are within
                // the window, which `start + reach <= values.len()` holds to its last pixel, as
                // asserted in `Windows::check`.
                unsafe {
                    let values = values.add(column * PLANE + half * PLANE / 2);
                    let one = _mm256_loadu_si256(values.add(one).cast());
                    let two = _mm256_loadu_si256(values.add(two).cast());
                    let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(one, two), scales);
                    let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(one, two), scales);
                    *lower = _mm256_add_epi32(*lower, low);
                    *upper = _mm256_add_epi32(*upper, high);
                }
            }
        }
    }
    for (column, sums) in sums.into_iter().enumerate() {
        let to = to.wrapping_add(column * window.spread);
        for (half, sums) in sums.into_iter().enumerate() {
            for (part, sums) in sums.into_iter().enumerate() {
                // SAFETY: `8 * half + 16 * part + 8 <= PLANE`, and the last pixel of the window has
                // `PLANE` sums within `sums`, as asserted in `Windows::check`.
                unsafe {
                    let to = to.add(8 * half + PLANE / 2 * part).cast();
                    let before = if fresh {
                        _mm256_setzero_si256()
                    } else {
                        _mm256_loadu_si256(to)
                    };
                    _mm256_storeu_si256(to, _mm256_add_epi32(before, sums));
                }
            }
        }
    }
    C
}
