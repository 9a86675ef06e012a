//! From stored data to the samples of an encrypted training.
//!
//! In this order: images are resized, cropped and pooled (`images`); where a set has no test samples,
//! the same share of every class is set aside (`split`); numbers are scaled (`scaling`) by statistics
//! of the training samples alone.
//!
//! # Deviates
//! The published protocol copies samples of small classes before it sets test samples aside
//! ([`Oversample::BeforeSplit`]), so that copies of test samples are learned from.

use crate::data::Loaded;
use crate::encrypted::samples::Samples;
use crate::{Error, Result};
use nearfield_data::Dataset;
pub use scaling::{Feature, Scaling};
use serde::{Deserialize, Serialize};

pub(crate) mod images;
mod scaling;
mod split;

/// Whether samples of small classes come more than once, until all classes are equally large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversample {
    /// They do not.
    #[default]
    Never,
    /// In training alone.
    Training,
    /// Before test samples are set aside: as in the reference implementation for two sets.
    BeforeSplit,
}

/// What is done to data before a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Preparation {
    /// What is done to images, in this order.
    pub images: Vec<images::Work>,
    /// Per cent of every class that are set aside, where the data has no test samples.
    pub test_percent: u32,
    /// Whether samples of small classes come more than once.
    pub oversample: Oversample,
    /// Whether every feature gets mean 0 and deviation 1 before all are scaled alike.
    pub standardize: bool,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Samples, ready for training and test.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// For learning: from 0 to 1.
    pub train: Samples,
    /// For the last look; values may lie outside 0 to 1.
    pub test: Samples,
    /// How stored values became inputs.
    pub scaling: Scaling,
}

impl Preparation {
    /// Prepares data.
    ///
    /// # Errors
    /// [`Error::Samples`] or [`Error::Setting`] with what does not fit the data.
    pub fn prepare(&self, loaded: &Loaded) -> Result<Prepared> {
        let decimals = loaded.decimals.as_deref();
        let ready = |data: &Dataset| -> Result<Samples> {
            match self.images.as_slice() {
                [] => Samples::from_dataset(data, decimals),
                works => {
                    let images = works
                        .iter()
                        .try_fold(data.clone(), |data, work| work.apply(&data));
                    Samples::from_dataset(&images?, decimals)
                }
            }
        };
        let train = ready(&loaded.train)?;
        let (train, test) = match &loaded.test {
            Some(test) => (train, ready(test)?),
            None => self.divide(train)?,
        };
        let train = match self.oversample {
            Oversample::Training => oversampled(&train, self.seed)?,
            _ => train,
        };
        if train.is_empty() || test.is_empty() {
            return Err(Error::Samples(format!(
                "{} training and {} test samples are left; give more data",
                train.len(),
                test.len()
            )));
        }
        let scaling = Scaling::fit(train.inputs(), self.standardize)?;
        Ok(Prepared {
            train: train.with_inputs(scaling.apply(train.inputs())?)?,
            test: test.with_inputs(scaling.apply(test.inputs())?)?,
            scaling,
        })
    }

    /// Sets test samples aside.
    fn divide(&self, all: Samples) -> Result<(Samples, Samples)> {
        let all = match self.oversample {
            Oversample::BeforeSplit => oversampled(&all, self.seed)?,
            _ => all,
        };
        let (train, test) = split::stratified(all.labels(), self.test_percent, self.seed)?;
        Ok((all.select(&train)?, all.select(&test)?))
    }
}

fn oversampled(samples: &Samples, seed: u64) -> Result<Samples> {
    samples.select(&split::oversampled(samples.labels(), seed))
}

#[cfg(test)]
mod tests;
