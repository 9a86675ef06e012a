//! Where the samples of a case come from.

use super::Case;
use anyhow::{Result, bail};
use nearfield::integer::{Samples, fit};
use nearfield_data::{Dataset, cifar10, idx};
use nearfield_int::{Normalization, Statistics};
use std::path::{Path, PathBuf};

/// The environment variable that names the folder of the public data sets.
pub const DATA_VARIABLE: &str = "NEARFIELD_DATA";

/// The samples of a case, in file order, preprocessed as it says.
pub(super) fn samples(folder: &Path, case: &Case) -> Result<Samples> {
    let data = dataset(folder, case)?;
    let normalization = match case.preprocess.split_whitespace().next() {
        Some("none") => Normalization::None,
        Some("mad") => Normalization::Mad,
        _ => bail!(
            "preprocess `{}` is neither `none` nor `mad`",
            case.preprocess
        ),
    };
    let preprocessing = fit(
        &data,
        normalization,
        Statistics::Channel,
        statistics_samples(&case.preprocess),
    )?;
    Ok(Samples::new(&data, &preprocessing)?)
}

fn dataset(folder: &Path, case: &Case) -> Result<Dataset> {
    let (images, labels) = (folder.join("images.idx"), folder.join("labels.idx"));
    if images.is_file() {
        let data = idx::load(&images, &labels, Some(case.classes))?;
        let features: usize = case.input_shape.iter().product();
        if data.features() != features {
            bail!(
                "images.idx has {} values a sample, input_shape {features}",
                data.features()
            );
        }
        return Ok(data);
    }
    let name = match case.source.as_str() {
        "mnist" => "mnist",
        "fashion-mnist" | "fashion_mnist" | "fmnist" => "fashion-mnist",
        "cifar10" | "cifar-10" => "cifar10",
        other => bail!("no images.idx, and `{other}` is no public data set known here"),
    };
    let Some(place) = find(folder, name) else {
        bail!(
            "the data set `{name}` was not found: set {DATA_VARIABLE} to the folder that holds `{name}`"
        );
    };
    if name == "cifar10" {
        return Ok(cifar10::load_train(&place)?);
    }
    let (images, labels) = idx::find(&place, "train")?;
    Ok(idx::load(&images, &labels, Some(case.classes))?)
}

/// The folder of a public data set: in `$NEARFIELD_DATA`, in a `data` folder next to or above
/// the case, in `data` here, or in a `shared/data` next to this project.
fn find(case: &Path, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(DATA_VARIABLE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let absolute = std::path::absolute(case).unwrap_or_else(|_| case.to_path_buf());
    let above = absolute
        .ancestors()
        .map(|folder| folder.join("data"))
        .collect::<Vec<_>>();
    let here = ["data", "../shared/data"].map(PathBuf::from);
    named
        .into_iter()
        .chain(above)
        .chain(here)
        .map(|place| place.join(name))
        .find(|place| place.is_dir())
}

/// The number in `mad (statistics of the first 25,000 …)`.
fn statistics_samples(preprocess: &str) -> usize {
    let digits: String = preprocess
        .chars()
        .skip_while(|character| !character.is_ascii_digit())
        .take_while(|character| character.is_ascii_digit() || *character == ',')
        .filter(|&character| character != ',')
        .collect();
    digits.parse().unwrap_or(25_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_statistics_samples_is_read_from_the_sentence() {
        assert_eq!(
            statistics_samples("mad (statistics of the first 12,345 images)"),
            12_345
        );
        assert_eq!(statistics_samples("mad"), 25_000);
    }
}
