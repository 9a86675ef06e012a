//! `nearfield report`

use crate::cli::ReportArguments;
use anyhow::Result;
use nearfield::integer;
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(arguments: &ReportArguments, json: bool) -> Result<ExitCode> {
    let path = integer::write_report(&arguments.folder)?;
    match json {
        true => println!("{}", json!({ "report": path })),
        false => println!("{}", path.display()),
    }
    Ok(ExitCode::SUCCESS)
}
