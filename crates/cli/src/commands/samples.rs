//! Samples named on the command line.

use crate::arguments::SampleArguments;
use nearfield::Label;
use nearfield::integer::SampleFiles;
use std::path::PathBuf;

/// The files of samples on the command line, if there are any.
pub(super) fn sample_files(
    arguments: &SampleArguments,
    labels: Option<&PathBuf>,
    label_column: Option<&str>,
) -> Option<SampleFiles> {
    match (&arguments.images, &arguments.csv) {
        (Some(images), _) => Some(SampleFiles::Images {
            images: images.clone(),
            labels: labels.cloned(),
        }),
        (None, Some(table)) => Some(SampleFiles::Table {
            file: table.clone(),
            label: label_column.map(column),
        }),
        (None, None) => None,
    }
}

/// A column named by its number or a word.
fn column(word: &str) -> Label {
    match word.parse() {
        Ok(index) => Label::Index(index),
        Err(_) => Label::Word(word.to_owned()),
    }
}
