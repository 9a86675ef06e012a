//! Rows of residues, in memory that is used again.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Residues in a cache line.
const LINE: usize = 8;

/// Rows that nobody uses at the moment. A ring's polynomials take their rows from here and give
/// them back, so that work in a steady state asks the system for no memory.
#[derive(Debug)]
pub(crate) struct Pool {
    degree: usize,
    free: Mutex<Vec<Vec<u64>>>,
}

/// Residues modulo one prime, from the beginning of a cache line on. Given back to its ring's
/// pool at the end.
pub struct Row {
    values: Vec<u64>,
    start: usize,
    pool: Arc<Pool>,
}

impl Pool {
    pub(crate) fn new(degree: usize) -> Arc<Pool> {
        Arc::new(Pool {
            degree,
            free: Mutex::new(Vec::new()),
        })
    }

    /// A row of whatever was in it last.
    pub(crate) fn take(self: &Arc<Self>) -> Row {
        let free = self.lock().pop();
        let values = free.unwrap_or_else(|| vec![0; self.degree + LINE]);
        let start = values.as_ptr().align_offset(LINE * size_of::<u64>());
        Row {
            values,
            start: start.min(LINE),
            pool: Arc::clone(self),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u64>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.pool.lock().push(std::mem::take(&mut self.values));
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
        &self.values[self.start..self.start + self.pool.degree]
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.values[self.start..self.start + self.pool.degree]
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Row {}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row of {}", self.pool.degree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_used_again_and_begin_at_a_cache_line() {
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
