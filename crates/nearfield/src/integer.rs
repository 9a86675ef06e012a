//! Training with integers only: run files, the trainer, run folders, outcomes.

pub mod dataset;
pub mod outcome;
pub mod resolve;
pub mod run;
pub mod run_file;
pub mod source;
pub mod state;
pub mod trainer;
