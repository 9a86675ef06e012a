//! `eval`, `predict` and `inspect`

use super::{folder_with, idx, refusal, run};
use nearfield_data::{Values, digits};
use std::fs;

#[test]
fn a_run_evaluates_to_the_figures_of_its_summary() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --epochs 3 --out run");
    let printed = run(folder.path(), "eval run --json");
    let evaluated: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let text = fs::read_to_string(folder.path().join("run/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(evaluated["test"], summary["test"]);
    assert!(run(folder.path(), "eval run").contains("block 0"));
}

#[test]
fn predictions_and_evaluation_of_the_same_images_agree() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "train --epochs 3 --out run");
    let data = digits::load().unwrap();
    let Values::U8(pixels) = &data.values else {
        panic!("digits are uint8")
    };
    let labels: Vec<u8> = data
        .labels
        .iter()
        .map(|&label| u8::try_from(label).unwrap())
        .collect();
    fs::write(folder.path().join("images"), idx(&[1797, 8, 8], pixels)).unwrap();
    fs::write(folder.path().join("labels"), idx(&[1797], &labels)).unwrap();
    let printed = run(
        folder.path(),
        "eval run/model.safetensors --images images --labels labels --json",
    );
    let evaluated: serde_json::Value = serde_json::from_str(&printed).unwrap();
    for (exit, tally) in [
        ("", &evaluated["test"]["output"]),
        (" --exit 0", &evaluated["test"]["heads"][0]),
    ] {
        let printed = run(folder.path(), &format!("predict run --images images{exit}"));
        let right = printed
            .lines()
            .skip(1)
            .zip(&labels)
            .filter(|(line, label)| line.split(',').nth(1) == Some(&label.to_string()))
            .count();
        assert_eq!(printed.lines().count(), 1798);
        assert_eq!(tally["correct"], right);
    }
    let error = refusal(folder.path(), "predict run --images images --exit 9");
    assert!(error.contains("blocks, from 0"), "{error}");
    let error = refusal(folder.path(), "eval run/model.safetensors");
    assert!(error.contains("give the samples"), "{error}");
}

#[test]
fn a_table_is_learnt_and_predicted_with_and_without_its_labels() {
    let mut table = String::from("length,width,kind\n");
    let mut bare = String::from("length,width\n");
    for row in 0..300 {
        let (a, b) = (row % 20, row * 7 % 13);
        let kind = if a > b { "long" } else { "wide" };
        table += &format!("{a}.5,{b}.25,{kind}\n");
        bare += &format!("{a}.5,{b}.25\n");
    }
    let folder = folder_with(&[("table.csv", &table), ("bare.csv", &bare)]);
    run(
        folder.path(),
        "train --data csv:table.csv --epochs 30 --out run",
    );
    let labelled = run(
        folder.path(),
        "predict run --csv table.csv --label-column kind",
    );
    assert_eq!(labelled, run(folder.path(), "predict run --csv bare.csv"));
    let right = table
        .lines()
        .zip(labelled.lines())
        .skip(1)
        .filter(|(row, line)| row.split(',').nth(2) == line.split(',').nth(1))
        .count();
    assert!(right > 270, "{right} of 300");
    assert!(
        run(folder.path(), "eval run/model.safetensors --csv table.csv").contains("300 samples")
    );
    let error = refusal(folder.path(), "predict run --csv table.csv");
    assert!(error.contains("label"), "{error}");
}

#[test]
fn inspection_shows_presets_run_files_and_models() {
    let folder = folder_with(&[("run.toml", "[network]\npreset = \"mlp2\"\n")]);
    let vgg = run(folder.path(), "inspect vgg8b --input 3x32x32");
    assert!(vgg.contains("9149824"), "{vgg}");
    assert!(vgg.contains("blocks.6.forward"), "{vgg}");
    assert!(run(folder.path(), "inspect run.toml").contains("blocks.2.head"));
    run(folder.path(), "train --epochs 1 --out run");
    let model = run(folder.path(), "inspect run");
    assert!(model.contains("largest magnitudes in the model"), "{model}");
    let json: serde_json::Value =
        serde_json::from_str(&run(folder.path(), "inspect mlp1 --json")).unwrap();
    assert_eq!(json["parameters"], 85_400);
    let error = refusal(folder.path(), "inspect vgg8");
    assert!(error.contains("did you mean `vgg8b`"), "{error}");
}
