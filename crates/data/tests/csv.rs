//! CSV tables: what the first line means, exact numbers, labels, and every refusal.

use std::io::Write;
use std::path::Path;

use nearfield_data::Values;
use nearfield_data::csv::{LabelColumn, Missing, Options, Table, load, parse};

fn read(text: &str, options: &Options) -> Result<Table, String> {
    parse(text.as_bytes(), Path::new("table.csv"), options).map_err(|error| error.to_string())
}

fn label(label: LabelColumn) -> Options {
    Options {
        label,
        ..Options::default()
    }
}

fn values(table: &Table) -> &[i64] {
    match &table.dataset.values {
        Values::Decimal(values) => values,
        other => panic!("not decimals: {other:?}"),
    }
}

/// A file that holds `text` packed with gzip.
fn packed(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut encoder = flate2::write::GzEncoder::new(&file, flate2::Compression::fast());
    encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .expect("the file can be written");
    file
}

#[track_caller]
fn assert_refused(text: &str, options: &Options, parts: &[&str]) {
    let message = read(text, options).expect_err("should be refused");
    for part in parts.iter().chain(&["table.csv"]) {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

#[test]
fn every_column_is_scaled_by_its_own_power_of_ten() {
    let table = read("1.5,200,-3e-2,a\n-2.250,7,1,b\n", &Options::default()).unwrap();
    table.dataset.check().unwrap();
    assert_eq!(table.decimals, [2, 0, 2]);
    assert_eq!(values(&table), [150, 200, -3, -225, 7, 100]);
    assert_eq!(table.dataset.shape, [3]);
    assert_eq!(table.dataset.labels, [0, 1]);
    assert_eq!(table.dataset.classes, ["a", "b"]);
    assert_eq!(table.columns, ["column 1", "column 2", "column 3"]);
    assert_eq!(table.dropped, 0);
}

#[test]
fn the_label_may_stand_anywhere() {
    let text = "1,x,2\n3,y,4\n";
    for place in [LabelColumn::Index(1), LabelColumn::Named("k".into())] {
        let text = match place {
            LabelColumn::Named(_) => format!("f,k,g\n{text}"),
            _ => text.into(),
        };
        let table = read(&text, &label(place)).unwrap();
        assert_eq!(values(&table), [1, 2, 3, 4]);
        assert_eq!(table.dataset.classes, ["x", "y"]);
    }
    let table = read("x,1\ny,2\n", &label(LabelColumn::First)).unwrap();
    assert_eq!(values(&table), [1, 2]);
    let problem = ["3 columns", "number 3", "0 to 2"];
    assert_refused(text, &label(LabelColumn::Index(3)), &problem);
}

#[test]
fn a_header_is_text_over_a_number() {
    let options = Options::default();
    let table = read("width,height,kind\n1,2,x\n3,4,y\n", &options).unwrap();
    assert_eq!(table.columns, ["width", "height"]);
    assert_eq!(values(&table), [1, 2, 3, 4]);
    let table = read("width,?,kind\n1,2,x\n3,4,y\n", &options).unwrap();
    assert_eq!(table.dataset.len(), 2);
    // The label alone being text makes no header, and neither does a missing first value.
    assert_eq!(read("1,x\n2,y\n", &options).unwrap().dataset.len(), 2);
    assert_refused("?,x\n1,y\n2,z\n", &options, &["line 1", "missing"]);
    // Text over text is a column of text, and text over a missing value tells nothing.
    let drop = Options {
        missing: Missing::Drop,
        ..Options::default()
    };
    assert_refused("w,kind\n?,x\n1,y\n", &drop, &["line 1", "\"w\""]);
    assert_refused("a,x\nb,y\n", &options, &["line 1, column 1", "\"a\""]);
}

#[test]
fn a_named_label_needs_a_header_that_has_it_once() {
    let named = |name: &str| label(LabelColumn::Named(name.into()));
    let table = read("0,1,target\n5,6,0\n7,8,1\n", &named("target")).unwrap();
    assert_eq!(values(&table), [5, 6, 7, 8]);
    let problem = ["no column \"kind\"", "a, b"];
    assert_refused("a,b\n1,x\n2,y\n", &named("kind"), &problem);
    assert_refused("a,k,k\n1,x,y\n", &named("k"), &["2 columns named"]);
    let counted = "2,1,no,yes\n5,0\n6,1\n";
    assert_refused(counted, &named("yes"), &["counts and class names"]);
}

#[test]
fn a_header_over_numeric_names_is_not_taken_for_a_sample() {
    let text = "0,1,target\n5,6,0\n7,8,1\n";
    assert_refused(text, &Options::default(), &["line 1", "\"target\""]);
}

#[test]
fn counts_and_class_names_in_the_first_line_name_the_classes() {
    let text = "3,2,setosa,other,unused\n5.1,2,1\n4,3,0\n6,1,1\n";
    let table = read(text, &Options::default()).unwrap();
    assert_eq!(table.dataset.classes, ["setosa", "other", "unused"]);
    assert_eq!(table.dataset.labels, [1, 0, 1]);
    assert_eq!(values(&table), [51, 2, 40, 3, 60, 1]);
    let text = text.replace("6,1,1", "6,1,3");
    assert_refused(&text, &Options::default(), &["line 4", "\"3\"", "0 to 2"]);
}

#[test]
fn a_file_shorter_than_its_first_line_says_is_refused() {
    let text = "4,2,no,yes\n5,2,1\n4,3,0\n6,1,1\n";
    assert_refused(text, &Options::default(), &["3 rows", "says 4"]);
    // A sample that happens to begin with the counts names no classes.
    let table = read("2,1\n5,0\n6,1\n", &Options::default()).unwrap();
    assert_eq!(values(&table), [2, 5, 6]);
}

#[test]
fn missing_values_are_refused_or_their_rows_dropped() {
    for missing in ["", "?", "NA", "NaN", "nan", " "] {
        let text = format!("1,2,a\n3,{missing},b\n5,6,{missing}\n7,8,b\n");
        let parts = ["line 2, column 2", "missing = \"drop\""];
        assert_refused(&text, &Options::default(), &parts);
        let options = Options {
            missing: Missing::Drop,
            ..Options::default()
        };
        let table = read(&text, &options).unwrap();
        assert_eq!((values(&table), table.dropped), (&[1, 2, 7, 8][..], 2));
        assert_eq!(table.dataset.labels, [0, 1]);
        let all = format!("{missing},1,a\n1,{missing},b\n");
        assert_refused(&all, &options, &["all 2 have a missing value"]);
    }
}

#[test]
fn a_test_file_follows_the_training_file() {
    let options = Options::default();
    let training = read("1.25,7,b\n3,8,a\n5,9,c\n", &options).unwrap();
    let following = options.following(&training);
    let table = read("2.5,1,c\n4,2,c\n", &following).unwrap();
    assert_eq!(table.decimals, training.decimals);
    assert_eq!(table.dataset.classes, training.dataset.classes);
    assert_eq!(values(&table), [250, 1, 400, 2]);
    assert_eq!(table.dataset.labels, [2, 2]);

    let parts = ["line 2", "\"d\"", "a, b, c"];
    assert_refused("1,1,a\n1,1,d\n", &following, &parts);
    let parts = ["line 1, column 2", "0.5", "round it to 0"];
    assert_refused("1,0.5,a\n", &following, &parts);
    let parts = ["1 features", "the training file has 2"];
    assert_refused("1,a\n", &following, &parts);
}

#[test]
fn a_test_file_with_class_names_keeps_the_numbers_of_the_training_file() {
    let training = read("2,1,no,yes\n5,0\n6,1\n", &Options::default()).unwrap();
    let following = Options::default().following(&training);
    let test = read("1,1,yes,no\n7,0\n", &following).unwrap();
    assert_eq!(test.dataset.classes, ["no", "yes"]);
    assert_eq!(test.dataset.labels, [1]);
}

#[test]
fn numbers_that_cannot_be_held_are_refused_with_their_place() {
    let refusals = [
        ("red", "is not a number"),
        ("inf", "is not finite"),
        ("0.1234567890123", "has 13 decimals"),
        ("9007199254740992", "reaches 2^53"),
    ];
    for (field, reason) in refusals {
        let text = format!("f,g,k\n1,2,a\n\n3,{field},b\n");
        let parts = ["line 4, column 2 \"g\"", field, reason];
        assert_refused(&text, &Options::default(), &parts);
    }
    let text = "a,1,123456789012\nb,1,0.000001\n";
    let parts = [
        "line 1, column 3",
        "123456789012 with the 6 decimals",
        "2^53",
    ];
    assert_refused(text, &label(LabelColumn::First), &parts);
}

#[test]
fn files_without_samples_are_refused() {
    let options = Options::default();
    for text in ["", "\n\n", "\u{feff}", "\r\n"] {
        assert_refused(text, &options, &["is empty"]);
    }
    assert_refused("a,b,k\n", &options, &["header line and no samples"]);
    assert_refused("1;2;k\n3;4;l\n", &options, &["one column only", "1;2;k"]);
    assert_refused("1,a\n", &options, &["1 class"]);
    assert_refused("1,a\n2,a\n", &options, &["1 class"]);
}

#[test]
fn ragged_rows_and_other_encodings_are_refused_with_their_line() {
    let options = Options::default();
    for row in ["3", "3,4,5,b", "3,4"] {
        let text = format!("1,2,a\n\"3\",4,b\n{row}\n");
        let fields = format!("has {} fields", row.split(',').count());
        assert_refused(&text, &options, &["line 3", &fields, "have 3"]);
    }
    let latin = parse(b"1,a\n2,\xe9\n", Path::new("x.csv"), &options);
    let message = latin.unwrap_err().to_string();
    assert!(message.contains("line 2: is not UTF-8"), "{message}");
}

#[test]
fn line_ends_quotes_spaces_and_gzip_change_nothing() {
    let plain = "f,g,k\n1.5,2,a b\n3,4,c\n";
    let expected = read(plain, &Options::default()).unwrap();
    for other in [
        plain.replace('\n', "\r\n"),
        plain.replace(',', " , "),
        format!("\u{feff}{plain}"),
        plain.trim_end().to_owned(),
        "\"f\",\"g\",\"k\"\n\"1.5\",\"2\",\"a b\"\n3,4,\"c\"\n".to_owned(),
    ] {
        assert_eq!(read(&other, &Options::default()), Ok(expected.clone()));
    }
    let packed = load(packed(plain).path(), &Options::default()).unwrap();
    assert_eq!(packed.dataset.digest(), expected.dataset.digest());
    assert_eq!(packed, expected);
}

#[test]
fn a_comma_in_quotes_parts_no_fields() {
    let table = read("1,\"a,b\"\n2,\"say \"\"c\"\"\"\n", &Options::default()).unwrap();
    assert_eq!(table.dataset.classes, ["a,b", "say \"c\""]);
}

#[test]
fn a_table_without_labels_is_all_features() {
    let absent = label(LabelColumn::Absent);
    let table = read("1.5,2\n-3,0.25\n", &absent).unwrap();
    table.dataset.check().unwrap();
    assert_eq!(values(&table), [15, 200, -30, 25]);
    assert_eq!(table.decimals, [1, 2]);
    assert_eq!(table.columns, ["column 1", "column 2"]);
    assert_eq!(table.dataset.labels, [0, 0]);
    assert_eq!(table.dataset.classes, ["unknown"]);

    // Text in any column, the last one too, makes a header.
    for header in ["width,height", "1,height", "width,2"] {
        let table = read(&format!("{header}\n1,2\n3,4\n"), &absent).unwrap();
        assert_eq!(values(&table), [1, 2, 3, 4]);
        assert_eq!(table.columns.join(","), header);
    }
    assert_refused("f,g\n", &absent, &["header line and no samples"]);
    let parts = ["line 1, column 2", "\"a\" is not a number"];
    for text in ["1,a\n2,b\n", "1,a\n"] {
        assert_refused(text, &absent, &parts);
    }
    assert_refused("f,g\n1,2\n3\n", &absent, &["line 3", "have 2"]);
}

#[test]
fn a_table_without_labels_may_have_one_column() {
    let absent = label(LabelColumn::Absent);
    for (text, name) in [("f\n1\n2.5\n", "f"), ("1\n2.5", "column 1")] {
        let table = read(text, &absent).unwrap();
        assert_eq!(values(&table), [10, 25]);
        assert_eq!(table.columns, [name]);
    }
    assert_eq!(values(&read("7", &absent).unwrap()), [7]);
    assert_refused("f\n", &absent, &["header line and no samples"]);
    let parts = ["line 4, column 1 \"f\"", "missing"];
    assert_refused("f\n1\n\n\"\"\n", &absent, &parts);
    let drop = Options {
        missing: Missing::Drop,
        ..absent
    };
    let table = read("f\n1\n?\n3\n", &drop).unwrap();
    assert_eq!((values(&table), table.dropped), (&[1, 3][..], 1));
    assert_eq!(table.dataset.labels, [0, 0]);
    assert_refused("?\nNA\n", &drop, &["all 2 have a missing value"]);
}

#[test]
fn a_table_without_labels_follows_the_training_file() {
    let training = read("1.25,7,b\n3,8,a\n", &Options::default()).unwrap();
    let options = label(LabelColumn::Absent).following(&training);
    let file = packed("f,g\n2.5,1\n4,2\n0,0\n");
    let table = load(file.path(), &options).unwrap();
    assert_eq!(values(&table), [250, 1, 400, 2, 0, 0]);
    assert_eq!(table.decimals, [2, 0]);
    assert_eq!(table.dataset.classes, ["a", "b"]);
    assert_eq!(table.dataset.labels, [0, 0, 0]);

    let parts = ["line 3, column 2 \"g\"", "0.5", "round it to 0"];
    assert_refused("f,g\n1,1\n1,0.5\n", &options, &parts);
    // The label may be a number, a text that the reader would stumble over, or missing.
    let parts = ["has 3 columns, one more than", "name its label column"];
    for text in ["1,2,0\n3,4,1\n", "1,2,a\n", "f,g,k\n1,2,a\n", "1,2,?\n"] {
        assert_refused(text, &options, &parts);
    }
    assert_refused("1\n", &options, &["1 features", "the training file has 2"]);
}

#[test]
fn counts_over_a_table_without_labels_are_no_sample() {
    let absent = label(LabelColumn::Absent);
    let table = read("2,2,no,yes\n5,6\n7,8\n", &absent).unwrap();
    assert_eq!(values(&table), [5, 6, 7, 8]);
    assert_eq!(table.dataset.classes, ["unknown"]);
    let table = read("1,1,no,yes\n5\n", &absent).unwrap();
    assert_eq!(values(&table), [5]);
    assert_refused("3,1,no,yes\n5\n7\n", &absent, &["2 rows", "says 3"]);
    let parts = ["has 3 columns", "2 of them", "give the label's place"];
    assert_refused("2,2,no,yes\n5,6,0\n7,8,1\n", &absent, &parts);
    // With a label, the counts must leave a column for it.
    let parts = ["line 1, column 3", "\"no\" is not a number"];
    assert_refused("1,2,no,yes\n5,6\n", &Options::default(), &parts);
}

#[test]
fn named_columns_alone_are_features_and_others_may_hold_anything() {
    let text = "kind,place,width,height,note\nx,far,1.5,2,\ny,near,NA,3,?\ny,far,4,5,no\n";
    let options = Options {
        label: LabelColumn::Named("kind".into()),
        missing: Missing::Drop,
        features: Some(vec!["height".into(), "width".into()]),
        ..Options::default()
    };
    let table = read(text, &options).unwrap();
    assert_eq!(values(&table), [2, 15, 5, 40]);
    assert_eq!(table.columns, ["height", "width"]);
    assert_eq!((table.dropped, table.decimals.as_slice()), (1, &[0, 1][..]));
    let following = read(text, &options.following(&table)).unwrap();
    assert_eq!(following, table);
    let with = |features: &[&str], label: LabelColumn| Options {
        features: Some(features.iter().map(|&name| name.into()).collect()),
        label,
        ..Options::default()
    };
    for (features, parts) in [
        (
            &["depth"][..],
            &["no column \"depth\"", "width, height"][..],
        ),
        (&["width", "width"], &["\"width\" as a feature twice"]),
        (&["note"], &["label in column \"note\""]),
        (&["place"], &["column 2 \"place\"", "\"far\""]),
        (&[], &["no feature at all"]),
    ] {
        let text = text.replace("2,\n", "2,-\n").replace('?', "-");
        assert_refused(&text, &with(features, LabelColumn::Last), parts);
    }
    let counted = "2,1,no,yes\n3,0\n4,1\n";
    let options = with(&["width"], LabelColumn::Last);
    assert_refused(counted, &options, &["has no header"]);
}
