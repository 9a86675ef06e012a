//! Files as memory.
#![allow(
    unsafe_code,
    reason = "a mapped file is memory that others may change: who maps it answers for that"
)]

use crate::{Error, Result};
use memmap2::{Mmap, MmapOptions};
use std::fs::File;

/// A part of a file as memory.
///
/// The file must not be changed in place while it is mapped. What this library writes never is:
/// a new file takes the place of the old one, which stays whole for those who have it open.
pub(super) fn map(file: &File, from: u64, length: usize) -> Result<Mmap> {
    // SAFETY: the file is not changed while it is mapped, as is demanded of the caller of
    // `KeyFile::open`. A map does not outlive the call that reads a key from it, and every byte
    // of it is read as a plain number.
    let map = unsafe { MmapOptions::new().offset(from).len(length).map(file) };
    map.map_err(Error::io("map"))
}
