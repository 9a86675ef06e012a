//! Every crate that is published can be packaged, with what its users need beside the code.

use super::cargo_check;
use super::verdict::Verdict;
use crate::cargo::{self, Package};
use anyhow::Result;

/// What each package contains beside its code.
const NEEDED: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Packages all crates of the workspace together. They are not built again from their packages,
/// which would take as long as all tests.
pub(super) fn can_be_made() -> Result<Verdict> {
    let (published, own): (Vec<_>, Vec<_>) = cargo::packages()?
        .into_iter()
        .partition(|package| package.publish.is_none());
    let mut complete = true;
    for package in &published {
        for fault in faults(package)? {
            println!("   {}: {fault}", package.name);
            complete = false;
        }
    }
    let mut command = vec![
        "package",
        "--workspace",
        "--no-verify",
        "--allow-dirty",
        "--quiet",
    ];
    for package in &own {
        command.extend(["--exclude", &package.name]);
    }
    Ok(Verdict::passed_if(complete).and(cargo_check::passes(&command)?))
}

fn faults(package: &Package) -> Result<Vec<String>> {
    let list = cargo::output(&["package", "--list", "--allow-dirty", "-p", &package.name])?;
    let is_missing = |name: &&&str| !list.lines().any(|line| line == **name);
    let mut faults: Vec<_> = NEEDED
        .iter()
        .filter(is_missing)
        .map(|name| format!("the package has no {name}"))
        .collect();
    for (name, is_there) in [
        ("description", package.description.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
    ] {
        if !is_there {
            faults.push(format!("Cargo.toml has no `{name}`"));
        }
    }
    // Data sets come from others: their licences go wherever they go.
    let is_data = |line: &str| line.starts_with("data/");
    if list.lines().any(is_data) && !list.lines().any(|line| line == "data/README.md") {
        faults.push("data/ has no README.md with its origins and licences".into());
    }
    Ok(faults)
}
