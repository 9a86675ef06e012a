//! Windows of planes, added to the sums of a filter.

use crate::kernel::contributions::Contribution;
use crate::kernel::windows::{PLANE, Window};
use core::arch::x86_64::{
    _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
};

/// # Safety
/// Every contribution has a window in `values`, which has its sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn add_windows(
    sums: &mut [i32],
    values: &[i16],
    window: Window,
    list: &[Contribution],
    fresh: bool,
) {
    let (to, values) = (sums.as_mut_ptr(), values.as_ptr());
    if window.side == 3 {
        // SAFETY: the window has three rows and columns.
        unsafe { add::<3, 3>(to, values, window, list, fresh) };
        return;
    }
    for row in 0..window.side {
        let mut done = 0;
        while done < window.side {
            let values = values.wrapping_add(row * window.row + done * PLANE);
            let to = to.wrapping_add((row * window.side + done) * window.spread);
            // SAFETY: each case takes columns that are left.
            done += unsafe {
                match window.side - done {
                    5.. => add::<1, 5>(to, values, window, list, fresh),
                    2.. => add::<1, 2>(to, values, window, list, fresh),
                    _ => add::<1, 1>(to, values, window, list, fresh),
                }
            };
        }
    }
}

/// Adds `R` rows and `C` columns of windows; returns `C`.
///
/// Two windows go side by side: the products of one instruction are of values of both.
///
/// # Safety
/// The window has so many rows and columns from `values` on, and their sums from `to` on.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn add<const R: usize, const C: usize>(
    to: *mut i32,
    values: *const i16,
    window: Window,
    list: &[Contribution],
    fresh: bool,
) -> usize {
    let place =
        |row: usize, column: usize| to.wrapping_add((row * window.side + column) * window.spread);
    let mut lower = [[_mm512_setzero_si512(); C]; R];
    let mut upper = [[_mm512_setzero_si512(); C]; R];
    for row in 0..if fresh { 0 } else { R } {
        for column in 0..C {
            // SAFETY: every pixel has 32 sums.
            unsafe {
                let sums = place(row, column);
                lower[row][column] = _mm512_loadu_si512(sums.cast());
                upper[row][column] = _mm512_loadu_si512(sums.add(16).cast());
            }
        }
    }
    let (pairs, last) = list.as_chunks::<2>();
    let nothing = last.first().map(|one| Contribution { scale: 0, ..*one });
    let last = last.first().zip(nothing).map(|(&one, none)| [one, none]);
    for [one, two] in pairs.iter().copied().chain(last) {
        let scales = i32::from(one.scale.cast_unsigned()) | i32::from(two.scale) << 16;
        let scales = _mm512_set1_epi32(scales);
        for row in 0..R {
            for column in 0..C {
                // SAFETY: both windows have so many lines.
                unsafe {
                    let values = values.add(row * window.row + column * PLANE);
                    let one = _mm512_loadu_si512(values.add(one.start as usize).cast());
                    let two = _mm512_loadu_si512(values.add(two.start as usize).cast());
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
            // SAFETY: every pixel has 32 sums.
            unsafe {
                let sums = place(row, column);
                _mm512_storeu_si512(sums.cast(), lower[row][column]);
                _mm512_storeu_si512(sums.add(16).cast(), upper[row][column]);
            }
        }
    }
    C
}
