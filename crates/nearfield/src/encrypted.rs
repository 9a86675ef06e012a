//! Training on encrypted data: what its owner does, what the server does, and the twin.

pub mod comparison;
mod demo;
mod evaluation;
mod forecast;
pub mod order;
pub mod owner;
mod owner_side;
mod plain_training;
pub mod prepare;
pub mod report;
mod resolve;
pub mod run;
pub mod run_file;
pub mod samples;
mod server_side;
pub mod setup;
pub mod twin;
mod twin_run;

pub use comparison::{Comparison, StepComparison};
pub use demo::{ACTS, Act, ActResult, Demo, DemoOptions};
pub use evaluation::{Evaluation, evaluate};
pub use forecast::{Forecast, peak_resident_bytes};
pub use owner_side::{
    ComparisonFiles, DecryptedAnswers, DecryptedModel, Folders, OwnerSide, Requests, generate_keys,
};
pub use plain_training::{Epoch, train_plain};
pub use prepare::{Prepared, Scaling};
pub use resolve::resolve_with_data;
pub use run::{Resolved, Run};
pub use run_file::RunFile;
pub use samples::Samples;
pub use server_side::{ServerOutcome, ServerSide};
pub use setup::Setup;
pub use twin_run::{TwinOptions, TwinProgress, TwinSummary, train_twin};
