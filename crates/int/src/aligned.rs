//! Buffers that begin at a cache line, so that no vector of a row lies across two.

use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vectors.
const LINE: usize = 64;

/// Values from the beginning of a cache line on.
#[derive(Debug, Default)]
pub struct Aligned<T> {
    values: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// A buffer of `length` values, all `T::default()`.
    pub fn new(length: usize) -> Self {
        let mut buffer = Aligned {
            values: Vec::new(),
            start: 0,
            length: 0,
        };
        buffer.resize(length);
        buffer
    }

    /// Makes this a buffer of `length` values, in the same memory if it is enough. What the
    /// values are is left open.
    pub fn resize(&mut self, length: usize) {
        let spare = LINE / size_of::<T>().max(1);
        if self.values.len() < length + spare {
            self.values = Vec::new();
            self.values.resize(length + spare, T::default());
            self.start = self.values.as_ptr().align_offset(LINE).min(spare);
        }
        self.length = length;
    }

    /// Bytes that it occupies.
    pub fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<T>()
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut copy = Aligned::new(self.length);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_begin_at_a_line_also_when_cloned_and_keep_their_values() {
        for length in [0, 1, 31, 1000] {
            let mut buffer = Aligned::<i16>::new(length);
            buffer.fill(7);
            let copy = buffer.clone();
            assert_eq!(copy.len(), length);
            assert!(copy.iter().all(|&value| value == 7));
            assert!(copy.as_ptr().addr().is_multiple_of(LINE));
        }
    }

    #[test]
    fn a_smaller_buffer_takes_no_new_memory() {
        let mut buffer = Aligned::<i32>::new(100);
        let (place, bytes) = (buffer.as_ptr(), buffer.bytes());
        buffer.resize(40);
        buffer.resize(100);
        assert_eq!((buffer.as_ptr(), buffer.bytes()), (place, bytes));
    }
}
