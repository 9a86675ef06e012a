//! Which defaults a run starts from.

use crate::suggest::unknown_name;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which defaults a run starts from, in either arithmetic. Each of them is also a setting of its
/// own in a run file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Nothing is decided on test samples.
    ///
    /// With integers, each block steps once, padding never wins a maximum, residuals saturate,
    /// every image counts, decisions are taken on validation samples, and the test set is looked
    /// at once. On encrypted data, batches stay as they are, no test sample is copied into
    /// training, and the model is that of the last epoch.
    #[default]
    #[serde(alias = "honest")]
    Strict,
    /// The deviations of the reference implementations from their papers.
    ///
    /// With integers, linear blocks of a CNN step twice, head padding counts as zero, residuals
    /// wrap, last batches are dropped, crops and flips are drawn once a batch, and decisions are
    /// taken on the test set. On encrypted data, samples are reshuffled every epoch, breast masses
    /// are oversampled before the split, and the epoch that was best on the test set is reported:
    /// all of it on plain numbers alone.
    #[serde(alias = "published")]
    Reference,
}

/// The names that stood for the profiles before, with those of today.
const OLD_NAMES: [(&str, &str); 2] = [("honest", "strict"), ("published", "reference")];

impl Profile {
    /// Its name in run files.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Strict => "strict",
            Profile::Reference => "reference",
        }
    }

    /// What to tell someone who used an old name.
    pub fn note(name: &str) -> Option<String> {
        let (old, new) = OLD_NAMES.into_iter().find(|(old, _)| *old == name)?;
        Some(format!(
            "the profile `{old}` is called `{new}` now; the old name is still accepted"
        ))
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "strict" | "honest" => Ok(Profile::Strict),
            "reference" | "published" => Ok(Profile::Reference),
            _ => Err(unknown_name("profile", name, &["strict", "reference"])),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_accepted_with_a_note_and_near_ones_are_suggested() {
        for (name, profile) in [
            ("strict", Profile::Strict),
            ("honest", Profile::Strict),
            ("reference", Profile::Reference),
            ("published", Profile::Reference),
        ] {
            assert_eq!(name.parse::<Profile>().unwrap(), profile);
            assert_eq!(Profile::note(name).is_some(), name != profile.name());
        }
        let error = "referense".parse::<Profile>().unwrap_err().to_string();
        assert!(error.contains("did you mean `reference`?"), "{error}");
    }
}
