//! Samples set aside for decisions and for the test.

use crate::data::Loaded;
use crate::{Error, Result};
use nearfield_data::Dataset;
use nearfield_train::random::{Purpose, Stream};

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
    use crate::data::{DataSection, load};
    use nearfield_data::digits;

    #[test]
    fn sets_are_disjoint_complete_and_depend_on_the_seed() {
        let sets = |seed| {
            let loaded = load(&DataSection::default()).unwrap();
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
        let mut loaded = load(&DataSection::default()).unwrap();
        loaded.train = loaded.train.select(&[0, 1, 2]).unwrap();
        assert!(
            split(loaded, 1, 10, 20)
                .unwrap_err()
                .to_string()
                .contains("of 3 samples")
        );
    }
}
