//! The page of an encrypted training: agreement with the twin, time by phase, accuracy.

use super::comparison::{Comparison, StepComparison};
use crate::{Error, Result};
use nearfield_enc::{TaskPlan, folder};
use nearfield_files::read_bounded;
use nearfield_report::{Chart, ChartLine, Report, Table};
use std::path::Path;

/// Bytes at most of a table of times.
const MAX_BYTES: u64 = 1 << 30;

/// Seconds of a step: reading, refreshing, learning, updating, writing.
type Seconds = (i64, [f64; 5]);

const PHASES: [&str; 5] = ["read", "refresh", "learn", "update", "write"];

/// The report of a comparison, with the times that the server measured.
///
/// # Errors
/// If the server's table of times is damaged.
pub fn of(planned: &TaskPlan, comparison: &Comparison, server: &Path) -> Result<Report> {
    let times = times(server)?;
    Ok(Report {
        title: format!("{} (encrypted)", planned.task.name),
        summary: summary(planned, comparison, &times),
        charts: charts(comparison, &times),
        tables: vec![phases(&times), agreement(comparison), levels(planned)],
        footer: format!(
            "nearfield {}, `nearfield encrypted compare`",
            env!("CARGO_PKG_VERSION")
        ),
        ..Report::default()
    })
}

/// Reads the server's table. A step that was made again after an interruption is there twice:
/// the later one counts.
fn times(server: &Path) -> Result<Vec<Seconds>> {
    let path = server.join(folder::METRICS);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let bytes = read_bounded(&path, MAX_BYTES)?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let mut times = std::collections::BTreeMap::new();
    for line in reader.deserialize() {
        type Line = (i64, u32, f64, f64, f64, f64, f64);
        let line: Line = line.map_err(|source| Error::Table {
            path: path.clone(),
            source,
        })?;
        let (step, _, load, refresh, learn, update, save) = line;
        times.insert(step, [load, refresh, learn, update, save]);
    }
    Ok(times.into_iter().collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn summary(
    planned: &TaskPlan,
    comparison: &Comparison,
    times: &[Seconds],
) -> Vec<(String, String)> {
    let task = &planned.task;
    let mut facts = vec![
        ("Network".into(), planned.layout.network().to_string()),
        (
            "Steps".into(),
            format!("{} of {}", comparison.steps.len(), task.steps),
        ),
        ("Batch".into(), task.batch.to_string()),
        (
            "Security".into(),
            match task.insecure {
                true => format!("INSECURE (degree 2^{})", task.log_degree),
                false => "128 bits".into(),
            },
        ),
        ("Levels".into(), planned.step.levels.to_string()),
    ];
    if let Some((found, twin)) = comparison.test_accuracy {
        let both = format!("{:.2} % (twin {:.2} %)", 100.0 * found, 100.0 * twin);
        facts.push(("Test accuracy".into(), both));
    }
    let mut latest = comparison.steps.iter().rev();
    if let Some(last) = latest.find(|step| !step.weights.is_empty()) {
        let worst = last.weights.iter().map(|(.., worst)| *worst);
        let worst = worst.fold(f64::INFINITY, f64::min);
        let text = format!("{worst:.1} bits after step {}", last.step);
        facts.push(("Worst weight".into(), text));
    }
    if !times.is_empty() {
        let totals = times
            .iter()
            .map(|(_, phases)| phases.iter().sum())
            .collect();
        let text = format!("{:.2} s (median)", median(totals));
        facts.push(("A step".into(), text));
    }
    facts
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "thousandths of bits and seconds"
)]
fn thousandths(value: f64) -> i64 {
    (value.clamp(-1e6, 1e6) * 1000.0).round() as i64
}

#[allow(clippy::cast_possible_wrap, reason = "steps are few")]
fn place(step: u64) -> i64 {
    step as i64
}

fn charts(comparison: &Comparison, times: &[Seconds]) -> Vec<Chart> {
    let chart = |title: &str, y_name: &str, lines, note: &str| Chart {
        title: title.into(),
        x_name: "step".into(),
        y_name: y_name.into(),
        lines,
        note: note.into(),
    };
    let seconds = PHASES.iter().enumerate().map(|(phase, name)| ChartLine {
        name: (*name).into(),
        points: times
            .iter()
            .map(|(step, phases)| (*step, thousandths(phases[phase])))
            .collect(),
    });
    vec![
        chart(
            "Agreement of weights with the twin",
            "bits",
            matrices(comparison),
            "Bits after the binary point of the largest error of each matrix.",
        ),
        chart(
            "Agreement of answers with the twin",
            "bits",
            vec![
                line("mean", comparison, |step| Some(step.answer_bits.0)),
                line("worst", comparison, |step| Some(step.answer_bits.1)),
            ],
            "",
        ),
        chart(
            "Correct predictions in a batch",
            "samples",
            vec![
                line("encrypted", comparison, |step| Some(step.right as f64)),
                line("twin", comparison, |step| Some(step.twin_right as f64)),
            ],
            "Before the step, of the samples of its batch.",
        ),
        chart("Time of a step", "seconds", seconds.collect(), ""),
    ]
}

fn line(
    name: &str,
    comparison: &Comparison,
    value: impl Fn(&StepComparison) -> Option<f64>,
) -> ChartLine {
    let points = comparison.steps.iter().filter_map(|step| {
        let value = value(step).filter(|value| value.is_finite())?;
        Some((place(step.step), thousandths(value)))
    });
    ChartLine {
        name: name.into(),
        points: points.collect(),
    }
}

fn matrices(comparison: &Comparison) -> Vec<ChartLine> {
    let kept = comparison
        .steps
        .iter()
        .find(|step| !step.weights.is_empty());
    let names = kept.map(|step| step.weights.iter().map(|(name, ..)| name.clone()));
    let names = names.into_iter().flatten().enumerate();
    names
        .map(|(matrix, name)| {
            line(&name, comparison, |step| {
                step.weights.get(matrix).map(|(.., worst)| *worst)
            })
        })
        .collect()
}

fn phases(times: &[Seconds]) -> Table {
    let row = |(phase, name): (usize, &&str)| {
        let seconds: Vec<f64> = times.iter().map(|(_, phases)| phases[phase]).collect();
        let total: f64 = seconds.iter().sum();
        vec![
            (*name).into(),
            format!("{:.3}", median(seconds)),
            format!("{total:.0}"),
        ]
    };
    Table {
        title: "Time by phase".into(),
        note: "Reading the batch, bootstrapping the state, forward passes and gradients, \
               correcting the state, writing what the step leaves."
            .into(),
        header: vec![
            "phase".into(),
            "median seconds".into(),
            "seconds in all".into(),
        ],
        rows: PHASES.iter().enumerate().map(row).collect(),
    }
}

fn levels(planned: &TaskPlan) -> Table {
    let stages = planned.step.counts.levels_left.iter();
    Table {
        title: "Levels".into(),
        note: "Left at each place of a step. Bootstrapping makes new ones; a product takes one."
            .into(),
        header: vec!["place".into(), "levels left".into()],
        rows: stages
            .map(|(stage, left)| vec![stage.to_string(), left.to_string()])
            .collect(),
    }
}

fn agreement(comparison: &Comparison) -> Table {
    let (accuracies, answers) = comparison.deviations();
    let ties: usize = comparison.steps.iter().map(|step| step.ties).sum();
    let rows = [
        ("steps compared", comparison.steps.len()),
        (
            "steps with another batch accuracy than the twin's",
            accuracies,
        ),
        ("answers unlike the twin's", answers),
        (
            "answers where the twin's best two are closer than the error",
            ties,
        ),
    ];
    Table {
        title: "Answers beside the twin's".into(),
        note: String::new(),
        header: vec!["what".into(), "how many".into()],
        rows: rows
            .iter()
            .map(|(name, count)| vec![(*name).into(), count.to_string()])
            .collect(),
    }
}
