//! What crates depend on: each other in one direction, nothing heavy in the arithmetic core, and
//! licences.

use super::cargo_check;
use super::verdict::Verdict;
use crate::cargo::{self, Package};
use anyhow::Result;

/// Our crates below each of our libraries. The doors, the program and this one, may use all.
const BELOW: [(&str, &[&str]); 9] = [
    ("nearfield-ring", &[]),
    ("nearfield-files", &[]),
    ("nearfield-train", &[]),
    ("nearfield-ckks", &["ring"]),
    ("nearfield-data", &["files"]),
    ("nearfield-report", &["train"]),
    ("nearfield-int", &["train"]),
    ("nearfield-enc", &["ckks", "files", "train"]),
    (
        "nearfield",
        &["ckks", "data", "enc", "files", "int", "report", "train"],
    ),
];

/// Crates that may use all others.
const DOORS: [&str; 2] = ["nearfield-cli", "xtask"];

/// Crates for people's eyes and for data files, which the arithmetic core must not bring along.
const NOT_IN_THE_CORE: [&str; 3] = ["plotters", "png", "csv"];

/// Crates use those below them alone; `nearfield-int` draws and reads nothing, and without `std`
/// none of its dependencies has it.
pub(super) fn go_one_way() -> Result<Verdict> {
    let packages = cargo::packages()?;
    let upward: Vec<_> = packages.iter().flat_map(upward).collect();
    let layers = no_faults(upward.iter().map(String::as_str));
    Ok(layers.and(core_is_lean()?))
}

/// Dependencies of a package that are not below it.
fn upward(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    if DOORS.contains(&name) {
        return Vec::new();
    }
    let Some((_, below)) = BELOW.iter().find(|(library, _)| *library == name) else {
        return vec![format!("{name} has no place in the order of crates")];
    };
    let used = package
        .dependencies
        .iter()
        .filter(|used| used.kind.is_none());
    let ours = used.filter_map(|used| used.name.strip_prefix("nearfield"));
    ours.map(|rest| rest.strip_prefix('-').unwrap_or("nearfield"))
        .filter(|used| !below.contains(used))
        .map(|used| format!("{name} depends on {used}, which is not below it"))
        .collect()
}

fn core_is_lean() -> Result<Verdict> {
    const CORE: [&str; 3] = ["tree", "-p", "nearfield-int"];
    let all = ["-e", "normal", "--prefix", "none"];
    let all = cargo::output(&[&CORE[..], &all].concat())?;
    let unwanted = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        NOT_IN_THE_CORE.contains(&name)
    };
    let features = "features,no-dev,no-proc-macro";
    let bare = ["--no-default-features", "-e", features];
    let bare = cargo::output(&[&CORE[..], &bare].concat())?;
    let has_std = |line: &&str| line.contains("feature \"std\"");
    let lean = no_faults(all.lines().filter(unwanted));
    Ok(lean.and(no_faults(bare.lines().filter(has_std))))
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

fn no_faults<'l>(faults: impl Iterator<Item = &'l str>) -> Verdict {
    let faults: Vec<_> = faults.collect();
    for fault in &faults {
        println!("   not allowed: {}", fault.trim());
    }
    Verdict::passed_if(faults.is_empty())
}

#[cfg(test)]
mod tests {
    use super::upward;
    use crate::cargo::{Dependency, Package};

    fn package(name: &str, used: &str, kind: Option<&str>) -> Package {
        Package {
            name: name.into(),
            publish: None,
            description: None,
            keywords: Vec::new(),
            categories: Vec::new(),
            targets: Vec::new(),
            dependencies: vec![Dependency {
                name: used.into(),
                kind: kind.map(Into::into),
            }],
        }
    }

    #[test]
    fn a_crate_may_use_those_below_it_and_in_tests_any() {
        let faults = |name, used, kind| upward(&package(name, used, kind)).len();
        assert_eq!(faults("nearfield-int", "nearfield-train", None), 0);
        assert_eq!(faults("nearfield-int", "serde", None), 0);
        assert_eq!(faults("nearfield-int", "nearfield-ckks", None), 1);
        assert_eq!(faults("nearfield-int", "nearfield", None), 1);
        assert_eq!(faults("nearfield-int", "nearfield-ckks", Some("dev")), 0);
        assert_eq!(faults("nearfield-new", "serde", None), 1);
        assert_eq!(faults("nearfield-cli", "nearfield-ring", None), 0);
    }
}
