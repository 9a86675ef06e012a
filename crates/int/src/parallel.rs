//! Work over independent parts of a buffer, on one thread or several, with the same result.

use crate::audit::Merge;

/// Whether work of so many products is shared out. Starting and joining threads costs some
/// microseconds; the number of products that take so long depends on the kernels.
#[cfg(feature = "threads")]
fn is_worth_threads(work: usize) -> bool {
    work >= crate::kernel::Set::active().products_worth_threads()
        && rayon::current_num_threads() > 1
}

/// Runs `task(index, part)` for each `size` values of `buffer`; `work` is the total number of
/// products. Parts are independent and results merge in any order, so threads change nothing.
pub(crate) fn for_each_part<T, R>(
    buffer: &mut [T],
    size: usize,
    work: usize,
    task: impl Fn(usize, &mut [T]) -> R + Sync,
) -> R
where
    T: Send,
    R: Merge,
{
    #[cfg(feature = "threads")]
    if is_worth_threads(work) {
        use rayon::prelude::*;
        return buffer
            .par_chunks_mut(size)
            .enumerate()
            .map(|(index, part)| task(index, part))
            .reduce(R::default, merged);
    }
    let _ = work;
    buffer
        .chunks_mut(size)
        .enumerate()
        .map(|(index, part)| task(index, part))
        .fold(R::default(), merged)
}

/// As [`for_each_part`], for two buffers with as many parts.
pub(crate) fn for_each_two_parts<S, T>(
    (first, first_size): (&mut [S], usize),
    (second, second_size): (&mut [T], usize),
    work: usize,
    task: impl Fn(usize, &mut [S], &mut [T]) + Sync,
) where
    S: Send,
    T: Send,
{
    #[cfg(feature = "threads")]
    if is_worth_threads(work) {
        use rayon::prelude::*;
        let parts = first
            .par_chunks_mut(first_size)
            .zip(second.par_chunks_mut(second_size));
        parts
            .enumerate()
            .for_each(|(index, (first, second))| task(index, first, second));
        return;
    }
    let _ = work;
    let parts = first
        .chunks_mut(first_size)
        .zip(second.chunks_mut(second_size));
    parts
        .enumerate()
        .for_each(|(index, (first, second))| task(index, first, second));
}

/// Runs `task(accumulator, index)` for every index below `count` and merges the accumulators;
/// merging must be associative and commutative.
pub(crate) fn accumulate<R: Merge>(
    count: usize,
    work: usize,
    start: impl Fn() -> R + Sync + Send,
    task: impl Fn(&mut R, usize) + Sync + Send,
) -> R {
    #[cfg(feature = "threads")]
    if is_worth_threads(work) {
        use rayon::prelude::*;
        let share = count.div_ceil(rayon::current_num_threads()).max(1);
        return (0..count)
            .into_par_iter()
            .with_min_len(share)
            .fold(&start, |mut sum, index| {
                task(&mut sum, index);
                sum
            })
            .reduce(&start, merged);
    }
    let _ = work;
    let mut sum = start();
    (0..count).for_each(|index| task(&mut sum, index));
    sum
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "the shape that folding asks for"
)]
fn merged<R: Merge>(mut left: R, right: R) -> R {
    left.merge(&right);
    left
}
