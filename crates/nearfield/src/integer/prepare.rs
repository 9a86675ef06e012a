//! From a run and its data to what is trained on.

use crate::data::Loaded;
use crate::integer::checkpoint::Digests;
use crate::integer::run::Run;
use crate::integer::samples::{Samples, fit};
use crate::integer::split::{Sets, split};
use crate::{Error, Result};
use nearfield_data::Dataset;
use nearfield_int::model::{MODEL_VERSION, ModelCard};

/// The samples of a run, as its network sees them.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What its checkpoints are bound to.
    pub digests: Digests,
    /// What its model file says beside the weights.
    pub card: ModelCard,
    /// For learning.
    pub train: Samples,
    /// For decisions; none if they are taken on the test set.
    pub validation: Option<Samples>,
    /// For the last look.
    pub test: Samples,
    /// The test samples as they were stored.
    pub test_data: Dataset,
}

impl Prepared {
    /// Sets samples aside and preprocesses all with what is known of the training samples alone.
    ///
    /// # Errors
    /// If data and network do not fit, or too few samples are left to train on.
    pub fn new(run: &Run, loaded: Loaded) -> Result<Self> {
        let digests = digests(run, &loaded)?;
        let decimals = loaded.decimals.clone();
        let (validation, test) = (run.split.validation_percent, run.split.test_percent);
        let sets = split(loaded, run.seed, validation, test)?;
        let sets = reshaped(sets, &run.preprocessing.shape)?;
        let settings = &run.preprocessing;
        let preprocessing = fit(
            &sets.train,
            settings.normalize,
            settings.statistics,
            settings.samples,
        )?;
        let card = ModelCard {
            version: MODEL_VERSION,
            network: run.spec(sets.train.classes.len())?,
            classes: sets.train.classes.clone(),
            decimals,
            preprocessing,
        };
        let samples = |data: &Dataset| Samples::new(data, &card.preprocessing);
        let prepared = Prepared {
            digests,
            train: samples(&sets.train)?,
            validation: sets.validation.as_ref().map(samples).transpose()?,
            test: samples(&sets.test)?,
            test_data: sets.test,
            card,
        };
        let count = |samples: &Samples| run.counted(samples.len());
        if count(&prepared.train) == 0 || count(&prepared.test) == 0 {
            return Err(Error::Samples(format!(
                "there are fewer samples than one batch of {}: take smaller batches \
                 (`training.batch`) or keep the last one (`training.last_batch = \"keep\"`)",
                run.training.batch
            )));
        }
        Ok(prepared)
    }
}

fn digests(run: &Run, loaded: &Loaded) -> Result<Digests> {
    let mut data = blake3::Hasher::new();
    data.update(&loaded.train.digest());
    if let Some(test) = &loaded.test {
        data.update(&test.digest());
    }
    Ok(Digests {
        data: data.finalize().to_hex().to_string(),
        run: blake3::hash(run.to_toml()?.as_bytes()).to_hex().to_string(),
    })
}

fn reshaped(sets: Sets, shape: &[usize]) -> Result<Sets> {
    let reshape = |data: Dataset| data.reshaped(shape.to_vec());
    Ok(Sets {
        train: reshape(sets.train)?,
        validation: sets.validation.map(reshape).transpose()?,
        test: reshape(sets.test)?,
    })
}
