//! A call of cargo as a check.

use super::verdict::Verdict;
use crate::cargo;
use anyhow::{Context, Result};

/// Runs cargo in the workspace, where warnings of documents are errors.
pub(super) fn passes(arguments: &[&str]) -> Result<Verdict> {
    println!("   cargo {}", arguments.join(" "));
    let status = cargo::command()
        .args(arguments)
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()
        .context("cargo could not be started")?;
    Ok(Verdict::passed_if(status.success()))
}
