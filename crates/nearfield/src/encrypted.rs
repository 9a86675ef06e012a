//! Training on encrypted data: what its owner does.

pub mod comparison;
pub mod owner;
pub mod report;
pub mod setup;
pub mod twin;
