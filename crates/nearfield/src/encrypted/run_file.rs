//! Run files of encrypted trainings, as people write them: everything but the data may be left
//! out.
//!
//! ```toml
//! [data]
//! source = "idx"          # iris, breast_cancer, digits, idx (folder) or csv (file)
//! folder = "data/mnist"
//! classes = [3, 8]
//! limit = 10000
//! image_size = 14
//!
//! [network]
//! hidden = [32]
//!
//! [training]
//! batch = 48
//! epochs = 3
//! rate = 0.001
//! ```

use crate::encrypted::prepare::Oversample;
use crate::encrypted::run::{Encryption, Report, ScheduleName};
use crate::profile::Profile;
use crate::suggest::with_suggestion;
use crate::{Error, Result};
use nearfield_data::csv;
use nearfield_enc::NetworkSpec;
use nearfield_files::read_bounded;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A run file. What it leaves out is filled in by its profile, its data and the defaults (see
/// [`crate::encrypted::run::Run`], whose fields are documented there).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "documented where they are resolved, in `Run`")]
pub struct RunFile {
    pub name: Option<String>,
    pub data: DataSection,
    #[serde(default)]
    pub network: NetworkSection,
    #[serde(default)]
    pub training: TrainingSection,
    #[serde(default)]
    pub protocol: ProtocolSection,
    #[serde(default)]
    pub encryption: EncryptionSection,
}

/// Where samples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The embedded irises.
    Iris,
    /// The embedded breast masses.
    BreastCancer,
    /// The embedded digits, 8 x 8 pixels.
    Digits,
    /// A folder with the four IDX files of MNIST's names, raw or gz.
    Idx,
    /// A table of numbers with a column of labels.
    Csv,
}

/// `[data]`: where samples come from, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Where samples come from.
    pub source: Source,
    /// The folder of `idx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// The table of `csv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// A table for testing; without it `test_percent` of every class is set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_file: Option<PathBuf>,
    /// The column of labels of `csv`: `first`, `last` (the default), its number from 0, or its
    /// name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// What becomes of rows with missing values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// The columns that are features, by name; all but the label where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// The classes that are learned, in their new order; a list of classes is one that they are
    /// joined to. All where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassSpec>>,
    /// Only so many training samples, the first of the chosen classes; before samples are set
    /// aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Side that images are resized to first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<usize>,
    /// What images are cropped to then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop: Option<Crop>,
    /// Side of the squares of which the largest value is taken at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pool: Option<usize>,
    /// Per cent of every class that are set aside, where the data has no test samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_percent: Option<u32>,
    /// Whether every feature is standardised before all are scaled alike; tables are, images not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standardize: Option<bool>,
    /// Whether samples of small classes come more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oversample: Option<Oversample>,
}

/// Rows and columns of images that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// The first row and column.
    pub first: usize,
    /// How many.
    pub side: usize,
}

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

/// The column of labels of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// Its number, from 0.
    Index(usize),
    /// `first`, `last`, or its name.
    Word(String),
}

/// What becomes of rows with missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The table is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
}

/// `[network]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct NetworkSection {
    pub features: Option<usize>,
    pub hidden: Option<Vec<usize>>,
    pub classes: Option<usize>,
}

/// `[training]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct TrainingSection {
    pub batch: Option<usize>,
    pub epochs: Option<u32>,
    pub steps: Option<u64>,
    pub rate: Option<f64>,
    pub decay: Option<f64>,
    pub momentum: Option<f64>,
    pub schedule: Option<ScheduleName>,
    pub seed: Option<u64>,
}

/// `[protocol]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct ProtocolSection {
    pub profile: Option<Profile>,
    pub reshuffle: Option<crate::encrypted::order::Reshuffle>,
    pub report: Option<Report>,
}

/// `[encryption]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct EncryptionSection {
    pub security: Option<Encryption>,
    pub log_degree: Option<u32>,
    pub weight_range: Option<f64>,
    pub velocity_range: Option<f64>,
    pub iterated: Option<bool>,
}

impl RunFile {
    /// Reads a run file. Relative paths in it are meant from its folder.
    ///
    /// # Errors
    /// [`Error::RunFile`] says where the file is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_bounded(path, 1 << 20)?;
        let refuse = |problem: String| Error::RunFile {
            path: Some(path.to_path_buf()),
            problem,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| refuse("is not UTF-8 text".into()))?;
        let mut file = Self::parse(text).map_err(|error| refuse(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let data = &mut file.data;
        let paths = [&mut data.folder, &mut data.file, &mut data.test_file];
        for given in paths.into_iter().flatten() {
            *given = std::path::absolute(folder.join(&*given))
                .map_err(|error| refuse(error.to_string()))?;
        }
        Ok(file)
    }

    /// Parses the text of a run file.
    ///
    /// # Errors
    /// As [`RunFile::read`].
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::RunFile {
            path: None,
            problem: with_suggestion(&error.to_string()),
        })
    }
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

impl From<&Label> for csv::LabelColumn {
    fn from(label: &Label) -> Self {
        match label {
            Label::Index(index) => csv::LabelColumn::Index(*index),
            Label::Word(word) if word == "first" => csv::LabelColumn::First,
            Label::Word(word) if word == "last" => csv::LabelColumn::Last,
            Label::Word(word) => csv::LabelColumn::Named(word.clone()),
        }
    }
}

impl NetworkSection {
    /// The network for samples of so many values and classes.
    ///
    /// # Errors
    /// [`Error::Setting`] if the section says otherwise.
    pub(crate) fn spec(&self, features: usize, classes: usize) -> Result<NetworkSpec> {
        for (setting, given, found) in [
            ("network.features", self.features, features),
            ("network.classes", self.classes, classes),
        ] {
            if let Some(given) = given.filter(|&given| given != found) {
                return Err(Error::setting(
                    setting,
                    format!("is {given}, but the data have {found}; leave it out, or correct it"),
                ));
            }
        }
        let hidden = self.hidden.clone().unwrap_or_else(|| vec![32]);
        Ok(NetworkSpec::new(features, hidden, classes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_with_the_known_ones() {
        let data = "[data]\nsource = \"iris\"\n";
        for (text, part) in [
            ("nam = \"x\"", "expected one of `name`, `data`"),
            (
                "[training]\nepcohs = 1",
                "`epcohs`, expected one of `batch`, `epochs`",
            ),
            ("[protocol]\nprofile = \"strikt\"", "Did you mean `strict`?"),
            ("[encryption]\nsecurity = 128", "security"),
            ("[network]\nhidden = [-1]", "hidden"),
        ] {
            // Keys of the file itself come before its sections.
            let text = match text.starts_with('[') {
                true => format!("{data}{text}"),
                false => format!("{text}\n{data}"),
            };
            let error = RunFile::parse(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let error = RunFile::parse("").unwrap_err().to_string();
        assert!(error.contains("missing field `data`"), "{error}");
    }

    #[test]
    fn classes_are_named_by_numbers_texts_and_lists() {
        let text = "[data]\nsource = \"iris\"\nclasses = [3, \"a\", [1, \"2\"]]";
        let classes = RunFile::parse(text).unwrap().data.classes.unwrap();
        let names: Vec<_> = classes.iter().map(ClassSpec::names).collect();
        assert_eq!(names, [vec!["3"], vec!["a"], vec!["1", "2"]]);
    }

    #[test]
    fn paths_are_meant_from_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, "[data]\nsource = \"csv\"\nfile = \"table.csv\"").unwrap();
        let file = RunFile::read(&path).unwrap();
        assert_eq!(file.data.file, Some(folder.path().join("table.csv")));
        std::fs::write(&path, "[data]\nsource = \"csvv\"").unwrap();
        let error = RunFile::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("run.toml") && error.contains("`breast_cancer`"),
            "{error}"
        );
    }
}
