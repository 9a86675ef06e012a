//! Irises, inside the program: 150 flowers of three species, four measures each.
//!
//! Origin and licence are stated in `data/README.md` of this crate.

use std::path::Path;

use crate::Result;
use crate::csv::{self, Options, Table};

static FILE: &[u8] = include_bytes!("../data/iris.csv");

/// The measures, in centimetres.
pub const FEATURES: [&str; 4] = ["sepal length", "sepal width", "petal length", "petal width"];

/// Reads the irises: 150 samples of three classes, in decimals.
///
/// # Shapes
/// `[4]`.
///
/// # Errors
/// None, as long as the crate's own file is whole.
pub fn load() -> Result<Table> {
    let table = csv::parse(FILE, Path::new("iris.csv (embedded)"), &Options::default())?;
    let columns = FEATURES.map(str::to_owned).to_vec();
    Ok(Table { columns, ..table })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Values;

    #[test]
    fn irises_are_what_their_origin_says() {
        let table = load().unwrap();
        table.dataset.check().unwrap();
        assert_eq!((table.dataset.len(), table.dataset.features()), (150, 4));
        assert_eq!(table.dataset.classes, ["setosa", "versicolor", "virginica"]);
        let count = |class| {
            table
                .dataset
                .labels
                .iter()
                .filter(|&&label| label == class)
                .count()
        };
        assert_eq!([0, 1, 2].map(count), [50, 50, 50]);
        assert_eq!(table.decimals, [1; 4]);
        let Values::Decimal(values) = &table.dataset.values else {
            panic!("not decimals")
        };
        assert_eq!(values[..4], [51, 35, 14, 2]);
        assert_eq!(values.iter().sum::<i64>(), 20_787);
    }
}
