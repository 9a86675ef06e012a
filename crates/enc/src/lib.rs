//! Trains neural networks on encrypted data by local losses (ReBoot, arXiv 2506.19693).
//!
//! The owner of the data encrypts it; a server trains a network without seeing samples, weights,
//! velocities or answers; the owner decrypts the model. Every block has its own small classifier
//! and no gradient crosses a block, so a step needs few levels, and one bootstrapping refreshes the
//! state of a whole network.
//!
//! A training step is a circuit over vectors of slots ([`Slots`]), written once and read
//! three times:
//!
//! ```
//! use nearfield_enc::{Circuit, Clear, Layout, Matrices, NetworkSpec, Ranges, Rates, StepPlan};
//!
//! let network = NetworkSpec::new(4, vec![8], 3)?;
//! let rates = Rates { rate: 0.01, decay: 0.0, momentum: 0.9 };
//!
//! // Without numbers: what a step on two samples takes.
//! let layout = Layout::new(&network, 256, 4)?;
//! let plan = StepPlan::new(&layout, 2, &rates)?;
//! assert_eq!((plan.circuit_levels(), plan.counts.refreshes), (8, 1));
//!
//! // In floating point: the twin. On ciphertexts it is the same with `Ckks`.
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
//! | [`Layout`], [`Grid`] | where numbers lie in slots |
//! | [`Slots`], [`Clear`], [`Plan`], [`Ckks`] | the arithmetic, and its three readers |
//! | [`Circuit`] | a step |
//! | [`Dense`] | the same on plain matrices |
//! | [`Task`], [`folder`], [`Server`], [`Estimate`] | what is asked of a server, where it lies, who does it, what it costs |
//!
//! # Who knows what
//!
//! The server has evaluation keys, ciphertexts and the [`Task`]: sizes, rates, number of
//! steps. Nothing here holds a secret key; what the owner does with one is in the program
//! `nearfield`. The server is believed to compute what it was asked to: nothing proves that it
//! did. Of what is decrypted, and of failures, see `nearfield_ckks`.

mod circuit;
mod error;
mod layers;
mod layout;
mod network;
mod plain;
mod protocol;
mod schedule;
mod slots;

pub use circuit::{Circuit, StepOutput, StepTimings};
pub use error::{Error, Result};
pub use layout::{Batch, Form, Grid, Labels, Layout, Ranges};
pub use network::{BlockSizes, NetworkSpec};
pub use plain::{BlockMatrices, Dense, HeadScore, Matrices, Matrix, Parameter, naive};
pub use protocol::{Estimate, Server, Speed, StepPlan, StepRecord, Task, TaskPlan, folder};
pub use schedule::{RateSpec, Rates, Schedule};
pub use slots::{Ckks, Clear, Counts, Operations, Part, Slots, Stage};
