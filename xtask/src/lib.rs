//! What developers and CI run beside the tests.

pub mod bootstraps;
mod cargo;
pub mod check;
pub mod circles;
pub mod encrypted_cases;
pub mod encrypted_steps;
pub mod golden;
pub mod peers;
pub mod reboot_tables;
pub mod results;
