//! Windows of planes, added to the sums of a filter.

use crate::kernel::contributions::{self, Contribution};
use crate::kernel::windows::{PLANE, Pixel, Windows};
use core::arch::x86_64::{
    _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
};

/// # Safety
/// `Windows::check` has accepted the windows and their sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn add_windows(sums: &mut [i32], windows: Windows<'_>, fresh: bool) {
    let side = windows.window.side;
    if side == 3 {
        // SAFETY: three rows and columns from the first pixel on are within the side; the caller
        // has checked the windows.
        unsafe { add::<3, 3>(sums, windows, Pixel { row: 0, column: 0 }, fresh) };
        return;
    }
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let pixel = Pixel { row, column };
            // SAFETY: `row + 1 <= side` and `column + C <= side` in each arm; the caller has checked
            // the windows.
            column += unsafe {
                match side - column {
                    5.. => add::<1, 5>(sums, windows, pixel, fresh),
                    2.. => add::<1, 2>(sums, windows, pixel, fresh),
                    _ => add::<1, 1>(sums, windows, pixel, fresh),
                }
            };
        }
    }
}

/// Adds `R` rows and `C` columns of windows, from a pixel on; returns `C`.
///
/// Two windows go side by side: the products of one instruction are of values of both.
///
/// # Safety
/// `Windows::check` has accepted the windows and their sums, and `row + R` and `column + C` are at
/// most `side`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add<const R: usize, const C: usize>(
    sums: &mut [i32],
    windows: Windows<'_>,
    pixel: Pixel,
    fresh: bool,
) -> usize {
    let window = windows.window;
    let values = windows.values.as_ptr().wrapping_add(window.value(pixel));
    let to = sums.as_mut_ptr().wrapping_add(window.sum(pixel));
    let place =
        |row: usize, column: usize| to.wrapping_add((row * window.side + column) * window.spread);
    let mut lower = [[_mm512_setzero_si512(); C]; R];
    let mut upper = [[_mm512_setzero_si512(); C]; R];
    for row in 0..if fresh { 0 } else { R } {
        for column in 0..C {
            // SAFETY: the pixel is within the side, so that its `PLANE` sums are within `sums`: the
            // last pixel's are, as asserted in `Windows::check`.
            unsafe {
                let sums = place(row, column);
                lower[row][column] = _mm512_loadu_si512(sums.cast());
                upper[row][column] = _mm512_loadu_si512(sums.add(16).cast());
            }
        }
    }
    for two in contributions::pairs(windows.part.list()) {
        let scales = _mm512_set1_epi32(Contribution::scales(two));
        let [one, two] = two.map(|one| one.start as usize);
        for row in 0..R {
            for column in 0..C {
                // SAFETY: the pixel is within the side, so that its `PLANE` values are within both
                // windows, which `start + reach <= values.len()` holds to their last pixels, as
                // asserted in `Windows::check`.
                unsafe {
                    let values = values.add(row * window.row + column * PLANE);
                    let one = _mm512_loadu_si512(values.add(one).cast());
                    let two = _mm512_loadu_si512(values.add(two).cast());
                    let (low, high) = (
                        _mm512_unpacklo_epi16(one, two),
                        _mm512_unpackhi_epi16(one, two),
                    );
                    let (lower, upper) = (&mut lower[row][column], &mut upper[row][column]);
                    *lower = _mm512_dpwssd_epi32(*lower, low, scales);
                    *upper = _mm512_dpwssd_epi32(*upper, high, scales);
                }
            }
        }
    }
    for row in 0..R {
        for column in 0..C {
            // SAFETY: the pixel is within the side, so that its `PLANE` sums are within `sums`: the
            // last pixel's are, as asserted in `Windows::check`.
            unsafe {
                let sums = place(row, column);
                _mm512_storeu_si512(sums.cast(), lower[row][column]);
                _mm512_storeu_si512(sums.add(16).cast(), upper[row][column]);
            }
        }
    }
    C
}
