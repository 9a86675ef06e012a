//! Training with integers only: run files, the trainer, run folders, outcomes.

mod check;
pub mod checkpoint;
mod evaluation;
mod inspection;
mod metrics;
mod outcome;
pub mod prepare;
mod report;
mod report_again;
mod resolve;
pub mod run;
pub mod run_file;
mod sample_files;
pub mod samples;
pub mod split;
mod state;
mod summary;
mod test_set;
mod trained_model;
mod trainer;
mod training;

pub use evaluation::{Evaluation, Prediction, evaluate, predict};
pub use inspection::{Inspected, InspectionReport, inspect};
pub use metrics::metrics;
pub use report_again::write_report;
pub use resolve::{preset_layers, read_run, resolve_with_data};
pub use run::Run;
pub use run_file::RunFile;
pub use sample_files::SampleFiles;
pub use samples::{Samples, fit, shape_of};
pub use state::State;
pub use summary::Summary;
pub use trained_model::{TrainedModel, read_tensors};
pub use trainer::{Limits, StopReason, Trainer};
pub use training::{Outcome, Place, Training};
