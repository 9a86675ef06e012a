//! Run files of integer trainings, as people write them: everything may be left out.

use crate::Result;
use crate::data::DataSection;
use crate::integer::run::{LastBatch, Model};
use crate::profile::Profile;
use crate::run_file::{self, Sections, SplitSection};
use nearfield_int::{
    Activation, HeadPadding, HeadPool, LayerSpec, Normalization, Residual, Statistics,
};
use nearfield_train::plateau::Patience;
use serde::Deserialize;
use std::path::Path;

/// A run file. What it leaves out is filled in by its profile, its data and the defaults
/// (see [`crate::integer::Run`], whose fields are documented there).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented where they are resolved, in `Run`")]
pub struct RunFile {
    pub name: Option<String>,
    pub seed: Option<u64>,
    pub profile: Option<Profile>,
    pub data: Option<DataSection>,
    pub split: SplitSection,
    pub preprocessing: PreprocessingSection,
    pub augmentation: AugmentationSection,
    pub network: NetworkSection,
    pub training: TrainingSection,
    /// What to tell the person who wrote it; not in the file.
    #[serde(skip)]
    pub notes: Vec<String>,
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
    /// [`crate::Error::RunFile`] says where the file is wrong, and which key may have been meant.
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
        self.data.as_mut()
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
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
    fn keys_at_their_old_places_are_refused_with_the_new_ones() {
        for (text, part) in [
            ("[training]\nseed = 1", "`training.seed` is `seed` now"),
            (
                "[data]\nsource = \"digits\"\ntest_percent = 1",
                "`data.test_percent` is `split.test_percent` now",
            ),
        ] {
            assert!(refusal(text).contains(part), "{}", refusal(text));
        }
    }

    #[test]
    fn an_old_name_of_a_profile_is_accepted_with_a_note() {
        let file = RunFile::parse("profile = \"published\"").unwrap();
        assert_eq!(file.profile, Some(Profile::Reference));
        assert!(file.notes[0].contains("called `reference` now"));
        assert!(
            RunFile::parse("profile = \"strict\"")
                .unwrap()
                .notes
                .is_empty()
        );
    }
}
