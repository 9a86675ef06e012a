//! Recorded trainings: on every kernel set of this machine, and on real data where it is.

use super::verdict::Verdict;
use crate::{cargo, golden};
use anyhow::Result;
use nearfield_int::kernel::Isa;
use std::path::{Path, PathBuf};

/// The environment variable that names the folder of the large golden cases.
const GOLDEN_VARIABLE: &str = "NEARFIELD_GOLDEN";

/// The environment variable that forces a set of kernels.
const KERNELS_VARIABLE: &str = "NEARFIELD_KERNELS";

/// The case that needs real data, which is not part of the project.
const LARGE_CASE: &str = "mlp1_mnist";

/// The tests ran with the fastest set of kernels; golden cases and whole networks must come out
/// the same with every other one.
pub(super) fn on_every_kernel_set() -> Result<Verdict> {
    for isa in Isa::available() {
        let name = isa.name();
        let status = cargo::command()
            .args(["test", "--quiet", "-p", "xtask", "-p", "nearfield-int"])
            .args(["--test", "golden", "--test", "network"])
            .env(KERNELS_VARIABLE, name)
            .status()?;
        let verdict = Verdict::passed_if(status.success());
        println!("   golden cases and networks with {name} kernels: {verdict}");
        if verdict == Verdict::Failed {
            return Ok(verdict);
        }
    }
    Ok(Verdict::Passed)
}

/// An epoch of real MNIST.
pub(super) fn on_mnist() -> Result<Verdict> {
    let named = std::env::var_os(GOLDEN_VARIABLE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new("../shared/golden/nitro_d").into());
    let case = folder.join(LARGE_CASE);
    if !case.is_dir() {
        return Ok(Verdict::Skipped(format!(
            "the golden case {LARGE_CASE} (an epoch of real MNIST) is not here; set \
             {GOLDEN_VARIABLE} to the folder that holds it and {} to the folder that holds mnist",
            golden::DATA_VARIABLE
        )));
    }
    let outcome = golden::run(&case)?;
    println!("   {outcome}");
    Ok(Verdict::passed_if(outcome.is_equal()))
}
