//! The schedule of training by local losses, in any arithmetic.
//!
//! Every block of a network has its own small classifier (its head) and learns from it alone;
//! no gradient crosses a block. Integer training and encrypted training share this crate; it
//! never adds or multiplies a number of a network, which is the work of the arithmetics.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`local_loss`] | the order of learning: the trait [`Block`] and [`train_blocks`] |
//! | [`plateau`] | decisions between epochs: when the learning rate is cut, when training ends |
//! | [`random`] | random streams by purpose, and the order of the samples of an epoch |
//! | [`history`] | the record of a run: accuracies, epochs |
//!
//! The crate is `no_std` with `alloc`.
#![no_std]

extern crate alloc;

pub mod history;
pub mod local_loss;
pub mod plateau;
pub mod random;

pub use local_loss::{Block, train_blocks};
