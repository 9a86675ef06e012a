//! Stopping a training so that it can be continued.

use anyhow::{Context, Result};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a training that was stopped and can be continued: that of a program that Ctrl-C ends.
const STOPPED: u8 = 130;

/// Set as soon as a training should stop.
pub(crate) type StopFlag = Arc<AtomicBool>;

/// The exit code of a training that was stopped.
pub(crate) fn stopped() -> ExitCode {
    ExitCode::from(STOPPED)
}

/// A flag that Ctrl-C or a termination request sets; the second one ends the program at once.
///
/// # Errors
/// If the system refuses.
pub(crate) fn stop_on_signal() -> Result<StopFlag> {
    let stop = StopFlag::default();
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(STOPPED));
        }
    })
    .context("the handler of Ctrl-C could not be set")?;
    Ok(stop)
}
