//! What a run of training by local losses is, in any arithmetic.
//!
//! Every block of a network has its own small classifier (its head) and learns from it alone;
//! no gradient crosses a block. This crate holds what integer training and encrypted training
//! share: the order of learning ([`local_loss`]), the decisions taken between epochs
//! ([`plateau`]), the random streams and the order of the samples ([`random`]), the record of
//! a run ([`history`]), and with the feature `std` data formats ([`data`]), run folders and
//! checkpoints ([`folder`]) and reports ([`report`]).
//! It never adds or multiplies a number of a network: that is the work of the arithmetics.
//!
//! Without the default feature `std` the crate is `no_std` with `alloc`.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod history;
pub mod local_loss;
pub mod plateau;
pub mod random;

#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
pub mod folder;
#[cfg(feature = "std")]
pub mod report;

#[cfg(feature = "std")]
pub use error::{Error, Result};
