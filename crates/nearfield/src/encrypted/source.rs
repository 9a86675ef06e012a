//! From a run file's data to stored samples, before any preparation.

use crate::encrypted::prepare::Stored;
use crate::encrypted::run_file::{DataSection, Missing, Source};
use crate::{Error, Result};
use nearfield_data::{breast_cancer, csv, digits, idx, iris};
use std::path::Path;

/// Reads the data of a run.
///
/// # Errors
/// [`Error::Setting`] if a key does not go with the source or is missing; else if a file is
/// missing, damaged, or does not fit the others.
pub fn load(data: &DataSection) -> Result<Stored> {
    check_keys(data)?;
    let table = |table: csv::Table| Stored {
        train: table.dataset,
        test: None,
        decimals: Some(table.decimals),
    };
    Ok(match data.source {
        Source::Iris => table(iris::load()?),
        Source::BreastCancer => table(breast_cancer::load()?),
        Source::Digits => Stored {
            train: digits::load()?,
            test: None,
            decimals: None,
        },
        Source::Idx => images(required("data.folder", data.folder.as_deref())?)?,
        Source::Csv => tables(data, required("data.file", data.file.as_deref())?)?,
    })
}

/// Refuses keys that do not go with the source.
fn check_keys(data: &DataSection) -> Result<()> {
    let table = data.source == Source::Csv;
    for (key, is_given, goes) in [
        (
            "data.folder",
            data.folder.is_some(),
            data.source == Source::Idx,
        ),
        ("data.file", data.file.is_some(), table),
        ("data.test_file", data.test_file.is_some(), table),
        ("data.label", data.label.is_some(), table),
        ("data.missing", data.missing.is_some(), table),
        ("data.features", data.features.is_some(), table),
    ] {
        if is_given && !goes {
            return Err(Error::setting(
                key,
                "does not go with this `data.source`; leave it out, or name another source",
            ));
        }
    }
    Ok(())
}

fn required<'p>(key: &'static str, path: Option<&'p Path>) -> Result<&'p Path> {
    path.ok_or_else(|| Error::setting(key, "is missing; this `data.source` needs it"))
}

fn images(folder: &Path) -> Result<Stored> {
    let (images, labels) = idx::find(folder, "train")?;
    let train = idx::load(&images, &labels, None)?;
    let (images, labels) = idx::find(folder, "t10k")?;
    let test = idx::load(&images, &labels, Some(train.classes.len()))?;
    if test.shape != train.shape {
        return Err(Error::Samples(format!(
            "training images have the shape {:?}, test images {:?}",
            train.shape, test.shape
        )));
    }
    Ok(Stored {
        train,
        test: Some(test),
        decimals: None,
    })
}

fn tables(data: &DataSection, file: &Path) -> Result<Stored> {
    let options = csv::Options {
        label: data
            .label
            .as_ref()
            .map_or(csv::LabelColumn::Last, csv::LabelColumn::from),
        missing: match data.missing.unwrap_or_default() {
            Missing::Refuse => csv::Missing::Refuse,
            Missing::Drop => csv::Missing::Drop,
        },
        features: data.features.clone(),
        ..csv::Options::default()
    };
    let train = csv::load(file, &options)?;
    let test = match &data.test_file {
        Some(file) => Some(csv::load(file, &options.following(&train))?.dataset),
        None => None,
    };
    Ok(Stored {
        train: train.dataset,
        test,
        decimals: Some(train.decimals),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encrypted::run_file::RunFile;

    fn section(text: &str) -> DataSection {
        RunFile::parse(&format!("[data]\n{text}")).unwrap().data
    }

    #[test]
    fn embedded_sets_need_nothing() {
        for (name, samples, features) in [
            ("iris", 150, 4),
            ("breast_cancer", 569, 30),
            ("digits", 1797, 64),
        ] {
            let stored = load(&section(&format!("source = \"{name}\""))).unwrap();
            assert_eq!(
                (stored.train.len(), stored.train.features()),
                (samples, features)
            );
            assert!(stored.test.is_none());
        }
    }

    #[test]
    fn keys_that_do_not_go_with_the_source_are_refused() {
        for (text, part) in [
            (
                "source = \"iris\"\nfolder = \"x\"",
                "`data.folder`: does not go",
            ),
            (
                "source = \"idx\"\nfolder = \"x\"\nlabel = 0",
                "`data.label`: does not go",
            ),
            ("source = \"idx\"", "`data.folder`: is missing"),
            ("source = \"csv\"", "`data.file`: is missing"),
        ] {
            let error = load(&section(text)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn tables_are_read_with_their_own_columns_and_classes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("table.csv");
        std::fs::write(&file, "kind,place,width\nx,far,1.5\ny,near,2\nx,far,NA\n").unwrap();
        let text = format!(
            "source = \"csv\"\nfile = {file:?}\nlabel = \"kind\"\nfeatures = [\"width\"]\n\
             missing = \"drop\"\ntest_file = {file:?}"
        );
        let stored = load(&section(&text)).unwrap();
        assert_eq!((stored.train.len(), stored.train.features()), (2, 1));
        assert_eq!(stored.test, Some(stored.train));
        assert_eq!(stored.decimals, Some(vec![1]));
    }
}
