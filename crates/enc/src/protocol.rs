//! Between owner and server: the task, its plan and its cost, the folder that is handed over, and
//! the server that trains in it.

mod cost;
mod estimate;
pub mod folder;
mod server;
mod speed;
mod step_plan;
mod task;
#[cfg(test)]
mod tests;

pub use estimate::Estimate;
pub use server::{Server, StepRecord};
pub use speed::Speed;
pub use step_plan::StepPlan;
pub use task::{Task, TaskPlan};
