//! Circles between modules: siblings that refer to each other, directly or around a ring.
//!
//! A reader can take modules one after another only where their references form no circle. A
//! reference is a path (`crate::…`, `super::…`, or a name that is in scope) in a `use` declaration,
//! an expression, a type, an attribute or a macro's tokens. It leads to the module that defines
//! what it names: `crate::Error`, which the root re-exports from `error`, refers to `error`. Code
//! that is compiled for tests alone does not count. Calls of methods name no path and are not seen.

mod graph;
mod modules;
mod paths;
mod read;
mod report;
mod resolve;
#[cfg(test)]
mod tests;

use crate::cargo;
use anyhow::{Context, Result, ensure};
use report::CrateReport;
use std::path::{Path, PathBuf};

/// What `cargo xtask circles` looks at and prints.
#[derive(Debug, Default)]
pub struct Options {
    /// Names of crates, with or without `nearfield-`; all of the workspace if there are none.
    pub crates: Vec<String>,
    /// Print every place that makes an edge, and every reference to an item of a parent's file.
    pub all_places: bool,
}

/// Prints the circles of crates of the workspace; `false` if there are any.
///
/// # Errors
/// If a crate is unknown, or a source file cannot be read or parsed.
pub fn run(options: &Options) -> Result<bool> {
    let targets = targets()?;
    for name in &options.crates {
        ensure!(
            targets.iter().any(|target| target.is_called(name)),
            "there is no crate `{name}` in the workspace"
        );
    }
    let here = std::env::current_dir()?;
    let mut clean = true;
    for target in &targets {
        if !options.crates.is_empty() && !options.crates.iter().any(|name| target.is_called(name)) {
            continue;
        }
        let report = examine(&target.label, &target.root)?;
        print!("{}", report.text(&here, options.all_places));
        clean &= report.is_clean();
    }
    Ok(clean)
}

/// The circles of the crate whose root file is `root`.
fn examine(label: &str, root: &Path) -> Result<CrateReport> {
    let tree = read::crate_at(root).with_context(|| format!("crate {label}"))?;
    let references = resolve::references(&tree);
    let circles = graph::circles(&tree, &references);
    Ok(CrateReport::new(label, &tree, circles, &references))
}

/// A library or a program of the workspace.
struct Target {
    package: String,
    label: String,
    root: PathBuf,
}

impl Target {
    fn is_called(&self, name: &str) -> bool {
        self.package == name || self.package.strip_prefix("nearfield-") == Some(name)
    }
}

/// Libraries and programs; examples, tests and benches are single files as a rule.
fn targets() -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for package in cargo::packages()? {
        for target in package.targets {
            let kind = target.kind.first().map_or("", String::as_str);
            if !matches!(kind, "lib" | "rlib" | "cdylib" | "bin" | "proc-macro") {
                continue;
            }
            let suffix = if kind == "bin" { " (program)" } else { "" };
            targets.push(Target {
                package: package.name.clone(),
                label: format!("{}{suffix}", package.name),
                root: target.src_path,
            });
        }
    }
    Ok(targets)
}
