//! Between owner and server: what is asked, where it lies, who does it, what it costs.

mod estimate;
pub mod folder;
mod server;
mod step_plan;
mod task;

pub use estimate::{Estimate, Speed};
pub use server::{METRICS, Server, StepTimes};
pub use step_plan::StepPlan;
pub use task::{Planned, TASK_VERSION, Task};
