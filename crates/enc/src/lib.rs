//! Trains neural networks on encrypted data by local losses (ReBoot, arXiv 2506.19693).
//!
//! The owner of the data encrypts it; a server trains a network without seeing samples, labels,
//! weights, velocities or predictions; the owner decrypts the model. Every block has its own small
//! classifier, its head, and no gradient crosses a block: a step needs few levels, and one refresh
//! of the state serves the whole network.
//!
//! A training step is a circuit over vectors of slots ([`Slots`]). It is written once and read by
//! three arithmetics: without data (the plan), in floating point (the *twin*), and on ciphertexts.
//!
//! ```
//! use nearfield_enc::{Circuit, Clear, Layout, Matrices, NetworkSpec, Ranges, Rates, StepPlan};
//!
//! let network = NetworkSpec::new(4, vec![8], 3)?;
//! let rates = Rates { rate: 0.01, decay: 0.0, momentum: 0.9 };
//!
//! // The plan of a step on two samples: levels, keys and operations.
//! let layout = Layout::new(&network, 256, 4)?;
//! let plan = StepPlan::new(&layout, 2, &rates)?;
//! assert_eq!((plan.circuit_levels(), plan.counts.refreshes), (8, 1));
//!
//! // The same step in floating point; with `Ckks` for `Clear`, on ciphertexts.
//! let slots = Clear::new(256);
//! let ranges = Ranges { weights: 1.0, velocities: 32.0 };
//! let circuit = Circuit::new(&slots, &layout, ranges)?;
//! let state = layout.pack_matrices(&Matrices::new(&network, 42), ranges);
//! let batch = layout.pack_batch(&[&[0.1, 0.9, 0.4, 0.3], &[0.7, 0.2, 0.5, 0.8]], &[0, 2]);
//! let output = circuit.step(&state, batch, &rates)?;
//! let trained = layout.unpack_matrices(&output.state, ranges)?;
//! assert_ne!(trained, Matrices::new(&network, 42));
//! # Ok::<(), nearfield_enc::Error>(())
//! ```
//!
//! The examples go further: `twin` plans and makes the steps of a training in floating point,
//! `encrypted_step` makes one on ciphertexts, by an owner and a server.
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`NetworkSpec`], [`RateSpec`], [`Rates`], [`Schedule`] | the network, and the hyperparameters of a training and of a step |
//! | [`Layout`], [`Grid`], [`Form`], [`Batch`], [`Labels`], [`Ranges`] | where numbers lie in slots; batches and states, packed and unpacked |
//! | [`Slots`], [`Clear`], [`Ckks`] | arithmetic on vectors of slots: in floating point, on ciphertexts |
//! | [`Counts`], [`Operations`], [`Stage`], [`Part`] | operations that are planned, and done; stages of a step |
//! | [`Circuit`], [`StepOutput`], [`StepTimings`] | a training step, and inference, in any arithmetic |
//! | [`Dense`], [`naive`], [`HeadScore`] | a training step on plain matrices: fast, and formula by formula |
//! | [`Matrices`], [`BlockMatrices`], [`Parameter`], [`Matrix`] | weights and velocities, and their files |
//! | [`Task`], [`TaskPlan`], [`StepPlan`] | the training that a server is asked for; its layout, levels and keys |
//! | [`Estimate`], [`Speed`] | its memory, precision and probability of failure; its time on this machine |
//! | [`folder`](mod@folder), [`Server`], [`StepRecord`] | the folder between owner and server; the server that trains in it |
//!
//! # Who knows what
//!
//! The server has evaluation keys, ciphertexts and the [`Task`]: sizes, hyperparameters, the order
//! and number of steps. No type of this crate holds a secret key, and [`Ckks`] does not take one;
//! [`Speed::measure`] draws one of its own and drops it. The owner, who has the secret key, works
//! with `nearfield`. The server is trusted to compute what the task says: nothing proves that it
//! did. What decrypted results reveal, and when bootstrapping fails, is in the documentation of
//! [`nearfield_ckks`].

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
