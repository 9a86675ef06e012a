//! Calls of `cargo`, and what it says about the workspace.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `cargo` that runs this program, or the one that is found.
pub fn command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The path of this program. Where the system allows it, that of the program as it runs: checks build
/// and may replace its file.
///
/// # Errors
/// If the system does not say.
pub(crate) fn this_program() -> Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    match running.exists() {
        true => Ok(running.to_path_buf()),
        false => std::env::current_exe().context("this program has no path"),
    }
}

/// What cargo prints.
///
/// # Errors
/// With its messages, if it fails.
pub(crate) fn output(arguments: &[&str]) -> Result<String> {
    let output = command().args(arguments).output()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    let call = arguments.join(" ");
    ensure!(output.status.success(), "cargo {call} failed: {messages}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The packages of the workspace.
pub(crate) fn packages() -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let text = output(&["metadata", "--no-deps", "--format-version", "1"])?;
    Ok(serde_json::from_str::<Metadata>(&text)?.packages)
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The registries that it may go to: `None` is any.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) description: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) targets: Vec<Target>,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for what the package itself needs, `dev` for its tests.
    pub(crate) kind: Option<String>,
}
