//! Work over independent parts of a buffer, on one thread or several, with the same result.

use crate::audit::Merge;
use alloc::vec::Vec;

/// What several threads may share: anything, where there is one thread.
#[cfg(feature = "threads")]
pub(crate) trait Shared: Sync {}
#[cfg(feature = "threads")]
impl<T: Sync> Shared for T {}
/// What several threads may share: anything, where there is one thread.
#[cfg(not(feature = "threads"))]
pub(crate) trait Shared {}
#[cfg(not(feature = "threads"))]
impl<T> Shared for T {}

/// Whether work of this many products is shared out. Starting and joining threads costs some
/// microseconds; how many products take as long depends on the kernels.
#[cfg(feature = "threads")]
fn is_worth_threads(products: usize) -> bool {
    products >= crate::kernel::Isa::current().products_worth_threads()
        && rayon::current_num_threads() > 1
}

/// Threads that work is shared out to.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "threads")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "threads"))]
    1
}

/// Runs `task(index, part)` for each `size` values of `buffer`; `products` is their total number. Parts are independent and results merge in any order, so threads change nothing.
pub(crate) fn for_each_part<T, R>(
    buffer: &mut [T],
    size: usize,
    products: usize,
    task: impl Fn(usize, &mut [T]) -> R + Shared,
) -> R
where
    T: Send,
    R: Merge,
{
    #[cfg(feature = "threads")]
    if is_worth_threads(products) {
        use rayon::prelude::*;
        return buffer
            .par_chunks_mut(size)
            .enumerate()
            .map(|(index, part)| task(index, part))
            .reduce(R::default, merged);
    }
    let _ = products;
    buffer
        .chunks_mut(size)
        .enumerate()
        .map(|(index, part)| task(index, part))
        .fold(R::default(), merged)
}

/// A buffer that is cut into parts of `size` values.
pub(crate) struct Parts<'a, T> {
    buffer: &'a mut [T],
    size: usize,
}

impl<'a, T> Parts<'a, T> {
    pub(crate) fn new(buffer: &'a mut [T], size: usize) -> Self {
        Parts { buffer, size }
    }

    fn chunks(self) -> core::slice::ChunksMut<'a, T> {
        self.buffer.chunks_mut(self.size)
    }

    #[cfg(feature = "threads")]
    fn par_chunks(self) -> rayon::slice::ChunksMut<'a, T>
    where
        T: Send,
    {
        rayon::slice::ParallelSliceMut::par_chunks_mut(self.buffer, self.size)
    }
}

/// As [`for_each_part`], for two buffers with as many parts.
pub(crate) fn for_each_two_parts<S, T, R>(
    first: Parts<'_, S>,
    second: Parts<'_, T>,
    products: usize,
    task: impl Fn(usize, &mut [S], &mut [T]) -> R + Shared,
) -> R
where
    S: Send,
    T: Send,
    R: Merge,
{
    #[cfg(feature = "threads")]
    if is_worth_threads(products) {
        use rayon::prelude::*;
        let second = second.par_chunks();
        return first
            .par_chunks()
            .zip(second)
            .enumerate()
            .map(|(index, (first, second))| task(index, first, second))
            .reduce(R::default, merged);
    }
    let _ = products;
    first
        .chunks()
        .zip(second.chunks())
        .enumerate()
        .map(|(index, (first, second))| task(index, first, second))
        .fold(R::default(), merged)
}

/// As [`for_each_two_parts`], for three, without a result.
pub(crate) fn for_each_three_parts<S, T, U>(
    first: Parts<'_, S>,
    second: Parts<'_, T>,
    third: Parts<'_, U>,
    products: usize,
    task: impl Fn(usize, (&mut [S], &mut [T], &mut [U])) + Shared,
) where
    S: Send,
    T: Send,
    U: Send,
{
    #[cfg(feature = "threads")]
    if is_worth_threads(products) {
        use rayon::prelude::*;
        let second = second.par_chunks();
        let third = third.par_chunks();
        return first
            .par_chunks()
            .zip(second.zip(third))
            .enumerate()
            .for_each(|(index, (first, (second, third)))| task(index, (first, second, third)));
    }
    let _ = products;
    let others = second.chunks().zip(third.chunks());
    for (index, (first, (second, third))) in first.chunks().zip(others).enumerate() {
        task(index, (first, second, third));
    }
}

/// Memory for tasks to work in, one for each thread.
#[derive(Debug)]
pub(crate) struct PerThread<T>(Vec<Slot<T>>);

#[cfg(feature = "threads")]
type Slot<T> = std::sync::Mutex<T>;
#[cfg(not(feature = "threads"))]
type Slot<T> = core::cell::RefCell<T>;

impl<T: Default> Default for PerThread<T> {
    fn default() -> Self {
        PerThread((0..threads()).map(|_| Slot::default()).collect())
    }
}

impl<T> PerThread<T> {
    /// The sum of a figure over all threads.
    pub(crate) fn total(&self, figure: impl Fn(&T) -> usize) -> usize {
        #[cfg(feature = "threads")]
        let slots = self.0.iter().map(|slot| {
            figure(
                &slot
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner),
            )
        });
        #[cfg(not(feature = "threads"))]
        let slots = self.0.iter().map(|slot| figure(&slot.borrow()));
        slots.sum()
    }

    /// Lends the memory of the thread that asks.
    pub(crate) fn lend<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(feature = "threads")]
        {
            let index = rayon::current_thread_index().unwrap_or(0) % self.0.len();
            let slot = self.0[index].lock();
            work(&mut slot.unwrap_or_else(std::sync::PoisonError::into_inner))
        }
        #[cfg(not(feature = "threads"))]
        work(&mut self.0[0].borrow_mut())
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "the shape that folding asks for"
)]
fn merged<R: Merge>(mut left: R, right: R) -> R {
    left.merge(&right);
    left
}
