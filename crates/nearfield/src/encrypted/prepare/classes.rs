//! Some classes of a data set, alone or joined.

use crate::{Error, Result};
use nearfield_data::Dataset;

/// The samples of some classes. Each group of names becomes one class, named by them; groups get
/// their labels in order.
///
/// # Errors
/// [`Error::Setting`] if a name is unknown or comes twice, or a group is empty.
pub fn choose(data: &Dataset, groups: &[Vec<String>]) -> Result<Dataset> {
    data.check()?;
    let refuse = |problem: String| Err(Error::setting("data.classes", problem));
    if groups.len() < 2 {
        return refuse(format!("there are {}; give 2 or more", groups.len()));
    }
    let mut new_labels: Vec<Option<u16>> = vec![None; data.classes.len()];
    for (label, group) in (0..).zip(groups) {
        if group.is_empty() {
            return refuse("a class is joined of none; name one or more".into());
        }
        for name in group {
            let Some(old) = data.classes.iter().position(|class| class == name) else {
                return refuse(format!(
                    "there is no class \"{name}\", only {}",
                    data.classes.join(", ")
                ));
            };
            if new_labels[old].replace(label).is_some() {
                return refuse(format!("the class \"{name}\" comes twice"));
            }
        }
    }
    let of = |sample: &usize| new_labels[usize::from(data.labels[*sample])];
    let samples: Vec<usize> = (0..data.len())
        .filter(|sample| of(sample).is_some())
        .collect();
    let labels = samples.iter().filter_map(of).collect();
    let classes = groups.iter().map(|group| group.join("+")).collect();
    Ok(Dataset {
        labels,
        classes,
        ..data.select(&samples)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nearfield_data::Values;

    fn data() -> Dataset {
        Dataset {
            values: Values::U8(vec![0, 1, 2, 3, 4]),
            shape: vec![1],
            labels: vec![0, 1, 2, 1, 3],
            classes: ["0", "1", "2", "3"].map(str::to_owned).to_vec(),
        }
    }

    fn groups(names: &[&[&str]]) -> Vec<Vec<String>> {
        let group = |names: &&[&str]| names.iter().map(|&name| name.into()).collect();
        names.iter().map(group).collect()
    }

    #[test]
    fn chosen_classes_get_new_labels_and_joined_ones_the_same() {
        let chosen = choose(&data(), &groups(&[&["3"], &["1"]])).unwrap();
        assert_eq!(chosen.values, Values::U8(vec![1, 3, 4]));
        assert_eq!(chosen.labels, [1, 1, 0]);
        let joined = choose(&data(), &groups(&[&["0"], &["1", "2", "3"]])).unwrap();
        assert_eq!(joined.labels, [0, 1, 1, 1, 1]);
        assert_eq!(joined.classes, ["0", "1+2+3"]);
    }

    #[test]
    fn unknown_and_repeated_classes_are_refused() {
        for (names, part) in [
            (&[&["0"][..], &["4"]][..], "no class \"4\", only 0, 1, 2, 3"),
            (&[&["0"], &["1", "0"]], "\"0\" comes twice"),
            (&[&["0"], &[]], "joined of none"),
            (&[&["0", "1"]], "there are 1"),
        ] {
            let error = choose(&data(), &groups(names)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
