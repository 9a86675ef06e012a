//! Samples in files of their own, for a model that was trained before.

use crate::data::Label;
use crate::integer::samples::Samples;
use crate::{Error, Result};
use nearfield_data::{Dataset, csv, idx};
use nearfield_int::model::ModelCard;
use std::path::{Path, PathBuf};

/// Files of samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleFiles {
    /// IDX files, raw or gz.
    Images {
        /// The images.
        images: PathBuf,
        /// Their labels, if they are known.
        labels: Option<PathBuf>,
    },
    /// A CSV table, raw or gz.
    Table {
        /// The table.
        file: PathBuf,
        /// Its column of labels, if it has one.
        label: Option<Label>,
    },
}

impl SampleFiles {
    /// Whether the files say of which classes the samples are.
    pub fn have_labels(&self) -> bool {
        match self {
            SampleFiles::Images { labels, .. } => labels.is_some(),
            SampleFiles::Table { label, .. } => label.is_some(),
        }
    }

    /// Reads the samples in the size of a model. Without labels, all have label 0.
    ///
    /// # Errors
    /// If a file is damaged, or the samples are of another size or other classes than the model's.
    pub fn read(&self, card: &ModelCard) -> Result<Samples> {
        let mut data = match self {
            SampleFiles::Images { images, labels } => read_images(images, labels.as_deref(), card)?,
            SampleFiles::Table { file, label } => read_table(file, label.as_ref(), card)?,
        };
        let input = card.network.input;
        if data.features() == input.features() && input.height * input.width > 1 {
            data = data.reshaped(vec![input.channels, input.height, input.width])?;
        }
        Samples::new(&data, &card.preprocessing)
    }
}

fn read_images(images: &Path, labels: Option<&Path>, card: &ModelCard) -> Result<Dataset> {
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

fn read_table(table: &Path, label: Option<&Label>, card: &ModelCard) -> Result<Dataset> {
    let options = csv::Options {
        label: label.map_or(csv::LabelColumn::Absent, Into::into),
        missing: csv::Missing::Refuse,
        classes: Some(card.classes.clone()),
        decimals: card.decimals.clone(),
        features: None,
    };
    Ok(csv::load(table, &options)?.dataset)
}

/// Refuses samples of unknown classes.
pub(crate) fn require_labels(samples: &SampleFiles) -> Result<()> {
    match samples.have_labels() {
        true => Ok(()),
        false => Err(Error::setting(
            "labels",
            "are missing: an evaluation needs the labels of the samples",
        )),
    }
}
