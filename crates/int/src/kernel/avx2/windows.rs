//! Windows of planes, added to the sums of a filter.

use crate::kernel::contributions::Contribution;
use crate::kernel::windows::{PLANE, Window};
use core::arch::x86_64::{
    _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256, _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

/// # Safety
/// Every contribution has a window in `values`, which has its sums.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn add_windows(
    sums: &mut [i32],
    values: &[i16],
    window: Window,
    list: &[Contribution],
    fresh: bool,
) {
    let (to, values) = (sums.as_mut_ptr(), values.as_ptr());
    for row in 0..window.side {
        let mut done = 0;
        while done < window.side {
            let values = values.wrapping_add(row * window.row + done * PLANE);
            let to = to.wrapping_add((row * window.side + done) * window.spread);
            // SAFETY: each case takes columns that are left.
            done += unsafe {
                match window.side - done {
                    3.. => add::<3>(to, values, window, list, fresh),
                    2 => add::<2>(to, values, window, list, fresh),
                    _ => add::<1>(to, values, window, list, fresh),
                }
            };
        }
    }
}

/// Adds `C` columns of one row of windows, two windows side by side; returns `C`.
///
/// # Safety
/// The window has so many columns from `values` on, and their sums from `to` on.
#[target_feature(enable = "avx2")]
unsafe fn add<const C: usize>(
    to: *mut i32,
    values: *const i16,
    window: Window,
    list: &[Contribution],
    fresh: bool,
) -> usize {
    // Of each half of a line, with the fours 0, 4, 1, 5 and 2, 6, 3, 7.
    let mut sums = [[[_mm256_setzero_si256(); 2]; 2]; C];
    let (pairs, last) = list.as_chunks::<2>();
    let nothing = last.first().map(|one| Contribution { scale: 0, ..*one });
    let last = last.first().zip(nothing).map(|(&one, none)| [one, none]);
    for [one, two] in pairs.iter().copied().chain(last) {
        let scales = i32::from(one.scale.cast_unsigned()) | i32::from(two.scale) << 16;
        let scales = _mm256_set1_epi32(scales);
        for (column, sums) in sums.iter_mut().enumerate() {
            for (half, [lower, upper]) in sums.iter_mut().enumerate() {
                // SAFETY: both windows have so many lines.
                unsafe {
                    let values = values.add(column * PLANE + half * PLANE / 2);
                    let one = _mm256_loadu_si256(values.add(one.start as usize).cast());
                    let two = _mm256_loadu_si256(values.add(two.start as usize).cast());
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
                // SAFETY: every pixel has 32 sums.
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
