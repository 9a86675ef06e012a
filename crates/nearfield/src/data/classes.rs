//! Some classes of a data set, alone or joined.

use crate::{Error, Result};
use nearfield_data::Dataset;
use serde::{Deserialize, Serialize};

/// A class, or several that are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassSpec {
    /// A class.
    One(ClassName),
    /// A class of several.
    Joined(Vec<ClassName>),
}

/// The name of a class; names that are numbers need no quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassName {
    /// As a number.
    Number(i64),
    /// As a text.
    Text(String),
}

impl ClassName {
    /// The name as data have it.
    pub fn name(&self) -> String {
        match self {
            ClassName::Number(number) => number.to_string(),
            ClassName::Text(text) => text.clone(),
        }
    }
}

impl ClassSpec {
    /// The names of the class in the data.
    pub fn names(&self) -> Vec<String> {
        match self {
            ClassSpec::One(name) => vec![name.name()],
            ClassSpec::Joined(names) => names.iter().map(ClassName::name).collect(),
        }
    }
}

/// The samples of some classes. Joined ones become one class, named by all its names; classes get
/// their labels in order.
///
/// # Errors
/// [`Error::Setting`] if a name is unknown or comes twice, or a class is joined of none.
pub(crate) fn choose(data: &Dataset, classes: &[ClassSpec]) -> Result<Dataset> {
    data.check()?;
    let groups: Vec<Vec<String>> = classes.iter().map(ClassSpec::names).collect();
    let refuse = |problem: String| Err(Error::setting("data.classes", problem));
    if groups.len() < 2 {
        return refuse(format!("there are {}; give 2 or more", groups.len()));
    }
    let mut new_labels: Vec<Option<u16>> = vec![None; data.classes.len()];
    for (label, group) in (0..).zip(&groups) {
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

    fn groups(names: &[&[&str]]) -> Vec<ClassSpec> {
        let name = |&name: &&str| ClassName::Text(name.into());
        let group = |names: &&[&str]| ClassSpec::Joined(names.iter().map(name).collect());
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
