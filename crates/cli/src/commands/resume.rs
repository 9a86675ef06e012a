//! `nearfield resume`

use super::training;
use crate::arguments::ResumeArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::integer::Training;
use std::process::ExitCode;

pub(super) fn run(arguments: &ResumeArguments, output: Output) -> Result<ExitCode> {
    let training = Training::resume(&arguments.folder)?;
    training::finish(training, &arguments.limits, output)
}
