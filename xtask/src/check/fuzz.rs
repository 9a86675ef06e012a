//! The fuzz targets, a workspace of their own, still build.

use super::cargo_check;
use super::verdict::Verdict;
use anyhow::Result;
use std::process::{Command, Stdio};

/// Builds `fuzz/`, without running it.
pub(super) fn targets_build() -> Result<Verdict> {
    if !cfg!(target_os = "linux") {
        return Ok(Verdict::Skipped("fuzz targets are built on Linux".into()));
    }
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let found = Command::new(&compiler)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        return Ok(Verdict::Skipped(format!(
            "libFuzzer needs a C++ compiler, and `{}` cannot be run: install one, or name it in \
             CXX",
            compiler.display()
        )));
    }
    cargo_check::passes(&["check", "--manifest-path", "fuzz/Cargo.toml"])
}
