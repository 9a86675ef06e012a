//! `nearfield resume`

use super::train::go_on;
use crate::cli::ResumeArguments;
use anyhow::Result;
use nearfield::integer::Training;
use std::process::ExitCode;

pub(super) fn run(arguments: &ResumeArguments, json: bool) -> Result<ExitCode> {
    go_on(
        Training::resume(&arguments.folder)?,
        &arguments.limits,
        json,
    )
}
