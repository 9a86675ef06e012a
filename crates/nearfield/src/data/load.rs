//! From `[data]` to stored samples, before any preparation.

use crate::data::classes::choose;
use crate::data::keys::{check_keys, required};
use crate::data::section::{DataSection, Source};
use crate::{Error, Result};
use nearfield_data::{Dataset, breast_cancer, cifar10, csv, digits, idx, iris};
use std::path::Path;

/// Data as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Training samples, and all samples where there are no test samples.
    pub train: Dataset,
    /// Test samples, where the data has some.
    pub test: Option<Dataset>,
    /// Decimals of each column of a table.
    pub decimals: Option<Vec<u8>>,
    /// Rows of a table left out because of missing values.
    pub dropped: usize,
}

/// Reads the data of a run, and takes the classes and as many samples as `data` says.
///
/// # Errors
/// [`Error::Setting`] if a key does not go with the source or is missing; else if a file is
/// missing, damaged, or does not fit the others.
pub fn load(data: &DataSection) -> Result<Loaded> {
    check_keys(data)?;
    let mut loaded = read(data)?;
    if let Some(test) = &loaded.test
        && test.shape != loaded.train.shape
    {
        return Err(Error::Samples(format!(
            "training samples have the shape {:?}, test samples {:?}: give files of one data set",
            loaded.train.shape, test.shape
        )));
    }
    if let Some(classes) = &data.classes {
        loaded.train = choose(&loaded.train, classes)?;
        loaded.test = loaded.test.map(|test| choose(&test, classes)).transpose()?;
    }
    if let Some(limit) = data.limit {
        let first: Vec<usize> = (0..loaded.train.len().min(limit)).collect();
        loaded.train = loaded.train.select(&first)?;
    }
    Ok(loaded)
}

impl Loaded {
    fn of_images(train: Dataset, test: Option<Dataset>) -> Self {
        Loaded {
            train,
            test,
            decimals: None,
            dropped: 0,
        }
    }

    fn of_table(table: csv::Table, test: Option<csv::Table>) -> Self {
        Loaded {
            dropped: table.dropped + test.as_ref().map_or(0, |test| test.dropped),
            train: table.dataset,
            test: test.map(|test| test.dataset),
            decimals: Some(table.decimals),
        }
    }

    /// What to tell of rows that were left out.
    pub(crate) fn notes(&self) -> Vec<String> {
        match self.dropped {
            0 => Vec::new(),
            dropped => vec![format!("{dropped} rows with missing values were left out")],
        }
    }
}

fn read(data: &DataSection) -> Result<Loaded> {
    let source = data.source;
    let folder = || required("data.folder", data.folder.as_deref(), source);
    Ok(match source {
        Source::Digits => Loaded::of_images(digits::load()?, None),
        Source::Iris => Loaded::of_table(iris::load()?, None),
        Source::BreastCancer => Loaded::of_table(breast_cancer::load()?, None),
        Source::Idx => idx_folder(folder()?)?,
        Source::Cifar10 => {
            let folder = folder()?;
            let (train, test) = (cifar10::load_train(folder)?, cifar10::load_test(folder)?);
            Loaded::of_images(train, Some(test))
        }
        Source::Files => idx_files(data)?,
        Source::Csv => tables(data, required("data.file", data.file.as_deref(), source)?)?,
    })
}

fn idx_folder(folder: &Path) -> Result<Loaded> {
    let (images, labels) = idx::find(folder, "train")?;
    let train = idx::load(&images, &labels, None)?;
    let (images, labels) = idx::find(folder, "t10k")?;
    let test = idx::load(&images, &labels, Some(train.classes.len()))?;
    Ok(Loaded::of_images(train, Some(test)))
}

fn idx_files(data: &DataSection) -> Result<Loaded> {
    let images = required(
        "data.train_images",
        data.train_images.as_deref(),
        data.source,
    )?;
    let labels = required(
        "data.train_labels",
        data.train_labels.as_deref(),
        data.source,
    )?;
    let train = idx::load(images, labels, None)?;
    let test = match data.test_images.as_ref().zip(data.test_labels.as_ref()) {
        Some((images, labels)) => Some(idx::load(images, labels, Some(train.classes.len()))?),
        None => None,
    };
    Ok(Loaded::of_images(train, test))
}

fn tables(data: &DataSection, file: &Path) -> Result<Loaded> {
    let label = data.label.clone().unwrap_or_default();
    let options = csv::Options {
        label: (&label).into(),
        missing: data.missing.unwrap_or_default().into(),
        features: data.features.clone(),
        ..csv::Options::default()
    };
    let train = csv::load(file, &options)?;
    let test = match &data.test_file {
        Some(file) => Some(csv::load(file, &options.following(&train))?),
        None => None,
    };
    Ok(Loaded::of_table(train, test))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> DataSection {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn embedded_sets_need_no_files() {
        for (name, samples, features) in [
            ("iris", 150, 4),
            ("breast_cancer", 569, 30),
            ("digits", 1797, 64),
        ] {
            let loaded = load(&section(&format!("source = \"{name}\""))).unwrap();
            assert_eq!(
                (loaded.train.len(), loaded.train.features()),
                (samples, features)
            );
            assert!(loaded.test.is_none());
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
            (
                "source = \"csv\"\nfile = \"x\"\ntest_labels = \"y\"",
                "`data.test_labels`: does not go",
            ),
            ("source = \"idx\"", "`data.folder`: is missing"),
            ("source = \"cifar10\"", "`data.folder`: is missing"),
            ("source = \"csv\"", "`data.file`: is missing"),
            ("source = \"files\"", "`data.train_images`: is missing"),
            (
                "source = \"files\"\ntrain_images = \"x\"\ntrain_labels = \"y\"\ntest_labels = \"z\"",
                "give both or neither",
            ),
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
        let loaded = load(&section(&text)).unwrap();
        assert_eq!((loaded.train.len(), loaded.train.features()), (2, 1));
        assert_eq!(loaded.test, Some(loaded.train.clone()));
        assert_eq!(loaded.decimals, Some(vec![1]));
        assert_eq!(loaded.notes(), ["2 rows with missing values were left out"]);
    }

    #[test]
    fn classes_are_chosen_before_the_limit_counts() {
        let text = "source = \"digits\"\nclasses = [3, 8]\nlimit = 100";
        let loaded = load(&section(text)).unwrap();
        assert_eq!(loaded.train.len(), 100);
        assert_eq!(loaded.train.classes, ["3", "8"]);
    }
}
