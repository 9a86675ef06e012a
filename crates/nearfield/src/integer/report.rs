//! The report of a run, as plain data.

use crate::integer::run::Run;
use crate::integer::state::State;
use crate::integer::summary::Summary;
use crate::integer::test_set::{Misclassified, TestResult};
use crate::integer::trainer::Trainer;
use crate::observer::percent;
use nearfield_data::{Dataset, Values};
use nearfield_int::{LayerAudit, Network, Range};
use nearfield_report::{
    Confusion, HeadAccuracy, Mistake, Picture, Report, Table, WeightMagnitudes,
};
use nearfield_train::history::Accuracies;

/// The report of a run that has ended.
pub(crate) fn of_run(
    summary: &Summary,
    trainer: &Trainer,
    result: &TestResult,
    network: &Network,
) -> Report {
    let classes = &trainer.card().classes;
    let (_, stored) = trainer.test();
    let mistake = |found: &Misclassified| Mistake {
        index: found.index as u64,
        truth: classes[found.truth].clone(),
        predicted: classes[found.predicted].clone(),
        image: picture(stored, found.index),
    };
    Report {
        title: summary.name.clone(),
        summary: facts(summary),
        history: trainer.state().history.clone(),
        decision_name: summary.decided_on.clone(),
        charts: Vec::new(),
        heads: heads(&summary.test),
        confusion: Some(Confusion {
            classes: classes.clone(),
            counts: result.confusion.clone(),
        }),
        weights: network
            .tensors()
            .map(|(name, _, values)| magnitudes(name, &values))
            .collect(),
        mistakes: result.mistakes.iter().map(mistake).collect(),
        tables: vec![audit_table(&summary.audit)],
        footer: format!("nearfield {}", env!("CARGO_PKG_VERSION")),
    }
}

/// The report of a run that has not ended: learning curves, weights and ranges so far.
pub(crate) fn of_unfinished(state: &State, run: &Run, network: &Network) -> Report {
    Report {
        title: format!("{} (not finished)", run.name),
        summary: vec![
            (
                "Epochs".into(),
                format!("{} of {}", state.epochs, run.training.epochs),
            ),
            ("Steps".into(), state.step.to_string()),
            ("Seed".into(), run.seed.to_string()),
        ],
        history: state.history.clone(),
        decision_name: run.decided_on().into(),
        weights: network
            .tensors()
            .map(|(name, _, values)| magnitudes(name, &values))
            .collect(),
        tables: vec![audit_table(&state.counts_in_all().audits())],
        footer: format!("nearfield {}", env!("CARGO_PKG_VERSION")),
        ..Report::default()
    }
}

fn facts(summary: &Summary) -> Vec<(String, String)> {
    let chosen = match summary.chosen_epoch {
        Some(epoch) => format!("{epoch}, by {} accuracy", summary.decided_on),
        None => "none: the weights after the last step".into(),
    };
    let deciding = match summary.decided_on.as_str() {
        "validation" => "Validation accuracy then",
        _ => "Accuracy then on the deciding samples",
    };
    [
        ("Test accuracy", percent(summary.test.output)),
        ("Test samples", summary.test.output.seen.to_string()),
        ("Chosen epoch", chosen),
        ("Training accuracy then", percent(summary.train)),
        (deciding, percent(summary.decision)),
        ("Epochs", summary.epochs.to_string()),
        ("Steps", summary.steps.to_string()),
        ("Time", format!("{} s", summary.milliseconds.div_ceil(1000))),
        ("Profile", summary.profile.clone()),
        ("Seed", summary.seed.to_string()),
        ("Sums that wrapped", summary.wrapped().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Accuracy of every exit: the heads, then the output.
pub(crate) fn heads(accuracies: &Accuracies) -> Vec<HeadAccuracy> {
    let named = accuracies.heads.iter().enumerate();
    let mut heads: Vec<_> = named
        .map(|(index, &accuracy)| HeadAccuracy {
            name: format!("block {index}"),
            accuracy,
        })
        .collect();
    heads.push(HeadAccuracy {
        name: "output".into(),
        accuracy: accuracies.output,
    });
    heads
}

/// How the magnitudes of a tensor's weights are spread over the powers of two.
fn magnitudes(name: String, values: &[i32]) -> WeightMagnitudes {
    let mut found = WeightMagnitudes {
        name,
        ..Default::default()
    };
    for value in values {
        let magnitude = value.unsigned_abs();
        match magnitude.checked_ilog2() {
            None => found.zeros += 1,
            Some(power) => {
                let power = power as usize;
                found.powers.resize(found.powers.len().max(power + 1), 0);
                found.powers[power] += 1;
            }
        }
        found.max_abs = found.max_abs.max(magnitude.into());
    }
    found
}

/// A stored sample as a picture, if it is one.
fn picture(stored: &Dataset, index: usize) -> Option<Picture> {
    let &[channels @ (1 | 3), height, width] = stored.shape.as_slice() else {
        return None;
    };
    let own = index * stored.features()..(index + 1) * stored.features();
    let pixels: Vec<i64> = match &stored.values {
        Values::U8(values) => values[own].iter().map(|&value| value.into()).collect(),
        Values::I8(values) => values[own]
            .iter()
            .map(|&value| i64::from(value) + 128)
            .collect(),
        Values::Decimal(values) => values[own].to_vec(),
    };
    let (low, high) = (*pixels.iter().min()?, *pixels.iter().max()?);
    let bright = if high > 127 && low >= 0 && high <= 255 {
        (0, 255)
    } else {
        (low, high)
    };
    let level = |value: i64| {
        let span = (bright.1 - bright.0).max(1);
        u8::try_from((value - bright.0) * 255 / span).unwrap_or(u8::MAX)
    };
    Some(Picture {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        channels: u8::try_from(channels).ok()?,
        pixels: pixels.into_iter().map(level).collect(),
    })
}

/// What became of every layer's integers, for people. The largest values have columns where
/// they were looked for.
fn audit_table(audit: &[(String, LayerAudit)]) -> Table {
    let looked_for = audit.iter().any(|(_, layer)| layer.max_abs_weight > 0);
    let mut header = vec![
        "layer",
        "sums",
        "wrapped",
        "cut to ±127",
        "gradients wrapped",
        "residuals beyond int8",
        "weights wrapped",
    ];
    if looked_for {
        header.extend([
            "largest sum",
            "largest gradient",
            "largest delta",
            "largest weight",
        ]);
    }
    let row = |(name, layer): &(String, LayerAudit)| {
        let counts = [
            layer.forward.sums,
            layer.forward.wrapped,
            layer.cut,
            layer.gradient.wrapped,
            layer.residuals,
            layer.updates,
        ];
        let mut row = vec![name.clone()];
        row.extend(counts.map(|count| count.to_string()));
        if looked_for {
            row.extend([layer.forward, layer.gradient, layer.delta].map(|range| with_bits(&range)));
            row.push(layer.max_abs_weight.to_string());
        }
        row
    };
    Table {
        title: "Integer ranges in training".into(),
        note: "Wrapped sums are those whose exact value does not fit int32. Largest values, and \
               the bits of a signed integer that holds them, are looked for with `audit_ranges`."
            .into(),
        header: header.into_iter().map(str::to_owned).collect(),
        rows: audit.iter().map(row).collect(),
    }
}

fn with_bits(range: &Range) -> String {
    match range.max_abs {
        0 => "-".into(),
        largest => format!("{largest} ({} bits)", range.bits()),
    }
}
