//! Rows of residues, in memory that is reused.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Residues in a cache line.
const LINE: usize = 8;

/// Cache lines of a page. Rows begin at different ones: sums read many rows at once, and rows that
/// all began at the same line would compete for a few sets of the first-level cache.
const LINES: usize = 64;

/// Each row begins this many lines further on in its page than the one before.
const STAGGER: usize = 9;

/// Rows that are not in use. A ring's polynomials take their rows from here and give them back, so
/// that a steady state allocates nothing.
#[derive(Debug)]
pub(crate) struct Pool {
    degree: usize,
    free: Mutex<Vec<Memory>>,
    made: AtomicUsize,
}

/// The memory of a row, which begins at `start`.
#[derive(Default)]
struct Memory {
    values: Vec<u64>,
    start: usize,
}

/// Residues modulo one prime, aligned to a cache line. Dropped rows return to their ring's pool, with
/// their contents.
pub struct Row {
    memory: Memory,
    pool: Arc<Pool>,
}

impl Pool {
    pub(crate) fn new(degree: usize) -> Arc<Pool> {
        Arc::new(Pool {
            degree,
            free: Mutex::new(Vec::new()),
            made: AtomicUsize::new(0),
        })
    }

    /// A row with whatever was last in it.
    pub(crate) fn take(self: &Arc<Self>) -> Row {
        let free = self.lock().pop();
        Row {
            memory: free.unwrap_or_else(|| self.make()),
            pool: Arc::clone(self),
        }
    }

    fn make(&self) -> Memory {
        let line = self.made.fetch_add(1, Ordering::Relaxed) * STAGGER % LINES;
        let spare = if self.degree < LINES * LINE { 1 } else { LINES };
        let values = vec![0; self.degree + spare * LINE];
        let aligned = values.as_ptr().align_offset(LINE * size_of::<u64>());
        let start = aligned + line.min(spare - 1) * LINE;
        Memory {
            start: start.min(spare * LINE),
            values,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Memory>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.pool.lock().push(std::mem::take(&mut self.memory));
    }
}

impl Clone for Row {
    fn clone(&self) -> Self {
        let mut copy = self.pool.take();
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Row {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        let Memory { values, start } = &self.memory;
        &values[*start..start + self.pool.degree]
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut [u64] {
        let Memory { values, start } = &mut self.memory;
        &mut values[*start..*start + self.pool.degree]
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Row {}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} values", self.values.len())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row of {}", self.pool.degree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_reused_and_begin_at_a_cache_line() {
        let pool = Pool::new(32);
        let mut first = pool.take();
        first.fill(7);
        assert_eq!(first.as_ptr().align_offset(64), 0);
        let copy = first.clone();
        drop(first);
        let second = pool.take();
        assert_eq!((&second[..], &copy[..]), (&[7; 32][..], &[7; 32][..]));
        assert!(pool.lock().is_empty());
        drop((second, copy));
        assert_eq!(pool.lock().len(), 2);
    }
}
