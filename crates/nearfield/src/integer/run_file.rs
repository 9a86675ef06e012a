//! Run files as people write them: everything may be left out.

use crate::integer::run::{LastBatch, Model};
use crate::profile::Profile;
use crate::suggest::with_suggestion;
use crate::{Error, Result};
use nearfield_data::csv;
use nearfield_files::read_bounded;
use nearfield_int::{
    Activation, HeadPadding, HeadPool, LayerSpec, Normalization, Residual, Statistics,
};
use nearfield_train::plateau::Patience;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A run file. What it leaves out is filled in by its profile, its data and the defaults
/// (see [`crate::integer::run::Run`], whose fields are documented there).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented where they are resolved, in `Run`")]
pub struct RunFile {
    pub name: Option<String>,
    pub seed: Option<u64>,
    pub profile: Option<Profile>,
    pub data: Option<DataSpec>,
    pub split: SplitSection,
    pub preprocessing: PreprocessingSection,
    pub augmentation: AugmentationSection,
    pub network: NetworkSection,
    pub training: TrainingSection,
}

/// Where the samples come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "lowercase", deny_unknown_fields)]
pub enum DataSpec {
    /// The embedded digits, 8 x 8 pixels.
    Digits {},
    /// A folder with the four IDX files of MNIST's names, raw or gz.
    Idx {
        /// The folder.
        folder: PathBuf,
    },
    /// IDX files of any names.
    Files {
        /// Training images.
        train_images: PathBuf,
        /// Training labels.
        train_labels: PathBuf,
        /// Test images; without them `split.test_percent` of the samples are set aside.
        #[serde(skip_serializing_if = "Option::is_none")]
        test_images: Option<PathBuf>,
        /// Test labels.
        #[serde(skip_serializing_if = "Option::is_none")]
        test_labels: Option<PathBuf>,
    },
    /// A folder with the six files of CIFAR-10's binary version, raw or gz.
    Cifar10 {
        /// The folder.
        folder: PathBuf,
    },
    /// A table of numbers with a column of labels.
    Csv {
        /// The table.
        file: PathBuf,
        /// A table for testing; without it `split.test_percent` of the rows are set aside.
        #[serde(skip_serializing_if = "Option::is_none")]
        test_file: Option<PathBuf>,
        /// The column of labels: `first`, `last`, its number from 0, or its name.
        #[serde(default)]
        label: Label,
        /// What becomes of rows with missing values.
        #[serde(default)]
        missing: Missing,
    },
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

impl Default for Label {
    fn default() -> Self {
        Label::Word("last".into())
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

/// What becomes of rows with missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The table is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
}

impl From<Missing> for csv::Missing {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Refuse => csv::Missing::Refuse,
            Missing::Drop => csv::Missing::Drop,
        }
    }
}

/// `[split]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct SplitSection {
    pub validation_percent: Option<u32>,
    pub test_percent: Option<u32>,
}

/// `[preprocessing]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct PreprocessingSection {
    pub shape: Option<Vec<usize>>,
    pub normalize: Option<Normalization>,
    pub statistics: Option<Statistics>,
    pub samples: Option<usize>,
}

/// `[augmentation]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `nearfield_int::Augmentation`")]
pub struct AugmentationSection {
    pub crop_padding: Option<usize>,
    pub flip: Option<bool>,
    pub per_batch: Option<bool>,
}

/// `[network]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct NetworkSection {
    pub preset: Option<String>,
    pub dropout: Option<u32>,
    pub layers: Option<Vec<LayerSpec>>,
    pub activation: Option<Activation>,
    pub head: HeadSection,
}

/// `[network.head]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `nearfield_int::HeadSpec`")]
pub struct HeadSection {
    pub features: Option<usize>,
    pub pool: Option<HeadPool>,
    pub padding: Option<HeadPadding>,
}

/// `[training]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct TrainingSection {
    pub batch: Option<usize>,
    pub epochs: Option<u32>,
    pub rate_inv: Option<u64>,
    pub amplification: Option<u32>,
    pub decay_forward: Option<u32>,
    pub decay_head: Option<u32>,
    pub rate_cut_factor: Option<u64>,
    pub rate_cut: Option<Patience>,
    pub early_stop: Option<Patience>,
    pub linear_blocks_step_twice: Option<bool>,
    pub residual: Option<Residual>,
    pub last_batch: Option<LastBatch>,
    pub decide_on_test: Option<bool>,
    pub model: Option<Model>,
}

impl RunFile {
    /// Reads a run file. Relative paths in it are meant from its folder.
    ///
    /// # Errors
    /// Says where the file is wrong, and which key may have been meant.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_bounded(path, 1 << 20)?;
        let refuse = |problem: String| Error::RunFile {
            path: Some(path.to_path_buf()),
            problem,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| refuse("is not UTF-8 text".into()))?;
        let mut file = Self::parse(text).map_err(|error| refuse(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        if let Some(data) = &mut file.data {
            for path in data.paths_mut() {
                *path =
                    std::path::absolute(folder.join(&*path)).map_err(Error::io("find", path))?;
            }
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

impl DataSpec {
    /// Data named on the command line: `digits`, `idx:FOLDER`, `cifar10:FOLDER` or `csv:FILE`.
    ///
    /// # Errors
    /// If the text is none of these.
    pub fn from_argument(text: &str) -> Result<Self> {
        let (kind, path) = text.split_once(':').unwrap_or((text, ""));
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
        match (kind, path.is_empty()) {
            ("digits", true) => Ok(DataSpec::Digits {}),
            ("idx", false) => Ok(DataSpec::Idx { folder: absolute }),
            ("cifar10", false) => Ok(DataSpec::Cifar10 { folder: absolute }),
            ("csv", false) => Ok(DataSpec::Csv {
                file: absolute,
                test_file: None,
                label: Label::default(),
                missing: Missing::default(),
            }),
            _ => Err(Error::setting(
                "data",
                format!(
                    "`{text}` is not data: give `digits`, `idx:FOLDER`, `cifar10:FOLDER` or \
                     `csv:FILE`"
                ),
            )),
        }
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            DataSpec::Digits {} => Vec::new(),
            DataSpec::Idx { folder } | DataSpec::Cifar10 { folder } => vec![folder],
            DataSpec::Files {
                train_images,
                train_labels,
                test_images,
                test_labels,
            } => {
                let mut paths = vec![train_images, train_labels];
                paths.extend(test_images);
                paths.extend(test_labels);
                paths
            }
            DataSpec::Csv {
                file, test_file, ..
            } => {
                let mut paths = vec![file];
                paths.extend(test_file);
                paths
            }
        }
    }

    /// A short name for folders and titles.
    pub fn name(&self) -> String {
        let last = |path: &Path| {
            path.file_stem()
                .map_or("data".into(), |name| name.to_string_lossy().into_owned())
        };
        match self {
            DataSpec::Digits {} => "digits".into(),
            DataSpec::Idx { folder } => last(folder),
            DataSpec::Files { train_images, .. } => last(train_images),
            DataSpec::Cifar10 { .. } => "cifar10".into(),
            DataSpec::Csv { file, .. } => last(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        format!("{:#}", RunFile::parse(text).unwrap_err())
    }

    #[test]
    fn unknown_keys_are_refused_with_a_suggestion_at_every_depth() {
        for (text, suggestion) in [
            ("sede = 1", "`seed`"),
            ("[training]\nepcohs = 1", "`epochs`"),
            (
                "[network]\nlayers = [{ type = \"conv2d\", filter = 1, kernel = 3 }]",
                "`filters`",
            ),
            ("[network]\nlayers = [{ type = \"convd\" }]", "`conv2d`"),
            ("[data]\nsource = \"idx\"\nfoldre = \"x\"", "`folder`"),
            ("[network.head]\npaddng = \"zero\"", "`padding`"),
            ("profile = \"refrence\"", "`reference`"),
        ] {
            let error = refusal(text);
            assert!(
                error.contains(&format!("Did you mean {suggestion}?")),
                "{error}"
            );
        }
    }

    #[test]
    fn data_is_named_on_the_command_line() {
        assert_eq!(
            DataSpec::from_argument("digits").unwrap(),
            DataSpec::Digits {}
        );
        assert!(matches!(
            DataSpec::from_argument("idx:here"),
            Ok(DataSpec::Idx { .. })
        ));
        assert!(DataSpec::from_argument("idx").is_err());
        assert!(DataSpec::from_argument("png:x").is_err());
    }
}
