//! Trains neural networks on encrypted data by local losses (ReBoot, arXiv 2506.19693).

pub mod block;
pub mod circuit;
pub mod clear;
pub mod encrypted;
mod error;
pub mod estimate;
pub mod folder;
pub mod grid;
mod layers;
pub mod layout;
pub mod network;
pub mod plan;
pub mod server;
pub mod slots;
pub mod task;
pub mod update;

pub use error::{Error, Result};
