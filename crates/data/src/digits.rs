//! Handwritten digits in 8 x 8 grey levels, inside the program: 1797 samples to try things on.
//!
//! Origin and licence (CC BY 4.0) are stated in `data/README.md` of this crate.

use std::path::Path;

use crate::csv::{self, Options};
use crate::{Dataset, Values};
use crate::{Error, Result};

static FILE: &[u8] = include_bytes!("../data/digits.csv.gz");

/// Grey levels go from 0 (paper) to 16 (ink).
pub const MAX_LEVEL: u8 = 16;

/// Reads the digits: 1797 samples of ten classes.
///
/// # Shapes
/// `[1, 8, 8]`.
///
/// # Errors
/// None, as long as the crate's own file is whole.
pub fn load() -> Result<Dataset> {
    let path = Path::new("digits.csv.gz (embedded)");
    let set = csv::parse(FILE, path, &Options::default())?.dataset;
    let Values::Decimal(levels) = &set.values else {
        return Err(Error::malformed(path, "holds no decimals"));
    };
    let level = |&value: &i64| u8::try_from(value).ok().filter(|&value| value <= MAX_LEVEL);
    let levels: Option<Vec<u8>> = levels.iter().map(level).collect();
    let Some(levels) = levels else {
        return Err(Error::malformed(path, "holds a level that is not 0 to 16"));
    };
    Dataset {
        values: Values::U8(levels),
        ..set
    }
    .reshaped(vec![1, 8, 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_what_their_origin_says() {
        let set = load().unwrap();
        set.check().unwrap();
        assert_eq!((set.len(), set.features()), (1797, 64));
        assert_eq!(set.shape, [1, 8, 8]);
        let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
        assert_eq!(set.classes, names);
        let count = |digit| set.labels.iter().filter(|&&label| label == digit).count();
        let counts: Vec<usize> = (0..10).map(count).collect();
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let Values::U8(levels) = &set.values else {
            panic!("not unsigned bytes")
        };
        assert_eq!(levels[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
        let sum: u64 = levels.iter().copied().map(u64::from).sum();
        assert_eq!((sum, levels.iter().max()), (561_718, Some(&MAX_LEVEL)));
    }
}
