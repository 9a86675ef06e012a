//! Files mapped into memory.
#![allow(
    unsafe_code,
    reason = "a mapped file is memory that other programs may change"
)]

use crate::{Error, Result};
use memmap2::{Mmap, MmapOptions};
use std::fs::File;

/// Maps `length` bytes of a file from byte `from` on.
///
/// The range lies within the file: [`KeyFile`](super::KeyFile), the only caller, compares it with
/// the length of the file first.
///
/// The file must not be changed in place while it is mapped. This library never changes a file in
/// place: a new file replaces the old one, which stays complete for those who have it open.
pub(super) fn map(file: &File, from: u64, length: usize) -> Result<Mmap> {
    // SAFETY: the bytes must not change while `from..from + length` is mapped. The caller of
    // `KeyFile::open` guarantees that, by its documentation; `mapped_keys::index` and
    // `KeyFile::read`, the only callers of this function, check `from + length` against the length
    // of the file and drop the map before they return. Every bit pattern is a valid `u8`, and all
    // that is read from the map is checked by its digest.
    let map = unsafe { MmapOptions::new().offset(from).len(length).map(file) };
    map.map_err(Error::io("map"))
}
