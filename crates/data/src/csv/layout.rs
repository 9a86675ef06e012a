//! What the first lines of a CSV file tell: names, number of columns, place of the label.

use ::csv::StringRecord;

use super::decimal::{Decimal, Refusal};
use super::records::Records;
use super::{LabelColumn, is_missing};
use crate::Checked;

/// How the rows of a file are to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whether the first record is no sample.
    pub(super) skips_first: bool,
    /// Fields in every row.
    pub(super) width: usize,
    /// Place of the label among them, where there is one.
    pub(super) label: Option<usize>,
    /// Places of the features among them, where not every other column is one.
    chosen: Option<Vec<usize>>,
    /// The columns' names, where the file has a header.
    pub(super) names: Option<Vec<String>>,
    /// The classes' names, where the first line gives them.
    pub(super) classes: Option<Vec<String>>,
}

impl Layout {
    /// Reads the first lines of `text`, or says what is wrong with them.
    ///
    /// `features` are the columns that are wanted as features, where these are not all.
    pub(super) fn detect(
        text: &str,
        column: &LabelColumn,
        features: Option<&[String]>,
    ) -> Checked<Layout> {
        let mut layout = Layout::of_all(text, column, features.is_some())?;
        if let Some(names) = features {
            layout.chosen = Some(layout.choose(names)?);
        }
        Ok(layout)
    }

    /// The layout in which every column but the label is a feature. `has_header` where names of
    /// columns are asked for.
    fn of_all(text: &str, column: &LabelColumn, has_header: bool) -> Checked<Layout> {
        let mut records = Records::new(text);
        let mut next = || match records.next() {
            Ok(record) => Ok(record.map(|(_, record)| record.clone())),
            Err(error) => Err(error.to_string()),
        };
        let first = next()?.ok_or("is empty; give a file with one sample a line")?;
        let second = next()?;
        if let Some(second) = &second
            && let Some((features, classes)) = counts(&first, second.len(), column)
        {
            let mut rows = 1u64;
            while next()?.is_some() {
                rows += 1;
            }
            if first[0].parse() == Ok(rows) {
                return Layout::counted(features, second.len(), column, classes);
            }
            return Err(format!(
                "has {rows} rows, but its first line says {}; fetch it again or correct the line",
                &first[0],
            ));
        }
        Layout::plain(&first, second.as_ref(), column, has_header)
    }

    /// The layout of a file whose first line is `rows,features,class names`.
    fn counted(
        features: usize,
        width: usize,
        column: &LabelColumn,
        classes: Vec<String>,
    ) -> Checked<Layout> {
        match column {
            LabelColumn::Named(name) => Err(format!(
                "has counts and class names in its first line, no column names, so no column can \
                 be found by the name \"{name}\"; give the label's place instead"
            )),
            LabelColumn::Absent if width > features => Err(format!(
                "has {width} columns, and its first line says that {features} of them are \
                 features, so one is the label; give the label's place, or remove its column"
            )),
            _ => Ok(Layout {
                skips_first: true,
                width,
                label: label_place(column, width, None)?,
                chosen: None,
                names: None,
                classes: Some(classes),
            }),
        }
    }

    /// The layout of a file whose first line is a header or a sample.
    fn plain(
        first: &StringRecord,
        second: Option<&StringRecord>,
        column: &LabelColumn,
        has_header: bool,
    ) -> Checked<Layout> {
        let width = first.len();
        if width < 2 && *column != LabelColumn::Absent {
            return Err(format!(
                "has one column only, \"{}\"; give at least one feature and a label, with commas \
                 between them",
                shortened(&first[0]),
            ));
        }
        let label = label_place(column, width, Some(first))?;
        let stands_over_number = |place| match second {
            Some(second) => is_number(second.get(place)),
            // A number in a file's only line makes that line a sample with text in it.
            None => !first.iter().any(|field| is_number(Some(field))),
        };
        let is_header = has_header
            || matches!(column, LabelColumn::Named(_))
            || (0..width).any(|place| {
                Some(place) != label && is_text(&first[place]) && stands_over_number(place)
            });
        if is_header && second.is_none() {
            return Err("holds a header line and no samples; give one sample a line".into());
        }
        Ok(Layout {
            skips_first: is_header,
            width,
            label,
            chosen: None,
            names: is_header.then(|| first.iter().map(str::to_owned).collect()),
            classes: None,
        })
    }

    /// The places of the columns of these names, which are to be the features.
    fn choose(&self, names: &[String]) -> Checked<Vec<usize>> {
        let Some(header) = &self.names else {
            return Err(
                "has no header, so no column can be found by its name; add one, or take all columns"
                    .into(),
            );
        };
        if names.is_empty() {
            return Err("cannot be read with no feature at all; name one column or more".into());
        }
        let mut places = Vec::new();
        for name in names {
            let place = named_place(name, header.iter().map(String::as_str))?;
            if self.label == Some(place) {
                return Err(format!(
                    "has its label in column \"{name}\", which therefore cannot be a feature"
                ));
            }
            if places.contains(&place) {
                return Err(format!("cannot have column \"{name}\" as a feature twice"));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// Number of features: of columns that are not the label, or of those that were chosen.
    pub(super) fn features(&self) -> usize {
        match &self.chosen {
            Some(places) => places.len(),
            None => self.width - usize::from(self.label.is_some()),
        }
    }

    /// Place of a feature among all columns.
    pub(super) fn place(&self, feature: usize) -> usize {
        match &self.chosen {
            Some(places) => places[feature],
            None => feature + usize::from(self.label.is_some_and(|label| feature >= label)),
        }
    }

    /// Whether the column at `place` is read at all.
    pub(super) fn is_read(&self, place: usize) -> bool {
        let chosen = self.chosen.as_ref();
        self.label == Some(place) || chosen.is_none_or(|places| places.contains(&place))
    }

    /// Refuses a file of other than `expected` features, the number in the training file.
    pub(super) fn check_features(&self, expected: usize) -> Checked<()> {
        let features = self.features();
        if features == expected {
            return Ok(());
        }
        if self.label.is_none() && features.checked_sub(1) == Some(expected) {
            return Err(format!(
                "has {features} columns, one more than the training file has features; if one of \
                 them is the label, name its label column, else give a file of the same columns"
            ));
        }
        Err(format!(
            "has {features} features, but the training file has {expected}; give files of the \
             same columns"
        ))
    }

    /// The column at `place` in words: `column 3 "age"`.
    pub(super) fn describe(&self, place: usize) -> String {
        match &self.names {
            Some(names) => format!("column {} \"{}\"", place + 1, names[place]),
            None => format!("column {}", place + 1),
        }
    }

    /// The names of the features; columns without a name are called `column 3`.
    pub(super) fn feature_names(&self) -> Vec<String> {
        let name = |place: usize| match &self.names {
            Some(names) => names[place].clone(),
            None => format!("column {}", place + 1),
        };
        let places = (0..self.features()).map(|feature| self.place(feature));
        places.map(name).collect()
    }
}

/// The number of features and the class names in a first line `rows,features,class names…`, the
/// first line of the files that come with scikit-learn, over rows of `width` fields; whether
/// `rows` is right remains to be checked. A table that is said to have no label may have lost
/// its column and kept the line. No sample is lost by this: one of the names stands in a
/// feature's place, where a sample has a number.
fn counts(
    first: &StringRecord,
    width: usize,
    column: &LabelColumn,
) -> Option<(usize, Vec<String>)> {
    let features: usize = first.get(1)?.parse().ok()?;
    first[0].parse::<u64>().ok()?;
    let names: Vec<String> = first.iter().skip(2).map(str::to_owned).collect();
    let fits = match width.checked_sub(features)? {
        0 => *column == LabelColumn::Absent,
        others => others == 1,
    };
    let names_fit = names.len() > 1 && names.iter().all(|name| is_text(name));
    (fits && features > 0 && names_fit).then_some((features, names))
}

fn label_place(
    column: &LabelColumn,
    width: usize,
    header: Option<&StringRecord>,
) -> Checked<Option<usize>> {
    match column {
        LabelColumn::Absent => Ok(None),
        LabelColumn::First => Ok(Some(0)),
        LabelColumn::Last => Ok(Some(width - 1)),
        LabelColumn::Index(place) if *place < width => Ok(Some(*place)),
        LabelColumn::Index(place) => Err(format!(
            "has {width} columns, numbered from 0, so none is number {place}; give 0 to {}",
            width - 1,
        )),
        LabelColumn::Named(name) => named_place(name, header.into_iter().flatten()).map(Some),
    }
}

/// The only column of this name.
fn named_place<'h>(name: &str, header: impl Iterator<Item = &'h str> + Clone) -> Checked<usize> {
    let places: Vec<usize> = (0..)
        .zip(header.clone())
        .filter(|(_, field)| *field == name)
        .map(|(place, _)| place)
        .collect();
    match places[..] {
        [place] => Ok(place),
        [] => Err(format!(
            "has no column \"{name}\"; its first line says: {}",
            shortened(&header.collect::<Vec<_>>().join(", ")),
        )),
        _ => Err(format!(
            "has {} columns named \"{name}\"; give the label's place instead",
            places.len(),
        )),
    }
}

fn is_number(field: Option<&str>) -> bool {
    field.is_some_and(|field| !is_text(field) && !is_missing(field))
}

/// Whether a field can neither be a number, not even a refused one, nor a missing value.
fn is_text(field: &str) -> bool {
    !is_missing(field) && Decimal::parse(field) == Err(Refusal::NotANumber)
}

/// Enough of `text` to recognise it by.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_all_columns_but_the_label() {
        for (column, places) in [
            (LabelColumn::First, &[1, 2][..]),
            (LabelColumn::Index(1), &[0, 2]),
            (LabelColumn::Last, &[0, 1]),
            (LabelColumn::Absent, &[0, 1, 2]),
        ] {
            let layout = Layout::detect("1,2,3", &column, None).unwrap();
            let found: Vec<usize> = (0..layout.features()).map(|at| layout.place(at)).collect();
            assert_eq!(found, places, "{column:?}");
        }
    }

    #[test]
    fn a_column_too_many_may_be_a_label_only_where_none_is_known() {
        let problem = |column: LabelColumn, expected: usize| {
            let layout = Layout::detect("1,2,3", &column, None).unwrap();
            layout.check_features(expected).err()
        };
        assert_eq!(problem(LabelColumn::Absent, 3), None);
        assert_eq!(problem(LabelColumn::Last, 2), None);
        let may_be_label = |column, expected| {
            problem(column, expected)
                .expect("the numbers differ")
                .contains("name its label column")
        };
        assert!(may_be_label(LabelColumn::Absent, 2));
        assert!(!may_be_label(LabelColumn::Absent, 1));
        assert!(!may_be_label(LabelColumn::Absent, 4));
        assert!(!may_be_label(LabelColumn::Last, 1));
    }
}
