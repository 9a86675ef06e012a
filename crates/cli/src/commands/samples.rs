//! Models and samples named on the command line.

use crate::cli::SampleArguments;
use anyhow::{Context, Result, bail, ensure};
use nearfield::integer::checkpoint::MAX_BYTES;
use nearfield::integer::run_file::Label;
use nearfield::integer::samples::Samples;
use nearfield_data::{Dataset, csv, idx};
use nearfield_files::read_bounded;
use nearfield_int::model::{self, ModelCard};
use nearfield_int::network::Network;
use safetensors::{Dtype, SafeTensors};
use std::path::{Path, PathBuf};

/// Reads a model file, or the model of a run folder.
pub(super) fn read_model(path: &Path) -> Result<(Network, ModelCard)> {
    let file = match path.is_dir() {
        false => path.to_path_buf(),
        true => path.join("model.safetensors"),
    };
    ensure!(
        file.exists() || !path.join("run.toml").exists(),
        "the run in {0} has not ended, so it has no model yet: continue it with `nearfield resume {0}`",
        path.display()
    );
    let bytes = read_bounded(&file, MAX_BYTES)?;
    ensure!(
        !has_real_weights(&bytes),
        "{}: its weights are real numbers, so it comes from encrypted training or its twin, and this \
         command takes models of integers; `nearfield eval {0} --run RUN.toml` reads it",
        file.display()
    );
    model::from_bytes(&bytes).with_context(|| file.display().to_string())
}

fn has_real_weights(bytes: &[u8]) -> bool {
    SafeTensors::deserialize(bytes).is_ok_and(|tensors| {
        tensors
            .iter()
            .any(|(_, tensor)| tensor.dtype() == Dtype::F64)
    })
}

/// Reads the samples on the command line, in the model's size. Without labels, all have label 0.
pub(super) fn read_samples(
    arguments: &SampleArguments,
    labels: Option<&PathBuf>,
    label_column: Option<&str>,
    card: &ModelCard,
) -> Result<Samples> {
    let mut data = match (&arguments.images, &arguments.csv) {
        (Some(images), None) => read_images(images, labels, card)?,
        (None, Some(table)) => read_table(table, label_column, card)?,
        _ => bail!("give samples: `--images FILE` or `--csv FILE`"),
    };
    let input = card.network.input;
    if data.features() == input.features() && input.height * input.width > 1 {
        data = data.reshaped(vec![input.channels, input.height, input.width])?;
    }
    Ok(Samples::new(&data, &card.preprocessing)?)
}

fn read_images(images: &Path, labels: Option<&PathBuf>, card: &ModelCard) -> Result<Dataset> {
    if let Some(labels) = labels {
        return Ok(idx::load(images, labels, Some(card.classes.len()))?);
    }
    let (values, shape) = idx::read_images(images)?;
    let count = values.len() / shape.iter().product::<usize>().max(1);
    Ok(Dataset {
        values,
        shape,
        labels: vec![0; count],
        classes: card.classes.clone(),
    })
}

fn read_table(table: &Path, label: Option<&str>, card: &ModelCard) -> Result<Dataset> {
    let options = csv::Options {
        label: match label {
            None => csv::LabelColumn::Absent,
            Some(word) => match word.parse() {
                Ok(index) => csv::LabelColumn::Index(index),
                Err(_) => (&Label::Word(word.to_owned())).into(),
            },
        },
        missing: csv::Missing::Refuse,
        classes: Some(card.classes.clone()),
        decimals: card.decimals.clone(),
        features: None,
    };
    Ok(csv::load(table, &options)?.dataset)
}
