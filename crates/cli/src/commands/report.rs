//! `nearfield report`

use crate::arguments::ReportArguments;
use crate::output::Output;
use anyhow::Result;
use nearfield::integer;
use serde_json::json;

pub(super) fn run(arguments: &ReportArguments, output: Output) -> Result<()> {
    let path = integer::write_report(&arguments.folder)?;
    output.show(
        || json!({ "report": path }),
        |out| writeln!(out, "{}", path.display()),
    )
}
