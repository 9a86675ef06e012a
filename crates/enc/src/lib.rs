//! Trains neural networks on encrypted data by local losses (ReBoot, arXiv 2506.19693).

pub mod block;
pub mod circuit;
pub mod clear;
pub mod dense;
pub mod encrypted;
mod error;
pub mod golden;
pub mod grid;
mod layers;
pub mod layout;
pub mod matrices;
pub mod matrix;
pub mod network;
pub mod order;
pub mod plan;
pub mod prepare;
pub mod run;
pub mod run_file;
pub mod samples;
pub mod schedule;
pub mod slots;
pub mod source;
pub mod training;
pub mod update;
pub mod weights_file;

pub use error::{Error, Result};
