//! From the texts in a label column to class names and numbers.

use std::collections::BTreeMap;

use super::layout::shortened;
use crate::{Checked, MAX_CLASSES};

/// A label as the file has it, and its line.
pub(super) struct Label {
    pub(super) line: u64,
    pub(super) text: String,
}

/// Class names and the label of every row.
pub(super) type Numbered = (Vec<String>, Vec<u16>);

/// Replaces label numbers by the class names that the file's first line gives.
pub(super) fn named(labels: &mut [Label], names: &[String]) -> Checked<()> {
    for label in labels {
        let place = label.text.parse::<usize>().ok();
        let name = place.and_then(|place| names.get(place)).ok_or_else(|| {
            format!(
                "line {}: the label is \"{}\", but the first line names {} classes, so labels \
                 are 0 to {}; is the label in another column?",
                label.line,
                shortened(&label.text),
                names.len(),
                names.len() - 1,
            )
        })?;
        label.text.clone_from(name);
    }
    Ok(())
}

/// Makes classes of the labels found: in numeric order where all are integers, else in
/// alphabetical order (by Unicode code point).
pub(super) fn discovered(labels: &[Label]) -> Checked<Numbered> {
    let numbers: Option<Vec<i64>> = labels.iter().map(|label| label.text.parse().ok()).collect();
    match numbers {
        Some(numbers) => ranked(&numbers),
        None => {
            let texts: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
            ranked(&texts)
        }
    }
}

/// Gives the labels the numbers of `classes`, which another file had.
pub(super) fn known(labels: &[Label], classes: &[String]) -> Checked<Numbered> {
    check_count(classes.len())?;
    let places = places(classes)?;
    let number = |label: &Label| {
        let canonical = label.text.parse::<i64>().map(|number| number.to_string());
        places
            .get(label.text.as_str())
            .or_else(|| places.get(canonical.ok()?.as_str()))
            .copied()
            .ok_or_else(|| {
                format!(
                    "line {}: the label \"{}\" is none of the {} known classes: {}; \
                     correct it or give a file of the same classes",
                    label.line,
                    shortened(&label.text),
                    classes.len(),
                    listed(classes),
                )
            })
    };
    let numbers: Checked<Vec<u16>> = labels.iter().map(number).collect();
    Ok((classes.to_vec(), numbers?))
}

/// The label 0 for each of `rows` samples whose labels are not told, and the classes: the one
/// class `unknown` where none are given.
pub(super) fn absent(rows: usize, classes: Option<&[String]>) -> Checked<Numbered> {
    let classes = classes.map_or_else(|| vec!["unknown".to_owned()], <[String]>::to_vec);
    if classes.is_empty() || classes.len() > MAX_CLASSES {
        return Err(format!(
            "cannot be read with {} classes; give 1 to {MAX_CLASSES}",
            classes.len(),
        ));
    }
    places(&classes)?;
    Ok((classes, vec![0; rows]))
}

/// Refuses a first line that looks like a header over numeric columns: the only label that is
/// no integer would become a class of one sample.
pub(super) fn check_first(labels: &[Label]) -> Checked<()> {
    let integer = |label: &Label| label.text.parse::<i64>().is_ok();
    match labels {
        [first, rest @ ..] if !rest.is_empty() && !integer(first) && rest.iter().all(integer) => {
            Err(format!(
                "line {}: the label is \"{}\", while all others are integers; if this line is a \
                 header, name the label column by it, else write the label as an integer",
                first.line,
                shortened(&first.text),
            ))
        }
        _ => Ok(()),
    }
}

/// The number of every class, by its name.
fn places(classes: &[String]) -> Checked<BTreeMap<&str, u16>> {
    let names = classes.iter().map(String::as_str);
    let places: BTreeMap<&str, u16> = names.zip(0..=u16::MAX).collect();
    if places.len() < classes.len() {
        return Err(format!(
            "cannot be read with the classes {}: a name comes twice",
            listed(classes)
        ));
    }
    Ok(places)
}

fn ranked<T: Ord + ToString>(labels: &[T]) -> Checked<Numbered> {
    let mut classes: BTreeMap<&T, u16> = labels.iter().map(|label| (label, 0)).collect();
    check_count(classes.len())?;
    for (number, rank) in classes.values_mut().zip(0..=u16::MAX) {
        *number = rank;
    }
    let names = classes.keys().map(|label| label.to_string()).collect();
    Ok((names, labels.iter().map(|label| classes[label]).collect()))
}

fn check_count(classes: usize) -> Checked<()> {
    match classes {
        0 | 1 => Err(format!(
            "has {classes} class of label, and learning needs 2 or more; is the label in another \
             column?"
        )),
        2..=MAX_CLASSES => Ok(()),
        _ => Err(format!(
            "has {classes} classes of label, more than {MAX_CLASSES}; is the label in another \
             column?"
        )),
    }
}

fn listed(classes: &[String]) -> String {
    shortened(&classes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(texts: &[&str]) -> Vec<Label> {
        let label = |(line, &text): (u64, &&str)| Label {
            line,
            text: text.into(),
        };
        (1..).zip(texts).map(label).collect()
    }

    #[test]
    fn integers_are_sorted_as_numbers_and_other_labels_as_texts() {
        let (classes, numbers) = discovered(&labels(&["10", "9", "-1", "09", "10"])).unwrap();
        assert_eq!(classes, ["-1", "9", "10"]);
        assert_eq!(numbers, [2, 1, 0, 1, 2]);
        let (classes, numbers) = discovered(&labels(&["10", "9", "b", "a"])).unwrap();
        assert_eq!(classes, ["10", "9", "a", "b"]);
        assert_eq!(numbers, [0, 1, 3, 2]);
    }

    #[test]
    fn one_class_and_too_many_are_refused() {
        assert!(discovered(&labels(&["a", "a"])).is_err());
        assert!(discovered(&[]).is_err());
        let label = |number: u64| Label {
            line: number,
            text: number.to_string(),
        };
        let most: Vec<Label> = (0..65_535).map(label).collect();
        let (classes, numbers) = discovered(&most).unwrap();
        assert_eq!((classes.len(), numbers[65_534]), (65_535, 65_534));
        let many: Vec<Label> = (0..65_536).map(label).collect();
        let problem = discovered(&many).unwrap_err();
        assert!(problem.contains("65536") && problem.contains("65535"));
    }

    #[test]
    fn known_classes_keep_their_numbers() {
        let classes = ["b", "a", "1"].map(str::to_owned);
        let (_, numbers) = known(&labels(&["a", "a", "01", "b"]), &classes).unwrap();
        assert_eq!(numbers, [1, 1, 2, 0]);
        let problem = known(&labels(&["a", "c"]), &classes).unwrap_err();
        for part in ["line 2", "\"c\"", "b, a, 1"] {
            assert!(problem.contains(part), "{problem}");
        }
        assert!(known(&labels(&["a"]), &["a".into(), "a".into()]).is_err());
    }

    #[test]
    fn absent_labels_are_all_of_the_first_class() {
        let unknown = (vec!["unknown".to_owned()], vec![0, 0, 0]);
        assert_eq!(absent(3, None), Ok(unknown));
        for names in [&["b", "a"][..], &["unknown"]] {
            let classes: Vec<String> = names.iter().map(|&name| name.into()).collect();
            let expected = (classes.clone(), vec![0, 0]);
            assert_eq!(absent(2, Some(&classes)), Ok(expected));
        }
        let many: Vec<String> = (0..65_536).map(|number: u32| number.to_string()).collect();
        for (classes, part) in [
            (&many[..0], "with 0 classes"),
            (&many, "with 65536 classes"),
        ] {
            let problem = absent(2, Some(classes)).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
        assert!(absent(2, Some(&["a".into(), "a".into()])).is_err());
    }

    #[test]
    fn numbers_become_the_names_that_the_first_line_gives() {
        let names = ["no", "yes"].map(str::to_owned);
        let mut good = labels(&["1", "0"]);
        named(&mut good, &names).unwrap();
        assert_eq!([&good[0].text, &good[1].text], ["yes", "no"]);
        for text in ["2", "-1", "no", "0.0"] {
            let problem = named(&mut labels(&["0", text]), &names).unwrap_err();
            assert!(problem.contains("line 2") && problem.contains("0 to 1"));
        }
    }

    #[test]
    fn a_single_text_before_integers_is_taken_for_a_header() {
        assert!(check_first(&labels(&["target", "0", "1"])).is_err());
        check_first(&labels(&["a", "0", "b"])).unwrap();
        check_first(&labels(&["0", "1", "b"])).unwrap();
        check_first(&labels(&["a"])).unwrap();
    }
}
