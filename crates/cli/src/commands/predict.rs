//! `nearfield predict`

use super::samples::sample_files;
use crate::arguments::PredictArguments;
use crate::output::Output;
use anyhow::{Context, Result};
use nearfield::integer::{Prediction, predict};
use serde_json::json;
use std::io::{self, Write};

pub(super) fn run(arguments: &PredictArguments, output: Output) -> Result<()> {
    let column = arguments.label_column.as_deref();
    let samples = sample_files(&arguments.samples, None, column)
        .context("give samples: `--images FILE` or `--csv FILE`")?;
    let predictions = predict(&arguments.model, &samples, arguments.exit)?;
    if output.is_json() {
        return output.write(|out| json_lines(&predictions, out));
    }
    let table = csv_table(&predictions)?;
    output.write(|out| out.write_all(&table))
}

fn csv_table(predictions: &[Prediction]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["sample", "class", "score"])?;
    for (sample, Prediction { class, score }) in predictions.iter().enumerate() {
        writer.write_record([&sample.to_string(), class, &score.to_string()])?;
    }
    Ok(writer.into_inner()?)
}

fn json_lines(predictions: &[Prediction], out: &mut dyn Write) -> io::Result<()> {
    for (sample, Prediction { class, score }) in predictions.iter().enumerate() {
        let line = json!({ "sample": sample, "class": class, "score": score });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
