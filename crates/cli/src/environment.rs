//! What the whole process runs on: instruction set and threads.

use anyhow::{Context, Result, ensure};

/// Refuses a value of `NEARFIELD_KERNELS` that this processor cannot run, before anything is done.
/// The variable is read by integers and by rings, each of which has kernels of its own.
///
/// # Errors
/// Names the instruction sets that there are.
pub(crate) fn check_kernels() -> Result<()> {
    nearfield_int::kernel::Isa::check_environment()?;
    nearfield_ring::Isa::check_environment()?;
    Ok(())
}

/// Sets the number of threads of all computations, which is one a core otherwise.
///
/// # Errors
/// If the number is out of range, or the system refuses.
pub(crate) fn use_threads(threads: usize) -> Result<()> {
    ensure!(
        (1..=1024).contains(&threads),
        "`--threads {threads}`: take a number from 1 to 1024"
    );
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("the threads could not be started")
}
