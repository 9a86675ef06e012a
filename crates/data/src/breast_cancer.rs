//! Breast masses (Wisconsin, diagnostic), inside the program: 569 of two classes, 30 measures of
//! cell nuclei each.
//!
//! Origin and licence are stated in `data/README.md` of this crate.

use std::path::Path;

use crate::Result;
use crate::csv::{self, Options, Table};

static FILE: &[u8] = include_bytes!("../data/breast_cancer.csv");

/// What is measured of nuclei; the columns are its mean over a mass, its standard error, and the
/// mean of the three largest.
pub const MEASURES: [&str; 10] = [
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
];

/// Reads the masses: 569 samples, malignant or benign, in decimals.
///
/// # Shapes
/// `[30]`.
///
/// # Errors
/// None, as long as the crate's own file is whole.
pub fn load() -> Result<Table> {
    let path = Path::new("breast_cancer.csv (embedded)");
    let table = csv::parse(FILE, path, &Options::default())?;
    let of = |kind: &'static str| MEASURES.map(|measure| format!("{kind} {measure}"));
    let columns = [of("mean"), of("error of"), of("worst")].concat();
    Ok(Table { columns, ..table })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Values;

    #[test]
    fn masses_are_what_their_origin_says() {
        let table = load().unwrap();
        table.dataset.check().unwrap();
        assert_eq!((table.dataset.len(), table.dataset.features()), (569, 30));
        assert_eq!(table.dataset.classes, ["malignant", "benign"]);
        let malignant = table.dataset.labels.iter().filter(|&&label| label == 0);
        assert_eq!(malignant.count(), 212);
        assert_eq!(table.columns.len(), 30);
        assert_eq!(table.columns[0], "mean radius");
        let Values::Decimal(values) = &table.dataset.values else {
            panic!("not decimals")
        };
        assert_eq!((table.decimals[1], values[1]), (2, 1038));
    }
}
