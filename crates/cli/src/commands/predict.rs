//! `nearfield predict`

use super::samples::sample_files;
use crate::cli::PredictArguments;
use anyhow::{Context, Result};
use nearfield::integer::{Prediction, predict};
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;

pub(super) fn run(arguments: &PredictArguments, json: bool) -> Result<ExitCode> {
    let column = arguments.label_column.as_deref();
    let samples = sample_files(&arguments.samples, None, column)
        .context("give samples: `--images FILE` or `--csv FILE`")?;
    let predictions = predict(&arguments.model, &samples, arguments.exit)?;
    let written = if json {
        json_lines(&predictions)
    } else {
        csv_lines(&predictions)
    };
    match written {
        // Nobody reads any more, as with `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other
            .map(|()| ExitCode::SUCCESS)
            .context("the predictions cannot be written"),
    }
}

fn csv_lines(predictions: &[Prediction]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    writer.write_record(["sample", "class", "score"])?;
    for (sample, Prediction { class, score }) in predictions.iter().enumerate() {
        writer.write_record([&sample.to_string(), class, &score.to_string()])?;
    }
    writer.flush()
}

fn json_lines(predictions: &[Prediction]) -> io::Result<()> {
    let mut writer = io::BufWriter::new(io::stdout().lock());
    for (sample, Prediction { class, score }) in predictions.iter().enumerate() {
        writeln!(
            writer,
            "{}",
            json!({ "sample": sample, "class": class, "score": score })
        )?;
    }
    writer.flush()
}
