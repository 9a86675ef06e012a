//! What crates depend on: licences, and what the arithmetic core must not reach.

use super::cargo_check;
use super::verdict::Verdict;
use crate::cargo;
use anyhow::{Result, ensure};

/// Crates for people's eyes and for data files, which the arithmetic core must not bring along.
const NOT_IN_THE_CORE: [&str; 3] = ["plotters", "png", "csv"];

/// `nearfield-int` draws and reads nothing, and without `std` none of its dependencies has it.
pub(super) fn core_is_lean() -> Result<Verdict> {
    let listed = tree(&["-e", "normal", "--prefix", "none"])?;
    let unwanted = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        NOT_IN_THE_CORE.contains(&name)
    };
    let with_std = tree(&[
        "--no-default-features",
        "-e",
        "features,no-dev,no-proc-macro",
    ])?;
    let drawing = found("draws or reads data files", listed.lines().filter(unwanted));
    let has_std = |line: &&str| line.contains("feature \"std\"");
    let std = found(
        "has std without default features",
        with_std.lines().filter(has_std),
    );
    Ok(drawing.and(std))
}

/// Licences, sources and versions, by `deny.toml`.
pub(super) fn licences() -> Result<Verdict> {
    let version = cargo::command().args(["deny", "--version"]).output()?;
    if !version.status.success() {
        return Ok(Verdict::Skipped(
            "cargo-deny is not installed: `cargo install cargo-deny --locked`, then \
             `cargo xtask check --only licences`"
                .into(),
        ));
    }
    cargo_check::passes(&[
        "deny",
        "--log-level",
        "error",
        "check",
        "licenses",
        "bans",
        "sources",
    ])
}

fn tree(arguments: &[&str]) -> Result<String> {
    let output = cargo::command()
        .args(["tree", "-p", "nearfield-int"])
        .args(arguments)
        .output()?;
    ensure!(output.status.success(), "cargo tree failed");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn found<'l>(fault: &str, lines: impl Iterator<Item = &'l str>) -> Verdict {
    let lines: Vec<_> = lines.collect();
    for line in &lines {
        println!("   nearfield-int {fault}: {}", line.trim());
    }
    Verdict::passed_if(lines.is_empty())
}
