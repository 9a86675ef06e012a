//! Which keys of `[data]` go with which source.

use crate::data::section::{DataSection, Source};
use crate::{Error, Result};
use std::path::Path;

/// Refuses keys that do not go with the source.
///
/// # Errors
/// [`Error::Setting`] with the first of them.
pub(crate) fn check_keys(data: &DataSection) -> Result<()> {
    use Source::{Cifar10, Csv, Files, Idx};
    let folder: &[Source] = &[Idx, Cifar10];
    for (key, is_given, sources) in [
        ("data.folder", data.folder.is_some(), folder),
        ("data.train_images", data.train_images.is_some(), &[Files]),
        ("data.train_labels", data.train_labels.is_some(), &[Files]),
        ("data.test_images", data.test_images.is_some(), &[Files]),
        ("data.test_labels", data.test_labels.is_some(), &[Files]),
        ("data.file", data.file.is_some(), &[Csv]),
        ("data.test_file", data.test_file.is_some(), &[Csv]),
        ("data.label", data.label.is_some(), &[Csv]),
        ("data.missing", data.missing.is_some(), &[Csv]),
        ("data.features", data.features.is_some(), &[Csv]),
    ] {
        if is_given && !sources.contains(&data.source) {
            return Err(Error::setting(
                key,
                format!(
                    "does not go with `data.source = \"{}\"`; leave it out, or name another source",
                    data.source
                ),
            ));
        }
    }
    if data.test_images.is_some() != data.test_labels.is_some() {
        return Err(Error::setting(
            "data.test_images",
            "goes together with `data.test_labels`; give both or neither",
        ));
    }
    Ok(())
}

/// The path that a source cannot do without.
///
/// # Errors
/// [`Error::Setting`] if it is not given.
pub(crate) fn required<'p>(
    key: &'static str,
    path: Option<&'p Path>,
    source: Source,
) -> Result<&'p Path> {
    path.ok_or_else(|| {
        Error::setting(
            key,
            format!("is missing; `data.source = \"{source}\"` needs it"),
        )
    })
}
