//! Everything that CI checks, in the order in which it fails fastest.

use crate::{bootstraps, cargo, golden};
use anyhow::{Context, Result, ensure};
use nearfield_int::kernel::Isa;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The environment variable that names the folder of the large golden cases.
const GOLDEN_VARIABLE: &str = "NEARFIELD_GOLDEN";

/// The environment variable that forces a set of kernels.
const KERNELS_VARIABLE: &str = "NEARFIELD_KERNELS";

/// The case that needs real data, which is not part of the project.
const LARGE_CASE: &str = "mlp1_mnist";

/// Runs all checks; `false` if one failed.
///
/// # Errors
/// If a check could not be run.
pub fn run() -> Result<bool> {
    let denied = ["--", "-D", "warnings"];
    let checks: [(&str, Vec<&str>); 5] = [
        ("format", vec!["fmt", "--all", "--check"]),
        (
            "lints",
            [&["clippy", "--workspace", "--all-targets"][..], &denied].concat(),
        ),
        (
            "lints without std",
            [
                &["clippy", "-p", "nearfield-int", "--no-default-features"][..],
                &denied,
            ]
            .concat(),
        ),
        (
            "documents",
            vec!["doc", "--workspace", "--no-deps", "--quiet"],
        ),
        ("tests", vec!["test", "--workspace"]),
    ];
    for (name, arguments) in checks {
        if !passes(name, &arguments)? {
            return Ok(false);
        }
    }
    Ok(every_kernel_set()?
        && bootstraps::same_bits()?
        && no_std_reaches_the_bottom()?
        && large_golden_case()?)
}

/// The tests ran with the fastest set of kernels; golden cases and whole networks must come out
/// the same with every other one.
fn every_kernel_set() -> Result<bool> {
    for isa in Isa::available() {
        let name = isa.name();
        let status = cargo::command()
            .args([
                "test",
                "--quiet",
                "-p",
                "xtask",
                "-p",
                "nearfield-int",
                "--test",
                "golden",
            ])
            .args(["--test", "network"])
            .env(KERNELS_VARIABLE, name)
            .status()?;
        let verdict = if status.success() { "ok" } else { "FAILED" };
        println!("== golden cases and networks with {name} kernels: {verdict}");
        if !status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn passes(name: &str, arguments: &[&str]) -> Result<bool> {
    println!("== {name}: cargo {}", arguments.join(" "));
    let begun = Instant::now();
    let status = cargo::command()
        .args(arguments)
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()
        .context("cargo could not be started")?;
    let verdict = if status.success() { "ok" } else { "FAILED" };
    println!("== {name}: {verdict} after {} s", begun.elapsed().as_secs());
    Ok(status.success())
}

/// The arithmetic core builds without std only if none of its dependencies asks for it either.
fn no_std_reaches_the_bottom() -> Result<bool> {
    let tree = [
        "tree",
        "-p",
        "nearfield-int",
        "--no-default-features",
        "-e",
        "features,no-dev,no-proc-macro",
    ];
    let output = cargo::command().args(tree).output()?;
    ensure!(output.status.success(), "cargo tree failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let with_std: Vec<_> = text
        .lines()
        .filter(|line| line.contains("feature \"std\""))
        .collect();
    let verdict = if with_std.is_empty() { "ok" } else { "FAILED" };
    println!("== no std in the arithmetic core's dependencies: {verdict}");
    for line in &with_std {
        println!("   {line}");
    }
    Ok(with_std.is_empty())
}

fn large_golden_case() -> Result<bool> {
    let named = std::env::var_os(GOLDEN_VARIABLE).map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new("../shared/golden/nitro_d").into());
    let case = folder.join(LARGE_CASE);
    if !case.is_dir() {
        println!(
            "== SKIPPED: the golden case {LARGE_CASE} (an epoch of real MNIST) is not here; to \
             run it, set {GOLDEN_VARIABLE} to the folder that holds it and {} to the folder that \
             holds mnist",
            golden::DATA_VARIABLE
        );
        return Ok(true);
    }
    let outcome = golden::run(&case)?;
    println!("== golden case on real MNIST: {outcome}");
    Ok(outcome.is_equal())
}
