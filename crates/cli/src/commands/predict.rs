//! `nearfield predict`

use super::samples::{read_model, read_samples};
use crate::cli::PredictArguments;
use anyhow::{Context, Result, ensure};
use nearfield_int::head::predicted_class;
use nearfield_int::network::Scores;
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;

/// Samples predicted at a time; the result does not depend on it.
const BATCH: usize = 64;

pub(super) fn run(arguments: &PredictArguments, json: bool) -> Result<ExitCode> {
    let (network, card) = read_model(&arguments.model)?;
    let blocks = network.plan().blocks.len();
    if let Some(exit) = arguments.exit {
        ensure!(
            exit < blocks,
            "`--exit {exit}`: the network has {blocks} blocks, from 0"
        );
    }
    let column = arguments.label_column.as_deref();
    let samples = read_samples(&arguments.samples, None, column, &card)?;
    let mut predictions = Vec::with_capacity(samples.len());
    let mut inference = network.inference();
    for (values, _) in samples.batches(BATCH) {
        let Scores { heads, output } = inference.scores(values)?;
        let scores = arguments.exit.map_or(&output, |exit| &heads[exit]);
        for scores in scores.chunks_exact(card.classes.len()) {
            let class = predicted_class(scores);
            predictions.push((card.classes[class].as_str(), scores[class]));
        }
    }
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

fn csv_lines(predictions: &[(&str, i8)]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    writer.write_record(["sample", "class", "score"])?;
    for (sample, (class, score)) in predictions.iter().enumerate() {
        writer.write_record([&sample.to_string(), *class, &score.to_string()])?;
    }
    writer.flush()
}

fn json_lines(predictions: &[(&str, i8)]) -> io::Result<()> {
    let mut writer = io::BufWriter::new(io::stdout().lock());
    for (sample, (class, score)) in predictions.iter().enumerate() {
        writeln!(
            writer,
            "{}",
            json!({ "sample": sample, "class": class, "score": score })
        )?;
    }
    writer.flush()
}
