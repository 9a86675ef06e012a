//! Samples with labels, and the file formats that they are read from.
//!
//! Readers take files as they are or packed with gzip, told by the content. Nothing read may cause
//! a panic or an allocation that the file's own bytes do not pay for.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`Dataset`], [`Values`] | labelled samples, as a file stores them |
//! | [`idx`] | IDX files: MNIST and its family |
//! | [`cifar10`] | the binary version of CIFAR-10 |
//! | [`csv`] | tables |
//! | [`digits`], [`iris`], [`breast_cancer`] | small sets embedded in the crate |

pub mod breast_cancer;
pub mod cifar10;
pub mod csv;
mod dataset;
pub mod digits;
mod error;
pub mod idx;
pub mod iris;
mod source;

pub use dataset::{Dataset, MAX_CLASSES, Values};
pub use error::{Error, Result};

/// A value, or what is wrong in words that still lack the name of the file.
type Checked<T> = std::result::Result<T, String>;
