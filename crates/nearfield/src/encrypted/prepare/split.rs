//! Samples set aside, and samples that come again.

use crate::{Error, Result};
use nearfield_train::random::{Purpose, Stream};
use std::collections::BTreeMap;

/// Streams of [`Purpose::Split`] that are used here, beside those of other trainings.
const STRATIFIED: u64 = 2;

/// Sets `percent` of every class aside, rounded to the nearest, at random: those that stay, and
/// those aside, each in the order of the data.
///
/// # Errors
/// [`Error::Samples`] if none would stay or none be set aside.
pub(crate) fn stratified(
    labels: &[u16],
    percent: u32,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let (mut stay, mut aside) = (Vec::new(), Vec::new());
    for (label, mut samples) in by_class(labels) {
        Stream::new(seed, Purpose::Split, STRATIFIED, label.into()).shuffle(&mut samples);
        let count = (samples.len() * percent as usize + 50) / 100;
        aside.extend(samples.drain(..count.min(samples.len())));
        stay.append(&mut samples);
    }
    if stay.is_empty() || aside.is_empty() {
        return Err(Error::Samples(format!(
            "{percent} % of {} samples, set aside for the test, leave {}; give more samples or \
             another part",
            labels.len(),
            stay.len()
        )));
    }
    stay.sort_unstable();
    aside.sort_unstable();
    Ok((stay, aside))
}

/// All samples, and after them random ones of every class until it is as large as the largest.
pub(crate) fn oversampled(labels: &[u16], seed: u64) -> Vec<usize> {
    let classes = by_class(labels);
    let largest = classes.values().map(Vec::len).max().unwrap_or(0);
    let mut all: Vec<usize> = (0..labels.len()).collect();
    for (label, samples) in classes {
        let mut stream = Stream::new(seed, Purpose::Oversampling, label.into(), 0);
        let Ok(bound) = u32::try_from(samples.len()) else {
            continue;
        };
        all.extend((samples.len()..largest).map(|_| samples[stream.below(bound) as usize]));
    }
    all
}

fn by_class(labels: &[u16]) -> BTreeMap<u16, Vec<usize>> {
    let mut classes: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for (sample, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(sample);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<u16> {
        (0..90).map(|sample| u16::from(sample % 9 == 0)).collect()
    }

    fn of_class(labels: &[u16], samples: &[usize], class: u16) -> usize {
        samples
            .iter()
            .filter(|&&sample| labels[sample] == class)
            .count()
    }

    #[test]
    fn as_many_of_every_class_are_set_aside() {
        let labels = labels();
        let (stay, aside) = stratified(&labels, 20, 1).unwrap();
        assert_eq!(
            (of_class(&labels, &aside, 0), of_class(&labels, &aside, 1)),
            (16, 2)
        );
        let mut all = [stay.clone(), aside.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..90).collect::<Vec<_>>());
        assert_eq!(stratified(&labels, 20, 1).unwrap(), (stay, aside.clone()));
        assert_ne!(stratified(&labels, 20, 2).unwrap().1, aside);
    }

    #[test]
    fn a_split_that_leaves_none_is_refused() {
        for (percent, part) in [(0, "leave 90"), (100, "leave 0")] {
            let error = stratified(&labels(), percent, 1).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(stratified(&[], 20, 1).is_err());
    }

    #[test]
    fn small_classes_come_again_until_all_are_equally_large() {
        let labels = labels();
        let all = oversampled(&labels, 1);
        assert_eq!(all[..90], (0..90).collect::<Vec<_>>());
        assert_eq!(
            (of_class(&labels, &all, 0), of_class(&labels, &all, 1)),
            (80, 80)
        );
        let distinct: std::collections::BTreeSet<_> = all[90..].iter().collect();
        assert!(distinct.len() > 5);
        assert_ne!(all, oversampled(&labels, 2));
    }
}
