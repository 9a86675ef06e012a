//! `nearfield eval`

use super::samples::sample_files;
use crate::arguments::EvalArguments;
use crate::output::Output;
use anyhow::{Result, ensure};
use nearfield::integer::{self, Evaluation};
use nearfield::observer::percent;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn run(arguments: &EvalArguments, output: Output) -> Result<()> {
    ensure!(
        arguments.samples.images.is_none() || arguments.labels.is_some(),
        "give the labels of the images with `--labels FILE`"
    );
    let column = arguments.label_column.as_deref().unwrap_or("last");
    let files = sample_files(&arguments.samples, arguments.labels.as_ref(), Some(column));
    ensure!(
        files.is_some() || arguments.model.join("run.toml").is_file(),
        "give the samples with `--images FILE --labels FILE` or `--csv FILE`, or name a run folder"
    );
    let found = integer::evaluate(&arguments.model, files.as_ref())?;
    output.show(
        || json!({ "samples": found.samples, "test": found.accuracies }),
        |out| print(&found, out),
    )
}

fn print(found: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} samples", found.samples)?;
    for (block, &head) in found.accuracies.heads.iter().enumerate() {
        writeln!(
            out,
            "  {:<10} {:>9}",
            format!("block {block}"),
            percent(head)
        )?;
    }
    writeln!(
        out,
        "  {:<10} {:>9}",
        "output",
        percent(found.accuracies.output)
    )
}
