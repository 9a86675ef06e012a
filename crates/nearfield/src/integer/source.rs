//! From a run file's data to training and test samples, before any preprocessing.

use crate::integer::run::Run;
use crate::integer::run_file::{DataSpec, Label, Missing, RunFile};
use crate::{Error, Result};
use nearfield_data::{Dataset, cifar10, csv, digits, idx};
use nearfield_train::random::{Purpose, Stream};
use std::path::Path;

/// Data as it was found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Training samples, and all samples where there are no test samples.
    pub train: Dataset,
    /// Test samples, where the data has some.
    pub test: Option<Dataset>,
    /// Decimals of each column of a table.
    pub decimals: Option<Vec<u8>>,
    /// Rows of a table left out because of missing values.
    pub dropped: usize,
}

/// Reads a run file and its data, and resolves the run. Without data, it is the embedded digits.
///
/// # Errors
/// If file or data are damaged or do not fit each other.
pub fn load_run(path: &Path) -> Result<(Run, Loaded)> {
    let file = RunFile::read(path)?;
    let loaded = load_of(&file)?;
    Ok((Run::resolve(file, &loaded.train)?, loaded))
}

/// Reads the data of a run file; without any, the embedded digits.
///
/// # Errors
/// As [`load`].
pub fn load_of(file: &RunFile) -> Result<Loaded> {
    load(file.data.as_ref().unwrap_or(&DataSpec::Digits {}))
}

/// Reads the data of a run.
///
/// # Errors
/// If a file is missing, damaged, or does not fit the others.
pub fn load(spec: &DataSpec) -> Result<Loaded> {
    let (train, test) = match spec {
        DataSpec::Digits {} => (digits::load()?, None),
        DataSpec::Idx { folder } => {
            let (images, labels) = idx::find(folder, "train")?;
            let train = idx::load(&images, &labels, None)?;
            let (images, labels) = idx::find(folder, "t10k")?;
            let test = idx::load(&images, &labels, Some(train.classes.len()))?;
            (train, Some(test))
        }
        DataSpec::Files {
            train_images,
            train_labels,
            test_images,
            test_labels,
        } => {
            let train = idx::load(train_images, train_labels, None)?;
            let test = match (test_images, test_labels) {
                (Some(images), Some(labels)) => {
                    Some(idx::load(images, labels, Some(train.classes.len()))?)
                }
                (None, None) => None,
                _ => {
                    return Err(Error::setting(
                        "data.test_images",
                        "goes together with `data.test_labels`; give both or neither",
                    ));
                }
            };
            (train, test)
        }
        DataSpec::Cifar10 { folder } => (
            cifar10::load_train(folder)?,
            Some(cifar10::load_test(folder)?),
        ),
        DataSpec::Csv {
            file,
            test_file,
            label,
            missing,
        } => {
            return table(file, test_file.as_deref(), label, *missing);
        }
    };
    if let Some(test) = &test
        && test.features() != train.features()
    {
        return Err(Error::Samples(format!(
            "training samples have {} values, test samples {}",
            train.features(),
            test.features()
        )));
    }
    Ok(Loaded {
        train,
        test,
        decimals: None,
        dropped: 0,
    })
}

fn table(file: &Path, test_file: Option<&Path>, label: &Label, missing: Missing) -> Result<Loaded> {
    let options = csv::Options {
        label: label.into(),
        missing: missing.into(),
        ..Default::default()
    };
    let train = csv::load(file, &options)?;
    let mut dropped = train.dropped;
    let test = match test_file {
        None => None,
        Some(path) => {
            let table = csv::load(path, &options.following(&train))?;
            dropped += table.dropped;
            Some(table.dataset)
        }
    };
    Ok(Loaded {
        train: train.dataset,
        test,
        decimals: Some(train.decimals),
        dropped,
    })
}

/// Samples set aside for each purpose.
#[derive(Clone, Debug)]
pub struct Sets {
    /// For learning.
    pub train: Dataset,
    /// For decisions; none if they are taken on the test set.
    pub validation: Option<Dataset>,
    /// For the last look.
    pub test: Dataset,
}

/// Sets samples aside: test samples first where the data has none, then validation samples.
/// Both draws are uniform and seeded; training samples are shuffled once by them, so that
/// statistics of the first ones are those of a random choice.
///
/// # Errors
/// If there are too few samples.
pub fn split(loaded: Loaded, seed: u64, validation: u32, test: u32) -> Result<Sets> {
    let too_few = |problem: &str| Error::Samples(problem.to_owned());
    let (rest, test) = match loaded.test {
        Some(test) => (loaded.train, test),
        None => {
            let (rest, test) = divided(&loaded.train, seed, 0, test)?;
            let test = test
                .ok_or_else(|| too_few("no test samples could be set aside: give more samples"))?;
            (rest, test)
        }
    };
    let (train, validation) = divided(&rest, seed, 1, validation)?;
    if train.is_empty() {
        return Err(too_few(
            "no training samples are left after setting samples aside: give more samples",
        ));
    }
    Ok(Sets {
        train,
        validation,
        test,
    })
}

fn divided(
    data: &Dataset,
    seed: u64,
    purpose: u64,
    percent: u32,
) -> Result<(Dataset, Option<Dataset>)> {
    let mut order: Vec<usize> = (0..data.len()).collect();
    Stream::new(seed, Purpose::Split, purpose, 0).shuffle(&mut order);
    let aside = data.len() * percent as usize / 100;
    if percent > 0 && aside == 0 {
        return Err(Error::Samples(format!(
            "{percent} % of {} samples are none: give more samples or set more aside",
            data.len()
        )));
    }
    let (aside, rest) = order.split_at(aside);
    let set = if aside.is_empty() {
        None
    } else {
        Some(data.select(aside)?)
    };
    Ok((data.select(rest)?, set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_disjoint_complete_and_depend_on_the_seed() {
        let sets = |seed| {
            let loaded = load(&DataSpec::Digits {}).unwrap();
            split(loaded, seed, 10, 20).unwrap()
        };
        let (one, other) = (sets(1), sets(2));
        let validation = one.validation.as_ref().unwrap();
        assert_eq!(
            (one.test.len(), validation.len(), one.train.len()),
            (359, 143, 1295)
        );
        assert_ne!(one.test.digest(), other.test.digest());
        assert_eq!(one.test.digest(), sets(1).test.digest());
        let mut labels: Vec<u16> = [&one.test, validation, &one.train]
            .into_iter()
            .flat_map(|set| set.labels.clone())
            .collect();
        let mut all = digits::load().unwrap().labels;
        labels.sort_unstable();
        all.sort_unstable();
        assert_eq!(labels, all);
    }

    #[test]
    fn too_few_samples_are_refused() {
        let mut loaded = load(&DataSpec::Digits {}).unwrap();
        loaded.train = loaded.train.select(&[0, 1, 2]).unwrap();
        assert!(
            split(loaded, 1, 10, 20)
                .unwrap_err()
                .to_string()
                .contains("of 3 samples")
        );
    }
}
