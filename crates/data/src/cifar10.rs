//! CIFAR-10 in its binary version: records of one label and 3 x 32 x 32 unsigned bytes.

use std::path::Path;

use crate::dataset::label_beyond;
use crate::source::{Source, find_first};
use crate::{Checked, Dataset, Values};
use crate::{Error, Result};

/// Names of the classes, in the order of their labels.
pub const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

const IMAGE_BYTES: usize = 3 * 32 * 32;
const RECORD_BYTES: usize = 1 + IMAGE_BYTES;
/// A published file has 30,730,000 bytes; nothing in it tells its size beforehand.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Reads the training samples, `data_batch_1.bin` to `data_batch_5.bin` in `dir`, in this
/// order. Each file may also be packed with gzip and be called `.bin.gz`.
///
/// # Shapes
/// `[3, 32, 32]`: red, green, blue.
///
/// # Errors
/// [`Error::File`] where a file cannot be read, or where one is not there, is
/// not a whole number of records or has a label above 9.
pub fn load_train(dir: &Path) -> Result<Dataset> {
    load(
        dir,
        &[1, 2, 3, 4, 5].map(|batch| format!("data_batch_{batch}.bin")),
    )
}

/// Reads the test samples, `test_batch.bin` or `test_batch.bin.gz` in `dir`.
///
/// # Shapes
/// `[3, 32, 32]`: red, green, blue.
///
/// # Errors
/// As [`load_train`].
pub fn load_test(dir: &Path) -> Result<Dataset> {
    load(dir, &["test_batch.bin".to_owned()])
}

fn load(dir: &Path, names: &[String]) -> Result<Dataset> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for name in names {
        let path = find_first(dir, &[name.clone(), format!("{name}.gz")])?;
        let bytes = Source::open(&path)?.read_all(MAX_FILE_BYTES)?;
        append(&bytes, &mut pixels, &mut labels)
            .map_err(|problem| Error::malformed(&path, problem))?;
    }
    Ok(Dataset {
        values: Values::U8(pixels),
        shape: vec![3, 32, 32],
        labels,
        classes: CLASSES.map(str::to_owned).to_vec(),
    })
}

/// Takes the records in `bytes` apart, or says what is wrong with them.
fn append(bytes: &[u8], pixels: &mut Vec<u8>, labels: &mut Vec<u16>) -> Checked<()> {
    let (records, rest) = bytes.as_chunks::<RECORD_BYTES>();
    if records.is_empty() || !rest.is_empty() {
        return Err(format!(
            "has {} bytes, not one or more records of {RECORD_BYTES}; fetch it again, in the \
             binary version",
            bytes.len(),
        ));
    }
    let new: Vec<u16> = records.iter().map(|record| record[0].into()).collect();
    if let Some(problem) = label_beyond(&new, CLASSES.len()) {
        return Err(problem);
    }
    labels.extend(new);
    pixels.reserve(records.len() * IMAGE_BYTES);
    for record in records {
        pixels.extend(&record[1..]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::tests::gzip;

    fn batch(labels: &[u8]) -> Vec<u8> {
        let record = |&label: &u8| {
            let mut record = vec![label; RECORD_BYTES];
            record[1] = 100 + label;
            record[IMAGE_BYTES] = 200 + label;
            record
        };
        labels.iter().flat_map(record).collect()
    }

    #[test]
    fn train_joins_five_files_in_order_raw_or_packed() {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..=5 {
            let raw = batch(&[number, 9 - number]);
            let path = dir.path().join(format!("data_batch_{number}.bin"));
            match number {
                3 => fs::write(path.with_extension("bin.gz"), gzip(&raw)).unwrap(),
                _ => fs::write(path, raw).unwrap(),
            }
        }
        let set = load_train(dir.path()).unwrap();
        set.check().unwrap();
        assert_eq!(set.labels, [1, 8, 2, 7, 3, 6, 4, 5, 5, 4]);
        assert_eq!(set.shape, [3, 32, 32]);
        assert_eq!(set.classes, CLASSES);
        let Values::U8(pixels) = set.values else {
            panic!("not unsigned bytes")
        };
        for (image, &label) in pixels.chunks(IMAGE_BYTES).zip(&set.labels) {
            assert_eq!(u16::from(image[0]), 100 + label);
            assert_eq!(u16::from(image[1]), label);
            assert_eq!(u16::from(image[IMAGE_BYTES - 1]), 200 + label);
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("data_batch_1.bin"), batch(&[0])).unwrap();
        let message = load_train(dir.path()).unwrap_err().to_string();
        assert!(
            message.contains("data_batch_2.bin, data_batch_2.bin.gz"),
            "{message}"
        );
        let message = load_test(dir.path()).unwrap_err().to_string();
        assert!(message.contains("test_batch.bin"), "{message}");
    }

    #[test]
    fn a_file_that_is_not_whole_records_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test_batch.bin");
        let whole = batch(&[0, 1]);
        let longer = [whole.as_slice(), &[0]].concat();
        for length in [0, 1, 3072, 3074, 6145, 6147] {
            fs::write(&path, &longer[..length]).unwrap();
            let message = load_test(dir.path()).unwrap_err().to_string();
            assert!(message.contains(&format!("{length} bytes")), "{message}");
        }
        fs::write(&path, gzip(&whole[1..])).unwrap();
        assert!(load_test(dir.path()).is_err());
        fs::write(&path, &whole).unwrap();
        assert_eq!(load_test(dir.path()).unwrap().labels, [0, 1]);
    }

    #[test]
    fn a_label_above_nine_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("test_batch.bin"), batch(&[9, 10])).unwrap();
        let message = load_test(dir.path()).unwrap_err().to_string();
        for part in ["sample 1", "label 10", "10 classes", "test_batch.bin"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
