//! Exact integer-only training of neural networks by local losses (NITRO-D, arXiv 2407.11698).
//!
//! Every number is an integer and every rounding is stated, so a run gives the same weights on
//! every kernel set and for any number of threads (shown on x86-64). There is no floating point in
//! this crate (`clippy::float_arithmetic` is denied), and without its default features it is
//! `no_std` with `alloc`, for targets that have neither FPU nor operating system.
//!
//! ```
//! use nearfield_int::{LayerSpec, Network, NetworkSpec, Shape, StepSettings};
//!
//! // Four inputs, one hidden block, two classes.
//! let spec = NetworkSpec::new(Shape::flat(4), 2, vec![LayerSpec::Linear { units: 8 }]);
//! let mut network = Network::new(&spec, 42)?;
//! let samples = [100, -100, 0, 5, -100, 100, 3, 0];
//! let count = network.train_step(&samples, &[0, 1], &StepSettings::default())?;
//! assert_eq!(count.output.seen, 2);
//! # Ok::<(), nearfield_int::Error>(())
//! ```
//!
//! `examples/train_xor.rs` trains, evaluates, saves and loads a network; `examples/embedded_core.rs`
//! uses only what is there without default features.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`NetworkSpec`], [`LayerSpec`], [`HeadSpec`], [`Activation`], [`Shape`], [`presets`] | describing a network |
//! | [`Plan`], [`Inspection`], [`StepMemory`] | its sizes, its cost and its integer ranges, before any training |
//! | [`Network`], [`StepSettings`], [`Residual`] | training it |
//! | [`StepCount`], [`BlockCount`], [`LayerAudit`], [`Range`] | what a step counts: correct predictions, sums that wrapped |
//! | [`Inference`], [`Scores`], [`predicted_class`], [`count_correct`] | predicting with it |
//! | [`Preprocessing`], [`Normalization`], [`Statistics`], [`Augmentation`] | from stored values to int8 inputs |
//! | `model`, [`Tensors`], [`LazyTensor`] | model files (feature `std`); weights by name |
//! | [`gemm`], [`kernel`] | exact products and the hot loops under them, for benchmarks and comparisons |
//! | [`Error`] | what is refused, and why |
//!
//! # Features
//!
//! `std` (default): model files, and the choice of kernels at run time. `threads` (default): work on
//! several threads, with the same results for any number of them.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::float_arithmetic)]

extern crate alloc;

mod aligned;
mod arithmetic;
mod audit;
mod augment;
mod block;
mod classifier;
mod error;
pub mod gemm;
mod head;
mod init;
mod inspect;
pub mod kernel;
mod layers;
mod memory;
#[cfg(feature = "std")]
pub mod model;
mod network;
mod output;
mod parallel;
mod plan;
mod preprocess;
pub mod presets;
mod sgd;
mod spec;
mod step;
mod tensors;
mod transition;
mod workspace;

pub use aligned::Aligned;
pub use arithmetic::Residual;
pub use audit::{LayerAudit, Range};
pub use augment::{Augmentation, BatchId};
pub use classifier::{count_correct, predicted_class};
pub use error::{Error, Result};
pub use inspect::{Inspection, LayerInspection, WeightLimits, fixed_ranges, inspect};
pub use memory::StepMemory;
pub use network::{Inference, Network, Scores};
pub use plan::Plan;
pub use preprocess::{Group, Normalization, Preprocessing, Reading, Statistics};
pub use spec::{Activation, HeadPadding, HeadPool, HeadSpec, LayerSpec, NetworkSpec, Shape};
pub use step::{BlockCount, StepCount, StepSettings};
pub use tensors::{LazyTensor, Tensors};
