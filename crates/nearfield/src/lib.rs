//! Whole training runs where ordinary training cannot go: with **integers only** ([`integer`]), and
//! on **encrypted data** ([`encrypted`]).
//!
//! Both learn by local losses: every block of a network has its own small classifier and learns
//! from it alone; no gradient crosses a block. The arithmetic is in `nearfield-int` (NITRO-D) and
//! `nearfield-enc` (ReBoot); here are run files, data, trainers, run folders with checkpoints, and
//! outcomes. Nothing here prints or reads a command line: a program calls it, shows what an
//! [`Observer`] is told, and stops a training by a flag.
//!
//! # Integers
//!
//! A run file says what is trained; what it leaves out has defaults. The run leaves a folder with
//! model, metrics and report, and can be resumed from its checkpoints to the same bytes.
//!
//! ```
//! use nearfield::integer::{Limits, Outcome, Place, RunFile, Training};
//! use std::sync::atomic::AtomicBool;
//!
//! let folder = tempfile::tempdir()?;
//! let file = RunFile::parse(
//!     "seed = 7\n[data]\nsource = \"iris\"\n[training]\nepochs = 3\n\
//!      [network]\nlayers = [{ type = \"linear\", units = 16 }]",
//! )?;
//! let mut training = Training::begin(file, &Place::At(folder.path().join("run")), None)?;
//! let stop = AtomicBool::new(false);
//! let Outcome::Ended(summary) = training.train(Limits::default(), &stop, &mut ())? else {
//!     panic!("nobody set the flag");
//! };
//! assert_eq!((summary.epochs, summary.test.output.seen), (3, 30));
//! assert!(training.folder().join("report.html").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Encrypted data
//!
//! The owner of the data makes keys and encrypts samples and initial weights; the server trains
//! what it cannot read; the owner decrypts the model. This ring is so small that it is insecure.
//!
//! ```
//! use nearfield::encrypted::{Folders, OwnerSide, ServerSide, generate_keys};
//! use std::sync::atomic::AtomicBool;
//!
//! let folder = tempfile::tempdir()?;
//! let run_file = folder.path().join("iris.toml");
//! std::fs::write(
//!     &run_file,
//!     "[data]\nsource = \"iris\"\n[network]\nhidden = [10]\n[training]\nsteps = 1\n\
//!      [encryption]\nsecurity = \"insecure\"\nlog_degree = 9",
//! )?;
//! let folders = Folders {
//!     owner: folder.path().join("owner"),
//!     server: folder.path().join("server"),
//! };
//! generate_keys(&run_file, &folders, &mut |_| ())?;
//! let owner = OwnerSide::open(folders.clone())?;
//! owner.encrypt_training(None, &|_| ())?;
//!
//! let mut server = ServerSide::open(&folders.server, 1)?;
//! server.train(None, &AtomicBool::new(false), |_| ())?;
//!
//! let model = owner.decrypt_model(None, None)?;
//! assert_eq!(model.step, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`integer::RunFile`], [`encrypted::RunFile`] | what a person writes; everything but the data may be left out |
//! | [`integer::Run`], [`encrypted::Run`] | a run with nothing left open; as TOML it resolves to itself |
//! | [`DataSection`], [`Source`], [`data::load`] | where samples come from, for both; [`data::Loaded`] is what was found |
//! | [`Profile`] | which defaults a run starts from |
//! | [`integer::Training`] | a run begun or resumed in its folder; [`integer::Trainer`] is its loop |
//! | [`integer::evaluate`], [`integer::predict`] | what a model makes of samples |
//! | [`integer::inspect`], [`integer::write_report`] | costs and integer ranges of a network; the page of a run again |
//! | [`encrypted::Forecast`] | what an encrypted training will cost |
//! | [`encrypted::generate_keys`], [`encrypted::OwnerSide`] | the owner: keys, encryption, decryption, comparison |
//! | [`encrypted::ServerSide`] | the server: training, answers |
//! | [`encrypted::train_twin`], [`encrypted::evaluate`] | the same circuit in floating point, and what a model does |
//! | [`encrypted::train_plain`] | the reference on plain numbers, without a circuit |
//! | [`encrypted::Demo`] | all roles in one folder |
//! | [`Observer`], [`StepCount`], [`EpochRecord`], [`Tally`] | who is told of a run as it goes on, and of what; [`percent`] for people |
//! | [`Error`] | what can be wrong, and what to do |

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
pub use nearfield_int::StepCount;
pub use nearfield_train::history::{Accuracies, EpochRecord, Tally};
pub use observer::{Observer, percent};
pub use profile::Profile;
pub use run_file::SplitSection;
