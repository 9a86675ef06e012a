//! The program `nearfield`: trains networks with integers only and keeps what it did in a
//! run folder. The arithmetic is in `nearfield-int`; here are run files, the training loop,
//! checkpoints, progress and the commands.

pub mod cli;
pub mod commands;
pub mod encrypted;
pub mod outcome;
pub mod progress;
pub mod resolve;
pub mod run;
pub mod run_file;
pub mod source;
pub mod state;
pub mod suggest;
pub mod trainer;
