use super::*;
use nearfield_data::{breast_cancer, digits};

fn table(table: nearfield_data::csv::Table) -> Loaded {
    Loaded {
        train: table.dataset,
        test: None,
        decimals: Some(table.decimals),
        dropped: 0,
    }
}

fn tabular() -> Preparation {
    Preparation {
        images: Vec::new(),
        test_percent: 20,
        oversample: Oversample::Never,
        standardize: true,
        seed: 1,
    }
}

#[test]
fn statistics_are_those_of_training_samples_alone() {
    let stored = table(breast_cancer::load().unwrap());
    let prepared = tabular().prepare(&stored).unwrap();
    assert_eq!((prepared.train.len(), prepared.test.len()), (456, 113));
    let range = |samples: &Samples| {
        let values = samples.inputs().values().iter().copied();
        (
            values.clone().fold(f64::INFINITY, f64::min),
            values.fold(f64::NEG_INFINITY, f64::max),
        )
    };
    assert_eq!(range(&prepared.train), (0.0, 1.0));
    assert_ne!(range(&prepared.test), (0.0, 1.0));
    // Only the test samples are others: nothing that is learned from may change.
    let mut changed = stored.clone();
    let (_, aside) = split::stratified(&stored.train.labels, 20, 1).unwrap();
    if let nearfield_data::Values::Decimal(values) = &mut changed.train.values {
        values[aside[0] * 30] *= 100;
    }
    assert_eq!(tabular().prepare(&changed).unwrap().train, prepared.train);
}

#[test]
fn oversampling_before_the_split_shares_samples_and_in_training_does_not() {
    let stored = table(breast_cancer::load().unwrap());
    let shared = |oversample| {
        let preparation = Preparation {
            oversample,
            ..tabular()
        };
        let Prepared { train, test, .. } = preparation.prepare(&stored).unwrap();
        let rows = |samples: &Samples| -> Vec<Vec<u64>> {
            let row = |row| {
                samples
                    .inputs()
                    .row(row)
                    .iter()
                    .map(|v| v.to_bits())
                    .collect()
            };
            (0..samples.len()).map(row).collect()
        };
        let learned = rows(&train);
        let sizes = (train.len(), test.len());
        (
            sizes,
            rows(&test)
                .iter()
                .filter(|row| learned.contains(row))
                .count(),
        )
    };
    assert_eq!(shared(Oversample::Never), ((456, 113), 0));
    assert_eq!(shared(Oversample::Training), ((572, 113), 0));
    let (sizes, copies) = shared(Oversample::BeforeSplit);
    assert_eq!(sizes, (572, 142));
    assert!(copies > 20, "{copies}");
}

#[test]
fn test_samples_of_the_data_are_prepared_like_training_samples() {
    let loaded = Loaded {
        train: digits::load().unwrap(),
        test: Some(digits::load().unwrap().select(&[0, 1, 2]).unwrap()),
        decimals: None,
        dropped: 0,
    };
    let preparation = Preparation {
        images: vec![images::Work::Resize { side: 4 }],
        standardize: false,
        ..tabular()
    };
    let prepared = preparation.prepare(&loaded).unwrap();
    assert_eq!((prepared.train.len(), prepared.test.len()), (1797, 3));
    assert_eq!(prepared.train.inputs().columns(), 16);
    assert_eq!(prepared.test.inputs().columns(), 16);
}
