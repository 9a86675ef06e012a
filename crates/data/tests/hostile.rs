//! Hostile bytes: no parser may panic, whatever a file holds.

use std::fs;
use std::path::Path;

use nearfield_data::csv::{LabelColumn, Missing, Options, parse};
use nearfield_data::{Values, cifar10, idx};
use proptest::prelude::*;
use proptest::sample::Index;

fn options() -> impl Strategy<Value = Options> {
    let label = prop_oneof![
        Just(LabelColumn::First),
        Just(LabelColumn::Last),
        (0usize..4).prop_map(LabelColumn::Index),
        "[a-c]".prop_map(LabelColumn::Named),
        Just(LabelColumn::Absent),
    ];
    let missing = prop_oneof![Just(Missing::Refuse), Just(Missing::Drop)];
    let classes = proptest::option::of(proptest::collection::vec("[0-3a-c]", 0..4));
    let decimals = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..4));
    let features = proptest::option::of(proptest::collection::vec("[a-c]", 0..3));
    (label, missing, classes, decimals, features).prop_map(
        |(label, missing, classes, decimals, features)| Options {
            label,
            missing,
            classes,
            decimals,
            features,
        },
    )
}

/// Reads `bytes` with every reader of files; a set that comes out must fit together.
fn read_all_formats(bytes: &[u8]) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("test_batch.bin");
    fs::write(&path, bytes).expect("the folder can be written");
    let _ = idx::read_labels(&path);
    if let Ok((values, shape)) = idx::read_images(&path) {
        assert_eq!(values.len() % shape.iter().product::<usize>(), 0);
    }
    if let Ok(set) = idx::load(&path, &path, None) {
        set.check().expect("a loaded set fits together");
    }
    if let Ok(set) = cifar10::load_test(dir.path()) {
        set.check().expect("a loaded set fits together");
    }
}

fn read_csv(bytes: &[u8], options: &Options) {
    if let Ok(table) = parse(bytes, Path::new("hostile.csv"), options) {
        table.dataset.check().expect("a loaded set fits together");
        assert_eq!(table.columns.len(), table.dataset.features());
        assert_eq!(table.decimals.len(), table.dataset.features());
        if options.label == LabelColumn::Absent {
            assert!(table.dataset.labels.iter().all(|&label| label == 0));
        }
    }
}

fn gzipped_idx() -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let file = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
    encoder.write_all(&file).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        options in options(),
    ) {
        read_all_formats(&bytes);
        read_csv(&bytes, &options);
        read_csv(&[&[0x1f, 0x8b, 8], bytes.as_slice()].concat(), &options);
    }

    #[test]
    fn random_idx_headers_never_panic(
        kind in 7u8..16,
        sizes in proptest::collection::vec(prop_oneof![0u32..4, any::<u32>()], 0..6),
        values in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let rank = u8::try_from(sizes.len()).expect("few sizes");
        let mut bytes = vec![0, 0, kind, rank];
        bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(values);
        read_all_formats(&bytes);
    }

    #[test]
    fn damaged_gzip_never_panics(place in any::<Index>(), byte in any::<u8>()) {
        let mut bytes = gzipped_idx();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        read_all_formats(&bytes);
        read_csv(&bytes, &Options::default());
    }

    #[test]
    fn random_tables_never_panic(
        text in "([-+.e0-9abc?\"\\r\\n;é]{0,4}[,\\n]){0,40}",
        options in options(),
    ) {
        read_csv(text.as_bytes(), &options);
    }

    #[test]
    fn tables_without_labels_never_panic(
        rows in proptest::collection::vec("[-0-3?][0-9]{0,2}(,[0-2?a]){0,2}", 1..6),
        header in proptest::option::of("[0-6a],[0-3],[a-c](,[a-c]){0,2}|[a-c](,[a-c0]){0,2}"),
        options in options(),
    ) {
        let options = Options { label: LabelColumn::Absent, ..options };
        let lines: Vec<String> = header.into_iter().chain(rows).collect();
        read_csv(lines.join("\n").as_bytes(), &options);
    }

    #[test]
    fn numbers_without_labels_are_read_in_every_width(
        rows in (1usize..4).prop_flat_map(|width| {
            proptest::collection::vec(proptest::collection::vec(-99i64..100, width), 1..6)
        }),
        expected in 1usize..5,
    ) {
        let line = |row: &Vec<i64>| row.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let text = rows.iter().map(line).collect::<Vec<_>>().join("\n");
        let options = Options {
            label: LabelColumn::Absent,
            decimals: Some(vec![0; expected]),
            ..Options::default()
        };
        match parse(text.as_bytes(), Path::new("table.csv"), &options) {
            Ok(table) => prop_assert_eq!(table.dataset.values, Values::Decimal(rows.concat())),
            Err(_) => prop_assert_ne!(rows[0].len(), expected),
        }
    }

    #[test]
    fn small_tables_of_numbers_never_panic(
        rows in proptest::collection::vec("[-0-3]\\.?[0-9]{0,2}(e-?[0-9]{1,2})?,[0-2a?],[ab0-2]", 1..6),
        header in proptest::option::of("([0-6],[0-3],)?[a-c],[a-c](,[a-c])?"),
        options in options(),
    ) {
        let lines: Vec<String> = header.into_iter().chain(rows).collect();
        read_csv(lines.join("\n").as_bytes(), &options);
    }
}
