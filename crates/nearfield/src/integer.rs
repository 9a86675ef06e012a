//! Training with integers only: run files, the trainer, run folders, outcomes.

mod check;
pub mod checkpoint;
pub mod outcome;
pub mod prepare;
pub mod resolve;
pub mod run;
pub mod run_file;
pub mod samples;
pub mod source;
pub mod state;
pub mod trainer;
