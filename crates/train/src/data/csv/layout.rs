//! What the first lines of a CSV file tell: names, number of columns, place of the label.

use ::csv::StringRecord;

use super::decimal::{Decimal, Refusal};
use super::records::Records;
use super::{LabelColumn, is_missing};
use crate::data::Checked;

/// How the rows of a file are to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whether the first record is no sample.
    pub(super) skips_first: bool,
    /// Fields in every row.
    pub(super) width: usize,
    /// Place of the label among them.
    pub(super) label: usize,
    /// The columns' names, where the file has a header.
    pub(super) names: Option<Vec<String>>,
    /// The classes' names, where the first line gives them.
    pub(super) classes: Option<Vec<String>>,
}

impl Layout {
    /// Reads the first lines of `text`, or says what is wrong with them.
    pub(super) fn detect(text: &str, column: &LabelColumn) -> Checked<Layout> {
        let mut records = Records::new(text);
        let mut next = || match records.next() {
            Ok(record) => Ok(record.map(|(_, record)| record.clone())),
            Err(error) => Err(error.to_string()),
        };
        let first = next()?.ok_or("is empty; give a file with one sample a line")?;
        let second = next()?;
        if let Some(second) = &second
            && let Some(classes) = class_names(&first, second)
        {
            let mut rows = 1u64;
            while next()?.is_some() {
                rows += 1;
            }
            if first[0].parse() == Ok(rows) {
                return Layout::counted(second.len(), column, classes);
            }
            return Err(format!(
                "has {rows} rows, but its first line says {}; fetch it again or correct the line",
                &first[0],
            ));
        }
        Layout::plain(&first, second.as_ref(), column)
    }

    /// The layout of a file whose first line is `rows,features,class names`.
    fn counted(width: usize, column: &LabelColumn, classes: Vec<String>) -> Checked<Layout> {
        if let LabelColumn::Named(name) = column {
            return Err(format!(
                "has counts and class names in its first line, no column names, so no column can \
                 be found by the name \"{name}\"; give the label's place instead"
            ));
        }
        Ok(Layout {
            skips_first: true,
            width,
            label: label_place(column, width, None)?,
            names: None,
            classes: Some(classes),
        })
    }

    /// The layout of a file whose first line is a header or a sample.
    fn plain(
        first: &StringRecord,
        second: Option<&StringRecord>,
        column: &LabelColumn,
    ) -> Checked<Layout> {
        let width = first.len();
        if width < 2 {
            return Err(format!(
                "has one column only, \"{}\"; give at least one feature and a label, with commas \
                 between them",
                shortened(&first[0]),
            ));
        }
        let label = label_place(column, width, Some(first))?;
        let is_header = matches!(column, LabelColumn::Named(_))
            || (0..width).any(|place| {
                place != label
                    && is_text(&first[place])
                    && second.is_none_or(|second| is_number(second.get(place)))
            });
        if is_header && second.is_none() {
            return Err("holds a header line and no samples; give one sample a line".into());
        }
        Ok(Layout {
            skips_first: is_header,
            width,
            label,
            names: is_header.then(|| first.iter().map(str::to_owned).collect()),
            classes: None,
        })
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
        let features = (0..self.width).filter(|&place| place != self.label);
        features.map(name).collect()
    }
}

/// The class names in a first line `rows,features,class names…`, the first line of the files
/// that come with scikit-learn; whether `rows` is right remains to be checked. No sample is
/// lost by this: one of the names stands in a feature's place, where a sample has a number.
fn class_names(first: &StringRecord, second: &StringRecord) -> Option<Vec<String>> {
    let features: usize = first.get(1)?.parse().ok()?;
    first[0].parse::<u64>().ok()?;
    let names: Vec<String> = first.iter().skip(2).map(str::to_owned).collect();
    let fits = features.checked_add(1) == Some(second.len()) && features > 0 && names.len() > 1;
    (fits && names.iter().all(|name| is_text(name))).then_some(names)
}

fn label_place(
    column: &LabelColumn,
    width: usize,
    header: Option<&StringRecord>,
) -> Checked<usize> {
    match column {
        LabelColumn::First => Ok(0),
        LabelColumn::Last => Ok(width - 1),
        LabelColumn::Index(place) if *place < width => Ok(*place),
        LabelColumn::Index(place) => Err(format!(
            "has {width} columns, numbered from 0, so none is number {place}; give 0 to {}",
            width - 1,
        )),
        LabelColumn::Named(name) => {
            let header = header.into_iter().flatten();
            let places: Vec<usize> = (0..)
                .zip(header.clone())
                .filter(|(_, field)| field == name)
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
