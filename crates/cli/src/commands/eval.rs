//! `nearfield eval`

use super::samples::{read_model, read_samples};
use crate::cli::EvalArguments;
use anyhow::{Context, Result, ensure};
use nearfield::integer::outcome;
use nearfield::integer::samples::Samples;
use nearfield::integer::source;
use nearfield::integer::trainer::Trainer;
use nearfield::observer::percent;
use nearfield_int::network::Network;
use nearfield_train::history::Accuracies;
use serde_json::json;
use std::process::ExitCode;

/// Samples evaluated at a time; the result does not depend on it.
const BATCH: usize = 64;

pub(super) fn run(arguments: &EvalArguments, json: bool) -> Result<ExitCode> {
    if let Some(run) = &arguments.run {
        return super::encrypted::eval::run(&arguments.model, run, json);
    }
    let (network, card) = read_model(&arguments.model)?;
    let given = arguments.samples.images.is_some() || arguments.samples.csv.is_some();
    let samples = match given {
        true => {
            ensure!(
                arguments.samples.images.is_none() || arguments.labels.is_some(),
                "give the labels of the images with `--labels FILE`"
            );
            let column = Some(arguments.label_column.as_str());
            read_samples(&arguments.samples, arguments.labels.as_ref(), column, &card)?
        }
        false => own_test_samples(arguments)?,
    };
    let accuracies = evaluate(&network, &samples)?;
    if json {
        println!(
            "{}",
            json!({ "samples": samples.len(), "test": accuracies })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} samples", samples.len());
    for exit in outcome::heads(&accuracies) {
        println!("  {:<10} {:>9}", exit.name, percent(exit.accuracy));
    }
    Ok(ExitCode::SUCCESS)
}

/// The test samples of the run in a run folder.
fn own_test_samples(arguments: &EvalArguments) -> Result<Samples> {
    let file = arguments.model.join("run.toml");
    ensure!(
        file.is_file(),
        "give the samples with `--images FILE --labels FILE` or `--csv FILE`, or name a run folder"
    );
    let (run, loaded) = source::load_run(&file).context("the data of the run")?;
    Ok(Trainer::new(run, loaded, None)?.test().0.clone())
}

fn evaluate(network: &Network, samples: &Samples) -> Result<Accuracies> {
    let mut found = Accuracies::default();
    let mut inference = network.inference();
    for (values, labels) in samples.batches(BATCH) {
        found.add(&inference.evaluate(values, labels)?);
    }
    Ok(found)
}
