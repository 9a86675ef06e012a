//! Training on encrypted data: what its owner does, and the twin.

pub mod comparison;
pub mod order;
pub mod owner;
pub mod prepare;
pub mod report;
pub mod run;
pub mod run_file;
pub mod samples;
pub mod setup;
pub mod source;
pub mod training;
pub mod twin;
