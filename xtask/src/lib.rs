//! What developers and CI run.

pub mod bootstraps;
pub mod cargo;
pub mod check;
pub mod circles;
pub mod encrypted_cases;
pub mod encrypted_steps;
pub mod golden;
mod machine;
mod page;
pub mod peers;
pub mod reboot_tables;
pub mod results;
mod statistics;

/// The snippets of the crates' READMEs, which are compiled and run as documentation tests.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../crates/ckks/README.md")]
    struct Ckks;
    #[doc = include_str!("../../crates/data/README.md")]
    struct Data;
    #[doc = include_str!("../../crates/int/README.md")]
    struct Int;
    #[doc = include_str!("../../crates/ring/README.md")]
    struct Ring;
}
