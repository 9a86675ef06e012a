//! IDX files: the format of MNIST and of the sets made in its likeness.
//!
//! Two zero bytes, a type, the number of dimensions, every dimension in four big-endian bytes,
//! then the values, the last dimension fastest.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::dataset::label_beyond;
use crate::source::{Source, find_first};
use crate::{Checked, Dataset, MAX_CLASSES, Values};
use crate::{Error, Result};

/// Most bytes of values that a header may promise: 16 GiB.
pub const MAX_BYTES: u64 = 16 << 30;

const UNSIGNED_BYTE: u8 = 0x08;
const SIGNED_BYTE: u8 = 0x09;

/// Reads the samples of an IDX file, raw or packed with gzip: all values, and the shape of one
/// sample. The number of samples is the number of values over the product of the shape.
///
/// # Shapes
/// A file of `[n, d]` gives `[d]`, one of `[n, h, w]` gives `[1, h, w]`, one of `[n, c, h, w]`
/// gives `[c, h, w]`.
///
/// # Errors
/// [`Error::File`] where the file cannot be read, or where it is not an IDX file
/// of bytes, promises more than [`MAX_BYTES`], or holds more or less than it promises.
pub fn read_images(path: &Path) -> Result<(Values, Vec<usize>)> {
    images_from(&mut Source::open(path)?)
}

/// Reads the labels of an IDX file of one dimension, raw or packed with gzip.
///
/// # Errors
/// As [`read_images`].
pub fn read_labels(path: &Path) -> Result<Vec<u8>> {
    labels_from(&mut Source::open(path)?)
}

/// Reads a set from a file of samples and a file of labels. The classes are named by their
/// numbers; where `classes` is not given, the largest label is the last class.
///
/// # Errors
/// As [`read_images`], and where the files hold different numbers of samples or a label names
/// no class.
pub fn load(images: &Path, labels: &Path, classes: Option<usize>) -> Result<Dataset> {
    let (values, shape) = read_images(images)?;
    let bytes = read_labels(labels)?;
    let count = values.len() / shape.iter().product::<usize>();
    if count != bytes.len() {
        return Err(Error::malformed(
            labels,
            format!(
                "holds {} labels, but {} holds {count} samples; give two files of one set",
                bytes.len(),
                images.display(),
            ),
        ));
    }
    let largest = bytes.iter().copied().max().unwrap_or(0);
    let classes = classes.unwrap_or(usize::from(largest) + 1);
    if classes == 0 || classes > MAX_CLASSES {
        return Err(Error::Data(format!(
            "{classes} classes are asked for; give 1 to {MAX_CLASSES}"
        )));
    }
    let numbers: Vec<u16> = bytes.into_iter().map(u16::from).collect();
    if let Some(problem) = label_beyond(&numbers, classes) {
        return Err(Error::malformed(labels, problem));
    }
    Ok(Dataset {
        values,
        shape,
        labels: numbers,
        classes: (0..classes).map(|class| class.to_string()).collect(),
    })
}

/// Finds the samples and the labels called `prefix` (`train` or `t10k`) in `dir`, under the
/// names that MNIST and its like come with; a raw file goes before a packed one.
///
/// # Errors
/// [`Error::File`] lists the names looked for.
pub fn find(dir: &Path, prefix: &str) -> Result<(PathBuf, PathBuf)> {
    let locate = |what: &str| {
        let names =
            ["-", "."].map(|separator| format!("{prefix}-{}", what.replace(' ', separator)));
        find_first(
            dir,
            &names.map(|name| [name.clone(), name + ".gz"]).concat(),
        )
    };
    Ok((locate("images idx3-ubyte")?, locate("labels idx1-ubyte")?))
}

fn images_from(source: &mut Source<'_>) -> Result<(Values, Vec<usize>)> {
    let header = Header::read(source, "samples has 2 to 4", 2..=4)?;
    let bytes = header.values(source)?;
    let shape = match header.sizes[1..] {
        [height, width] => vec![1, height, width],
        ref shape => shape.to_vec(),
    };
    let values = if header.signed {
        Values::I8(bytes.into_iter().map(u8::cast_signed).collect())
    } else {
        Values::U8(bytes)
    };
    Ok((values, shape))
}

fn labels_from(source: &mut Source<'_>) -> Result<Vec<u8>> {
    let header = Header::read(source, "labels has 1", 1..=1)?;
    if header.signed {
        return Err(Error::malformed(
            source.path(),
            "holds signed bytes (type 0x09), but labels are unsigned bytes (type 0x08)",
        ));
    }
    header.values(source)
}

/// A header that was checked: no size is 0, and their product is at most [`MAX_BYTES`].
struct Header {
    signed: bool,
    sizes: Vec<usize>,
    bytes: u64,
}

impl Header {
    /// Reads the header of a file with as many dimensions as `ranks` allows, `what` in words.
    fn read(source: &mut Source<'_>, what: &str, ranks: RangeInclusive<u8>) -> Result<Header> {
        let start = source.read(4)?;
        let refuse = |problem: String| Err(Error::malformed(source.path(), problem));
        let (kind, rank) = match *start.as_slice() {
            [] => return refuse("is empty; fetch it again".into()),
            [0, 0, kind, rank] => (kind, rank),
            [_, _, _, _] => {
                return refuse(format!(
                    "is no IDX file: it starts with {start:02x?}, an IDX file with two zero bytes"
                ));
            }
            _ => return refuse(truncated_header(4, start.len())),
        };
        if let Some(problem) = kind_problem(kind) {
            return refuse(problem);
        }
        if !ranks.contains(&rank) {
            return refuse(format!(
                "has {rank} dimensions, but a file of {what}; is it the right file?"
            ));
        }
        let expected = 4 * u64::from(rank);
        let sizes = source.read(expected)?;
        if sizes.len() != usize::from(rank) * 4 {
            let problem = truncated_header(4 + expected, 4 + sizes.len());
            return Err(Error::malformed(source.path(), problem));
        }
        let (sizes, _) = sizes.as_chunks::<4>();
        let sizes: Vec<u32> = sizes.iter().map(|&size| u32::from_be_bytes(size)).collect();
        Header::check(kind == SIGNED_BYTE, &sizes)
            .map_err(|problem| Error::malformed(source.path(), problem))
    }

    fn check(signed: bool, sizes: &[u32]) -> Checked<Header> {
        if sizes.contains(&0) {
            return Err(format!(
                "its header says {sizes:?}, a dimension of size 0; fetch or make it again"
            ));
        }
        let bytes = sizes
            .iter()
            .try_fold(1u64, |bytes, &size| bytes.checked_mul(size.into()))
            .filter(|&bytes| bytes <= MAX_BYTES);
        let in_memory = sizes.iter().map(|&size| usize::try_from(size)).collect();
        match (bytes, in_memory) {
            (Some(bytes), Ok(sizes)) => Ok(Header {
                signed,
                sizes,
                bytes,
            }),
            _ => Err(format!(
                "its header promises {sizes:?} values, more than the {MAX_BYTES} that are read; \
                 split the file if it is sound"
            )),
        }
    }

    /// The values after the header, exactly as many as it promises.
    fn values(&self, source: &mut Source<'_>) -> Result<Vec<u8>> {
        let bytes = source.read(self.bytes + 1)?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found == self.bytes {
            return Ok(bytes);
        }
        let problem = if found < self.bytes {
            format!(
                "is cut short: its header promises {} bytes of values, found {found}; \
                 fetch it again",
                self.bytes,
            )
        } else {
            format!(
                "has trailing bytes: its header promises {} bytes of values, and more follow; \
                 fetch it again",
                self.bytes,
            )
        };
        Err(Error::malformed(source.path(), problem))
    }
}

fn truncated_header(expected: u64, found: usize) -> String {
    format!("is cut short: its header has {expected} bytes, found {found}; fetch it again")
}

fn kind_problem(kind: u8) -> Option<String> {
    let name = match kind {
        UNSIGNED_BYTE | SIGNED_BYTE => return None,
        0x0b => "16-bit integers",
        0x0c => "32-bit integers",
        0x0d => "32-bit floating point",
        0x0e => "64-bit floating point",
        _ => "no type that IDX knows",
    };
    Some(format!(
        "holds values of type {kind:#04x} ({name}); store unsigned (0x08) or signed (0x09) bytes"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::gzip;

    fn file(kind: u8, sizes: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, kind, u8::try_from(sizes.len()).unwrap()];
        bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    fn images(bytes: &[u8]) -> Result<(Values, Vec<usize>)> {
        images_from(&mut Source::over(bytes, Path::new("images"))?)
    }

    fn labels(bytes: &[u8]) -> Result<Vec<u8>> {
        labels_from(&mut Source::over(bytes, Path::new("labels"))?)
    }

    fn assert_refused(bytes: &[u8], parts: &[&str]) {
        for bytes in [bytes, &gzip(bytes)] {
            let message = images(bytes).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }

    #[test]
    fn every_rank_gives_its_shape() {
        let values: Vec<u8> = (0..12).collect();
        let shapes: [(&[u32], &[usize]); 4] = [
            (&[3, 4], &[4]),
            (&[2, 2, 3], &[1, 2, 3]),
            (&[1, 3, 2, 2], &[3, 2, 2]),
            (&[2, 1, 3, 2], &[1, 3, 2]),
        ];
        for (sizes, shape) in shapes {
            let raw = file(8, sizes, &values);
            for bytes in [&raw, &gzip(&raw)] {
                let expected = (Values::U8(values.clone()), shape.to_vec());
                assert_eq!(images(bytes).unwrap(), expected);
            }
        }
    }

    #[test]
    fn signed_bytes_keep_their_sign() {
        let (values, _) = images(&file(9, &[1, 3], &[0xff, 0x80, 0x7f])).unwrap();
        assert_eq!(values, Values::I8(vec![-1, -128, 127]));
    }

    #[test]
    fn files_that_are_not_idx_are_refused() {
        assert_refused(&[], &["is empty"]);
        assert_refused(b"\x89PNG....", &["no IDX file", "89, 50, 4e, 47"]);
        assert_refused(&file(0x0d, &[1, 1], &[0; 4]), &["32-bit floating point"]);
        assert_refused(&file(0x42, &[1, 1], &[0]), &["0x42", "no type"]);
        assert_refused(&file(8, &[2], &[0, 1]), &["1 dimensions", "2 to 4"]);
        assert_refused(&file(8, &[1; 5], &[0]), &["5 dimensions"]);
    }

    #[test]
    fn labels_are_unsigned_and_of_one_dimension() {
        assert_eq!(labels(&file(8, &[3], &[7, 0, 255])).unwrap(), [7, 0, 255]);
        let message = labels(&file(9, &[1], &[0])).unwrap_err().to_string();
        assert!(message.contains("signed"), "{message}");
        let message = labels(&file(8, &[1, 1], &[0])).unwrap_err().to_string();
        assert!(message.contains("2 dimensions"), "{message}");
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let whole = file(8, &[2, 3], &[5; 6]);
        for length in 1..whole.len() {
            assert_refused(&whole[..length], &["is cut short", "found"]);
        }
        assert_refused(&whole[..15], &["promises 6", "found 3"]);
        assert_refused(&whole[..9], &["12 bytes", "found 9"]);
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_refused(
            &file(8, &[2, 3], &[5; 7]),
            &["trailing bytes", "promises 6"],
        );
    }

    #[test]
    fn sizes_of_zero_and_beyond_the_limit_are_refused() {
        assert_refused(&file(8, &[0, 3], &[]), &["size 0"]);
        assert_refused(&file(8, &[3, 0, 3], &[]), &["size 0"]);
        let most = u32::MAX;
        assert_refused(&file(8, &[most; 4], &[0; 9]), &["more than", "17179869184"]);
        assert_refused(&file(8, &[most, 5], &[0; 9]), &["more than"]);
    }

    #[test]
    fn a_large_promise_costs_no_memory() {
        assert_refused(
            &file(8, &[u32::MAX, 4], &[0; 9]),
            &["is cut short", "found 9"],
        );
    }
}
