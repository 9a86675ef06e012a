//! Run files of encrypted trainings, as people write them: everything but the data may be left
//! out.
//!
//! ```toml
//! seed = 42
//!
//! [data]
//! source = "idx"          # digits, iris, breast_cancer, idx, files, cifar10 or csv
//! folder = "data/mnist"
//! classes = [3, 8]
//! limit = 10000
//!
//! [preprocessing]
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

use crate::data::DataSection;
use crate::encrypted::order::Reshuffle;
use crate::encrypted::prepare::Oversample;
use crate::encrypted::run::{Crop, Encryption, Report, ScheduleName};
use crate::profile::Profile;
use crate::run_file::{self, Sections, SplitSection};
use crate::{Error, Result};
use nearfield_enc::NetworkSpec;
use serde::Deserialize;
use std::path::Path;

/// A run file. What it leaves out is filled in by its profile, its data and the defaults (see
/// [`crate::encrypted::run::Run`], whose fields are documented there).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "documented where they are resolved, in `Run`")]
pub struct RunFile {
    pub name: Option<String>,
    pub seed: Option<u64>,
    pub profile: Option<Profile>,
    pub data: DataSection,
    #[serde(default)]
    pub split: SplitSection,
    #[serde(default)]
    pub preprocessing: PreprocessingSection,
    #[serde(default)]
    pub network: NetworkSection,
    #[serde(default)]
    pub training: TrainingSection,
    #[serde(default)]
    pub encryption: EncryptionSection,
    /// What to tell the person who wrote it; not in the file.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// `[preprocessing]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in `Run`")]
pub struct PreprocessingSection {
    pub image_size: Option<usize>,
    pub crop: Option<Crop>,
    pub max_pool: Option<usize>,
    pub standardize: Option<bool>,
    pub oversample: Option<Oversample>,
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
    pub reshuffle: Option<Reshuffle>,
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
    /// [`Error::RunFile`] says where the file is wrong, and which key may have been meant.
    pub fn read(path: &Path) -> Result<Self> {
        run_file::read(path)
    }

    /// Parses the text of a run file.
    ///
    /// # Errors
    /// As [`RunFile::read`].
    pub fn parse(text: &str) -> Result<Self> {
        run_file::parse(text)
    }
}

impl Sections for RunFile {
    fn data(&mut self) -> Option<&mut DataSection> {
        Some(&mut self.data)
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }
}

impl NetworkSection {
    /// The network for samples of `features` values and `classes` classes.
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
    use crate::data::ClassSpec;

    const DATA: &str = "[data]\nsource = \"iris\"\n";

    fn refusal(text: &str) -> String {
        RunFile::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn unknown_keys_are_refused_with_a_suggestion_at_every_depth() {
        for (text, part) in [
            ("nam = \"x\"", "Did you mean `name`?"),
            ("profile = \"strikt\"", "Did you mean `strict`?"),
            ("[training]\nepcohs = 1", "Did you mean `epochs`?"),
            (
                "[training]\nreshuffle = \"batch\"",
                "Did you mean `batches`?",
            ),
            (
                "[preprocessing]\ncrop = { frist = 1, side = 2 }",
                "Did you mean `first`?",
            ),
            ("[encryption]\nsecurity = 128", "security"),
            ("[network]\nhidden = [-1]", "hidden"),
        ] {
            // Keys of the file itself come before its sections.
            let text = match text.starts_with('[') {
                true => format!("{DATA}{text}"),
                false => format!("{text}\n{DATA}"),
            };
            assert!(refusal(&text).contains(part), "{}", refusal(&text));
        }
        assert!(refusal("[data]\nsorce = \"iris\"").contains("Did you mean `source`?"));
        assert!(refusal("").contains("missing field `data`"));
    }

    #[test]
    fn keys_at_their_old_places_are_refused_with_the_new_ones() {
        for (text, part) in [
            ("[training]\nseed = 1", "`training.seed` is `seed` now"),
            (
                "[protocol]\nprofile = \"honest\"",
                "`protocol.profile` is `profile` now",
            ),
            (
                "[protocol]\nreshuffle = \"samples\"",
                "`protocol.reshuffle` is `training.reshuffle` now",
            ),
            (
                "test_percent = 30",
                "`data.test_percent` is `split.test_percent` now",
            ),
            (
                "crop = { first = 1, side = 2 }",
                "is `preprocessing.crop` now",
            ),
        ] {
            let text = format!("{DATA}{text}");
            assert!(refusal(&text).contains(part), "{}", refusal(&text));
        }
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
            error.contains("run.toml") && error.contains("Did you mean `csv`?"),
            "{error}"
        );
    }
}
