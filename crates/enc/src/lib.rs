//! Trains neural networks on encrypted data by local losses (ReBoot, arXiv 2506.19693).
//!
//! The owner of the data encrypts it; a server trains a network without seeing samples, weights,
//! velocities or answers; the owner decrypts the model. Every block has its own small classifier
//! and no gradient crosses a block, so a step needs few levels, and one bootstrapping refreshes the
//! state of a whole network.
//!
//! A training step is a circuit over vectors of slots ([`slots::Slots`]), written once and read
//! three times:
//!
//! ```
//! use nearfield_enc::circuit::{Circuit, Ranges};
//! use nearfield_enc::clear::Clear;
//! use nearfield_enc::layout::Layout;
//! use nearfield_enc::matrices::Matrices;
//! use nearfield_enc::network::NetworkSpec;
//! use nearfield_enc::plan::StepPlan;
//! use nearfield_enc::update::Rates;
//!
//! let network = NetworkSpec::new(4, vec![8], 3)?;
//! let rates = Rates { rate: 0.01, decay: 0.0, momentum: 0.9 };
//!
//! // Without numbers: what a step on two samples takes.
//! let layout = Layout::new(&network, 256, 4)?;
//! let plan = StepPlan::new(&layout, 2, &rates)?;
//! assert_eq!((plan.circuit_levels(), plan.counts.refreshes), (8, 1));
//!
//! // In floating point: the twin. On ciphertexts it is the same with `encrypted::Ckks`.
//! let slots = Clear::new(256);
//! let ranges = Ranges { weights: 1.0, velocities: 32.0 };
//! let circuit = Circuit::new(&slots, &layout, ranges)?;
//! let state = layout.pack_matrices(&Matrices::new(&network, 42), ranges);
//! let batch = layout.pack_batch(&[&[0.1, 0.9, 0.4, 0.3], &[0.7, 0.2, 0.5, 0.8]], &[0, 2]);
//! let stepped = circuit.step(&state, batch, &rates)?;
//! let trained = layout.unpack_matrices(&stepped.state, ranges)?;
//! assert_ne!(trained, Matrices::new(&network, 42));
//! # Ok::<(), nearfield_enc::Error>(())
//! ```
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`grid`], [`layout`] | where numbers lie in slots |
//! | [`slots`], [`clear`], [`plan`], [`encrypted`] | the arithmetic, and its three readers |
//! | [`circuit`], [`block`], [`update`] | a step |
//! | [`dense`] | the same on plain matrices |
//! | [`task`], [`folder`], [`server`], [`estimate`] | what is asked of a server, where it lies, who does it, what it costs |
//!
//! # Who knows what
//!
//! The server has evaluation keys, ciphertexts and the [`task::Task`]: sizes, rates, number of
//! steps. Nothing here holds a secret key; what the owner does with one is in the program
//! `nearfield`. The server is believed to compute what it was asked to: nothing proves that it
//! did. Of what is decrypted, and of failures, see `nearfield_ckks`.

pub mod block;
pub mod circuit;
pub mod clear;
pub mod dense;
pub mod encrypted;
mod error;
pub mod estimate;
pub mod folder;
pub mod grid;
mod layers;
pub mod layout;
pub mod matrices;
pub mod matrix;
pub mod network;
pub mod packing;
mod placement;
pub mod plan;
pub mod schedule;
pub mod server;
pub mod slots;
pub mod task;
pub mod update;
pub mod weights_file;

pub use error::{Error, Result};
