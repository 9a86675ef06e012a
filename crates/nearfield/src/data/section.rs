//! `[data]`: where the samples of a run come from.

use crate::data::classes::ClassSpec;
use crate::data::label::{Label, Missing};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where samples come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The embedded digits, 8 x 8 pixels.
    #[default]
    Digits,
    /// The embedded irises, a table.
    Iris,
    /// The embedded breast masses, a table.
    BreastCancer,
    /// A folder with the four IDX files of MNIST's names, raw or gz.
    Idx,
    /// IDX files of any names.
    Files,
    /// A folder with the six files of CIFAR-10's binary version, raw or gz.
    Cifar10,
    /// A table of numbers with a column of labels.
    Csv,
}

/// `[data]`: the source, the files that it needs, and which of their samples are taken. Keys that
/// do not go with the source are refused when the data are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Where samples come from.
    pub source: Source,
    /// The folder of `idx` and `cifar10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Training images of `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_images: Option<PathBuf>,
    /// Training labels of `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_labels: Option<PathBuf>,
    /// Test images of `files`; without them `split.test_percent` of the samples are set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_images: Option<PathBuf>,
    /// Test labels of `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_labels: Option<PathBuf>,
    /// The table of `csv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// A table for testing; without it `split.test_percent` of the rows are set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_file: Option<PathBuf>,
    /// The column of labels of `csv`: `first`, `last`, its number from 0, or its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// What becomes of rows of `csv` with missing values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// The columns of `csv` that are features, by their names; all but the label where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// The classes that are taken, in this order; lists of names are joined to one class. All
    /// where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassSpec>>,
    /// Training samples at most: the first ones of the classes that are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

impl Source {
    /// Its name in run files.
    pub fn name(self) -> &'static str {
        match self {
            Source::Digits => "digits",
            Source::Iris => "iris",
            Source::BreastCancer => "breast_cancer",
            Source::Idx => "idx",
            Source::Files => "files",
            Source::Cifar10 => "cifar10",
            Source::Csv => "csv",
        }
    }

    /// Whether it is a table of numbers, and not of images.
    pub fn is_table(self) -> bool {
        matches!(self, Source::Iris | Source::BreastCancer | Source::Csv)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DataSection {
    /// Data named on a command line: `digits`, `iris`, `breast_cancer`, `idx:FOLDER`,
    /// `cifar10:FOLDER` or `csv:FILE`.
    ///
    /// # Errors
    /// If the text is none of these.
    pub fn from_argument(text: &str) -> Result<Self> {
        let (kind, path) = text.split_once(':').unwrap_or((text, ""));
        let path = (!path.is_empty()).then(|| absolute(Path::new(path)));
        let of = |source: Source| DataSection {
            source,
            ..DataSection::default()
        };
        match (kind, path) {
            ("digits", None) => Ok(of(Source::Digits)),
            ("iris", None) => Ok(of(Source::Iris)),
            ("breast_cancer", None) => Ok(of(Source::BreastCancer)),
            ("idx", folder @ Some(_)) => Ok(DataSection {
                folder,
                ..of(Source::Idx)
            }),
            ("cifar10", folder @ Some(_)) => Ok(DataSection {
                folder,
                ..of(Source::Cifar10)
            }),
            ("csv", file @ Some(_)) => Ok(DataSection {
                file,
                ..of(Source::Csv)
            }),
            _ => Err(Error::UnknownData {
                text: text.to_owned(),
            }),
        }
    }

    /// A short name for folders and titles.
    pub fn name(&self) -> String {
        let stem = |path: &Option<PathBuf>| {
            let stem = path.as_deref().and_then(Path::file_stem);
            stem.map_or("data".into(), |name| name.to_string_lossy().into_owned())
        };
        match self.source {
            Source::Digits => "digits".into(),
            Source::Iris => "iris".into(),
            Source::BreastCancer => "breast-cancer".into(),
            Source::Cifar10 => "cifar10".into(),
            Source::Idx => stem(&self.folder),
            Source::Files => stem(&self.train_images),
            Source::Csv => stem(&self.file),
        }
    }

    /// Makes relative paths absolute, seen from `folder`.
    pub(crate) fn resolve_paths(&mut self, folder: &Path) {
        let paths = [
            &mut self.folder,
            &mut self.train_images,
            &mut self.train_labels,
            &mut self.test_images,
            &mut self.test_labels,
            &mut self.file,
            &mut self.test_file,
        ];
        for path in paths.into_iter().flatten() {
            *path = absolute(&folder.join(&*path));
        }
    }
}

/// The path as seen from anywhere; as it is where the system does not tell the current folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_named_on_the_command_line() {
        for (text, source) in [
            ("digits", Source::Digits),
            ("iris", Source::Iris),
            ("breast_cancer", Source::BreastCancer),
            ("idx:here", Source::Idx),
            ("cifar10:here", Source::Cifar10),
            ("csv:here.csv", Source::Csv),
        ] {
            assert_eq!(DataSection::from_argument(text).unwrap().source, source);
        }
        for text in ["idx", "png:x", "digits:x"] {
            let error = DataSection::from_argument(text).unwrap_err().to_string();
            assert!(error.contains("is not data: give `digits`"), "{error}");
        }
    }
}
