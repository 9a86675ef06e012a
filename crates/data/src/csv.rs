//! Tables in CSV files: one sample a line, fields between commas, one of them the label, or
//! none ([`LabelColumn::Absent`]).
//!
//! # The first line
//! It is no sample, but
//! * *counts and class names*, where it reads `rows,features,name,name…` (as in the files that
//!   come with scikit-learn), with the true number of features and two or more names that are
//!   not numbers; the number of rows must then be true, and labels be 0, 1, … and stand for
//!   these names (a table without labels may keep the line, and its names mean nothing there);
//! * *a header*, where [`LabelColumn::Named`] asks for one, or where some field outside the
//!   label column is text (neither a number nor missing) and the same field of the second line
//!   is a number.
//!
//! # Numbers
//! A number is an optional sign, digits with an optional point, and an optional exponent. It is
//! read exactly, into an integer scaled by the column's own power of ten: every column has as
//! many decimals as its longest value needs, zeros at its end not counted, and at most 12.
//! Scaled values stay below 2^53 in magnitude. A test file is read with the decimals of the
//! training file ([`Options::following`]); a value that needs more is refused, not rounded.
//!
//! # Missing values
//! A field that is empty, `?`, `NA` or `NaN`, the last in any case. An empty line is no row, so
//! an empty value that is a row's only one is written `""`.

use std::path::Path;

use self::decimal::Decimal;
use self::labels::{Label, Numbered};
use self::layout::{Layout, shortened};
use self::records::Records;
use crate::source::Source;
use crate::{Checked, Dataset, Values};
use crate::{Error, Result};

mod decimal;
mod labels;
mod layout;
mod records;

/// Most bytes of unpacked text that are read: 2 GiB.
pub const MAX_BYTES: u64 = 2 << 30;

/// Where the label stands in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LabelColumn {
    /// In the first column.
    First,
    /// In the last column.
    #[default]
    Last,
    /// In the column of this name; the first line is a header.
    Named(String),
    /// In the column of this number, from 0.
    Index(usize),
    /// Nowhere: every column is a feature, and every sample gets label 0. The classes are those
    /// of the options or, where not given, the one class `unknown`.
    Absent,
}

/// What becomes of a row with a missing value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// The file is refused.
    #[default]
    Refuse,
    /// The row is left out, and counted.
    Drop,
}

/// How to read a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where the label stands.
    pub label: LabelColumn,
    /// What becomes of a row with a missing value.
    pub missing: Missing,
    /// The classes of the training file, so that a test file gets the same numbers; where not
    /// given, the classes are those found.
    pub classes: Option<Vec<String>>,
    /// The decimals of the training file's columns, so that a test file gets the same scales;
    /// where not given, every column has as many as it needs.
    pub decimals: Option<Vec<u8>>,
    /// The names of the columns that are features, in their order; the file has a header, and
    /// its other columns may hold anything. Where not given, every column is a feature that is
    /// not the label.
    pub features: Option<Vec<String>>,
}

impl Options {
    /// These options with the classes and the decimals of `training`, for its test file.
    pub fn following(&self, training: &Table) -> Options {
        Options {
            classes: Some(training.dataset.classes.clone()),
            decimals: Some(training.decimals.clone()),
            ..self.clone()
        }
    }
}

/// What a file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The samples, of shape `[columns]`; the values are [`Values::Decimal`].
    pub dataset: Dataset,
    /// The features' names, from the header or `column 1`, `column 2`, …
    pub columns: Vec<String>,
    /// The features' decimals: a value is the number in the file times 10 to this power.
    pub decimals: Vec<u8>,
    /// Rows left out because of a missing value.
    pub dropped: usize,
}

/// Reads the CSV file at `path`, raw or packed with gzip.
///
/// # Errors
/// [`Error::File`] where the file cannot be read, or is malformed: then with the line and the
/// column.
pub fn load(path: &Path, options: &Options) -> Result<Table> {
    read(Source::open(path)?, options)
}

/// Reads the bytes of a CSV file, raw or packed with gzip; errors call it `path`.
///
/// # Errors
/// As [`load`].
pub fn parse(bytes: &[u8], path: &Path, options: &Options) -> Result<Table> {
    read(Source::over(bytes, path)?, options)
}

fn read(mut source: Source<'_>, options: &Options) -> Result<Table> {
    let bytes = source.read_all(MAX_BYTES)?;
    table(&bytes, options).map_err(|problem| Error::malformed(source.path(), problem))
}

fn table(bytes: &[u8], options: &Options) -> Checked<Table> {
    let text = utf8(bytes)?;
    let layout = Layout::detect(text, &options.label, options.features.as_deref())?;
    if let Some(decimals) = &options.decimals {
        layout.check_features(decimals.len())?;
    }
    let mut rows = Rows::read(text, &layout, options.missing)?;
    if rows.lines.is_empty() {
        return Err(format!(
            "has no complete row: all {} have a missing value; fill them in",
            rows.dropped,
        ));
    }
    let decimals = rows.scale(&layout, options.decimals.as_deref())?;
    let (classes, labels) = rows.number_labels(&layout, options.classes.as_deref())?;
    let dataset = Dataset {
        values: Values::Decimal(rows.values),
        shape: vec![decimals.len()],
        labels,
        classes,
    };
    Ok(Table {
        dataset,
        columns: layout.feature_names(),
        decimals,
        dropped: rows.dropped,
    })
}

fn utf8(bytes: &[u8]) -> Checked<&str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        format!("line {line}: is not UTF-8 text; save the file as UTF-8")
    })
}

/// The complete rows of a file. `values[i]` is a mantissa with `decimals[i]` decimals, until
/// [`Rows::scale`] gives every column its own. `labels` stays empty where the layout has none.
#[derive(Default)]
struct Rows {
    values: Vec<i64>,
    decimals: Vec<u8>,
    lines: Vec<u64>,
    labels: Vec<Label>,
    dropped: usize,
}

impl Rows {
    fn read(text: &str, layout: &Layout, missing: Missing) -> Checked<Rows> {
        let mut rows = Rows::default();
        let mut records = Records::new(text);
        let mut skip = layout.skips_first;
        while let Some((line, record)) = records.next().map_err(|error| error.to_string())? {
            if std::mem::take(&mut skip) {
                continue;
            }
            if record.len() != layout.width {
                return Err(format!(
                    "line {line}: has {} fields, but the lines before have {}; give every line \
                     as many",
                    record.len(),
                    layout.width,
                ));
            }
            let is_lacking = |&place: &usize| layout.is_read(place) && is_missing(&record[place]);
            match ((0..record.len()).find(is_lacking), missing) {
                (Some(place), Missing::Refuse) => {
                    return Err(format!(
                        "line {line}, {}: the value \"{}\" is missing; fill it in, or set \
                         missing = \"drop\" to leave such rows out",
                        layout.describe(place),
                        &record[place],
                    ));
                }
                (Some(_), Missing::Drop) => rows.dropped += 1,
                (None, _) => rows.push(line, record, layout)?,
            }
        }
        Ok(rows)
    }

    fn push(&mut self, line: u64, record: &::csv::StringRecord, layout: &Layout) -> Checked<()> {
        self.lines.push(line);
        if let Some(text) = layout.label.map(|place| record[place].to_owned()) {
            self.labels.push(Label { line, text });
        }
        for feature in 0..layout.features() {
            let place = layout.place(feature);
            let field = &record[place];
            let value = Decimal::parse(field).map_err(|refusal| {
                let column = layout.describe(place);
                format!("line {line}, {column}: \"{}\" {refusal}", shortened(field))
            })?;
            self.values.push(value.mantissa);
            self.decimals.push(value.decimals);
        }
        Ok(())
    }

    /// Scales every column by its own power of ten: that of `given`, or the smallest that makes
    /// all its values integers. Returns the powers.
    fn scale(&mut self, layout: &Layout, given: Option<&[u8]>) -> Checked<Vec<u8>> {
        let width = layout.features();
        let mut needed = vec![0; width];
        for row in self.decimals.chunks(width) {
            for (needed, &decimals) in needed.iter_mut().zip(row) {
                *needed = decimals.max(*needed);
            }
        }
        let decimals = given.map_or(needed, <[u8]>::to_vec);
        for (index, value) in self.values.iter_mut().enumerate() {
            let (row, feature) = (index / width, index % width);
            let number = Decimal {
                mantissa: *value,
                decimals: self.decimals[index],
            };
            *value = number.scaled(decimals[feature]).ok_or_else(|| {
                format!(
                    "line {}, {}: {}",
                    self.lines[row],
                    layout.describe(layout.place(feature)),
                    unscalable(number, decimals[feature]),
                )
            })?;
        }
        Ok(decimals)
    }

    /// The classes and every row's label: by `given` or by the names of the first line, else by
    /// what was found.
    fn number_labels(&mut self, layout: &Layout, given: Option<&[String]>) -> Checked<Numbered> {
        if layout.label.is_none() {
            return labels::absent(self.lines.len(), given);
        }
        if let Some(names) = &layout.classes {
            labels::named(&mut self.labels, names)?;
        }
        if let Some(classes) = given.or(layout.classes.as_deref()) {
            return labels::known(&self.labels, classes);
        }
        if !layout.skips_first {
            labels::check_first(&self.labels)?;
        }
        labels::discovered(&self.labels)
    }
}

fn unscalable(value: Decimal, decimals: u8) -> String {
    if value.decimals > decimals {
        return format!(
            "{value} has more decimals than the {decimals} of this column in the training file; \
             round it to {decimals}"
        );
    }
    format!(
        "{value} with the {decimals} decimals of its column reaches 2^53; round the column to \
         fewer decimals or choose a larger unit"
    )
}

fn is_missing(field: &str) -> bool {
    matches!(field, "" | "?" | "NA") || field.eq_ignore_ascii_case("nan")
}
