//! Files and folders of runs: whole files or none, folders with one writer, reads with a limit.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`RunFolder`], [`checkpoints`] | a folder that one run owns, and its checkpoints |
//! | [`write_atomically`], [`write_atomically_with`] | a file is replaced whole or stays as it was |
//! | [`read_bounded`] | a whole file of at most a given size |

mod error;
mod folder;

pub use error::{Error, Result};
pub use folder::{RunFolder, checkpoints, read_bounded, write_atomically, write_atomically_with};
