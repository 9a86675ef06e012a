//! Exact integer-only training of neural networks by local losses (NITRO-D, arXiv 2407.11698).
//!
//! Every number is an integer and every rounding is stated, so a run gives the same weights on
//! every machine, for any number of threads. There is no floating point in this crate
//! (`clippy::float_arithmetic` is denied), and without its default features it is `no_std` with
//! `alloc`, for targets that have neither FPU nor operating system.
//!
//! ```
//! use nearfield_int::network::{Network, StepSettings};
//! use nearfield_int::spec::{LayerSpec, NetworkSpec, Shape};
//!
//! // Four inputs, one hidden block, two classes.
//! let spec = NetworkSpec::new(Shape::flat(4), 2, vec![LayerSpec::Linear { units: 8 }]);
//! let mut network = Network::new(&spec, 42)?;
//! let samples = [100, -100, 0, 5, -100, 100, 3, 0];
//! let counted = network.train_step(&samples, &[0, 1], &StepSettings::default())?;
//! assert_eq!(counted.output.seen, 2);
//! # Ok::<(), nearfield_int::Error>(())
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod aligned;
pub mod arithmetic;
pub mod audit;
pub mod augment;
pub mod block;
mod error;
pub mod gemm;
pub mod head;
pub mod init;
pub mod inspect;
pub mod kernel;
pub mod layers;
pub mod memory;
#[cfg(feature = "std")]
pub mod model;
pub mod network;
mod parallel;
mod passage;
pub mod plan;
pub mod preprocess;
pub mod presets;
pub mod sgd;
pub mod spec;

pub use aligned::Aligned;
pub use error::{Error, Result};
