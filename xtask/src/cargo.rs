//! Calls of `cargo`.

use std::process::Command;

/// The `cargo` that runs this program, or the one that is found.
pub(crate) fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
