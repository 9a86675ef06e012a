//! IDX files on disk: finding them, loading two as a set, raw or packed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nearfield_data::idx::{find, load, read_images, read_labels};
use nearfield_data::{Dataset, Values};
use nearfield_data::{Error, Result};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn idx(sizes: &[u8], values: &[u8]) -> Vec<u8> {
    let rank = u8::try_from(sizes.len()).expect("few sizes");
    let mut bytes = vec![0, 0, 8, rank];
    bytes.extend(sizes.iter().flat_map(|&size| [0, 0, 0, size]));
    bytes.extend(values);
    bytes
}

fn images() -> Vec<u8> {
    idx(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
}

fn labels() -> Vec<u8> {
    idx(&[3], &[4, 0, 2])
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).expect("the folder can be written");
    path
}

fn load_bytes(images: &[u8], labels: &[u8], classes: Option<usize>) -> Result<Dataset> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let images = write(dir.path(), "images", images);
    let labels = write(dir.path(), "labels", labels);
    load(&images, &labels, classes)
}

#[test]
fn two_files_make_a_set_raw_or_packed() {
    let expected = Dataset {
        values: Values::U8((1..=12).collect()),
        shape: vec![1, 2, 2],
        labels: vec![4, 0, 2],
        classes: ["0", "1", "2", "3", "4"].map(str::to_owned).to_vec(),
    };
    expected.check().unwrap();
    for images in [images(), gzip(&images())] {
        for labels in [labels(), gzip(&labels())] {
            let set = load_bytes(&images, &labels, None).unwrap();
            assert_eq!(set, expected);
            assert_eq!(set.digest(), expected.digest());
        }
    }
    let ten = load_bytes(&images(), &labels(), Some(10)).unwrap();
    assert_eq!((ten.classes.len(), ten.classes[9].as_str()), (10, "9"));
}

#[test]
fn a_label_without_a_class_is_refused() {
    let message = load_bytes(&images(), &labels(), Some(4)).unwrap_err();
    let message = message.to_string();
    for part in ["labels", "sample 0", "label 4", "4 classes"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(load_bytes(&images(), &labels(), Some(5)).is_ok());
    for classes in [0, 65_536] {
        assert!(load_bytes(&images(), &labels(), Some(classes)).is_err());
    }
}

#[test]
fn other_numbers_of_samples_and_labels_are_refused() {
    let message = load_bytes(&images(), &idx(&[2], &[0, 1]), None).unwrap_err();
    let message = message.to_string();
    assert!(message.contains("2 labels") && message.contains("3 samples"));
}

#[test]
fn a_packed_file_cut_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for whole in [images(), gzip(&images())] {
        for length in 0..whole.len() {
            let path = write(dir.path(), "cut", &whole[..length]);
            let error = read_images(&path).unwrap_err();
            assert!(
                matches!(error, Error::File(nearfield_files::Error::Malformed { .. })),
                "{length} bytes"
            );
        }
        read_images(&write(dir.path(), "whole", &whole)).unwrap();
    }
}

#[test]
fn tails_and_double_packing_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let packed = gzip(&labels());
    let longer = [labels().as_slice(), &[0]].concat();
    let cases = [
        (gzip(&packed), "unpack it once"),
        ([packed.as_slice(), b"tail"].concat(), "after the end"),
        ([packed.as_slice(), &packed].concat(), "after the end"),
        (longer.clone(), "trailing bytes"),
        (gzip(&longer), "trailing bytes"),
        (gzip(&vec![0; 1 << 22]), "0x00"),
        (gzip(b""), "is empty"),
        (Vec::new(), "is empty"),
    ];
    for (bytes, part) in cases {
        let path = write(dir.path(), "labels", &bytes);
        let message = read_labels(&path).unwrap_err().to_string();
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
    assert_eq!(
        read_labels(&write(dir.path(), "labels", &packed)).unwrap(),
        [4, 0, 2]
    );
}

#[test]
fn files_are_found_under_their_usual_names() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let message = find(dir, "t10k").unwrap_err().to_string();
    for name in [
        "t10k-images-idx3-ubyte",
        "t10k-images-idx3-ubyte.gz",
        "t10k-images.idx3-ubyte",
        "t10k-images.idx3-ubyte.gz",
    ] {
        assert!(message.contains(name), "no {name} in: {message}");
    }
    let images = write(dir, "t10k-images.idx3-ubyte.gz", b"");
    let message = find(dir, "t10k").unwrap_err().to_string();
    assert!(message.contains("t10k-labels-idx1-ubyte"), "{message}");
    let labels = write(dir, "t10k-labels-idx1-ubyte", b"");
    assert_eq!(find(dir, "t10k").unwrap(), (images, labels.clone()));
    let images = write(dir, "t10k-images-idx3-ubyte", b"");
    assert_eq!(find(dir, "t10k").unwrap(), (images, labels));
    assert!(find(dir, "train").is_err());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = read_images(Path::new("no/such.file"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("no/such.file"), "{message}");
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        read_images(dir.path()),
        Err(Error::File(nearfield_files::Error::Io { .. }))
    ));
}
