//! Whole runs of training, for a program to call: with integers only ([`integer`]), and on
//! encrypted data ([`encrypted`]).
//!
//! The arithmetic is in `nearfield-int` and `nearfield-enc`; here are run files, data, trainers,
//! run folders and outcomes, and the owner's side of an encrypted training.

pub mod data;
pub mod encrypted;
mod error;
pub mod integer;
pub mod observer;
pub mod profile;
mod run_file;
mod suggest;

pub use data::{DataSection, Label, Missing, Source};
pub use error::{Error, Result};
pub use observer::Observer;
pub use profile::Profile;
pub use run_file::SplitSection;
