//! Learning curves: accuracy over epochs, of the output and of every head.

use crate::Report;
use crate::Result;
use crate::ink::Ink;
use crate::line_chart::{Axis, Curve, LineChart};
use crate::page;
use crate::scale::Scale;
use crate::text::{accuracy, counted, escape, grouped};
use nearfield_train::history::{EpochRecord, Tally};

/// Up to this many changes of the learning rate are listed in words.
const MAX_LISTED: usize = 6;

/// The section of the learning curves; nothing before the first epoch.
pub(crate) fn section(report: &Report) -> Result<String> {
    let history = &report.history;
    if history.is_empty() {
        return Ok(String::new());
    }
    let mut charts = output_figure(report)?;
    charts += &heads_figure(report)?;
    let mut body = sentences(report);
    body += &format!("<div class=\"charts\">\n{charts}</div>\n");
    body += &epochs(history, decision_name(report));
    Ok(page::section("curves", "Learning curves", &body))
}

fn decision_name(report: &Report) -> &str {
    match report.decision_name.as_str() {
        "" => "decision",
        name => name,
    }
}

/// The first epoch with the best validation accuracy of the output.
fn best_epoch(history: &[EpochRecord]) -> Option<&EpochRecord> {
    let seen = history
        .iter()
        .filter(|record| record.decision.output.seen > 0);
    seen.reduce(|best, record| {
        let better = record.decision.output.exceeds(best.decision.output, 0);
        if better { record } else { best }
    })
}

fn sentences(report: &Report) -> String {
    let mut html = String::from("<p>");
    let epochs = counted(report.history.len() as u64, "epoch");
    html += &match best_epoch(&report.history) {
        None => format!("{epochs}; none was evaluated."),
        Some(best) => format!(
            "{epochs}. Best {} accuracy of the output: <strong>{}</strong> after epoch {} (ringed).",
            escape(decision_name(report)),
            accuracy(best.decision.output),
            best.epoch
        ),
    };
    html += &rate_sentence(&report.history);
    html + "</p>\n"
}

/// Epochs that ran at another learning rate than the one before.
fn rate_changes(history: &[EpochRecord]) -> impl Iterator<Item = (&EpochRecord, &EpochRecord)> {
    let neighbours = history.iter().zip(history.iter().skip(1));
    neighbours.filter(|(before, after)| before.rate_inv != after.rate_inv)
}

fn rate_sentence(history: &[EpochRecord]) -> String {
    let Some(first) = history.first() else {
        return String::new();
    };
    let rate = |inverse: u64| format!("1/{}", grouped(inverse));
    let changes: Vec<String> = rate_changes(history)
        .map(|(_, after)| format!("{} from epoch {}", rate(after.rate_inv), after.epoch))
        .collect();
    if changes.is_empty() {
        return format!(" Learning rate {} throughout.", rate(first.rate_inv));
    }
    let mut listed = changes[..changes.len().min(MAX_LISTED)].join(", ");
    if changes.len() > MAX_LISTED {
        let more = changes.len() - MAX_LISTED;
        listed += &format!(", and {}", counted(more as u64, "more change"));
    }
    format!(
        " Learning rate {}, then {listed} (vertical lines).",
        rate(first.rate_inv)
    )
}

fn output_figure(report: &Report) -> Result<String> {
    let curves = vec![
        curve(report, "training", Ink::Train, |record| {
            Some(record.train.output)
        }),
        curve(report, decision_name(report), Ink::Output, |record| {
            Some(record.decision.output)
        }),
    ];
    figure(report, "Output", curves)
}

fn heads_figure(report: &Report) -> Result<String> {
    let history = &report.history;
    let heads = history.iter().map(|record| record.decision.heads.len());
    let heads = heads.max().unwrap_or_default();
    if heads == 0 {
        return Ok(String::new());
    }
    // Named heads are the blocks' and then the output; any other number is somebody else's.
    let named = report.heads.len() == heads + 1;
    let name = |head: usize| match report.heads.get(head).filter(|_| named) {
        Some(named) => named.name.clone(),
        None => format!("head {}", head + 1),
    };
    let mut curves: Vec<Curve> = (0..heads)
        .map(|head| {
            curve(report, &name(head), Ink::Line(head), |record| {
                record.decision.heads.get(head).copied()
            })
        })
        .collect();
    curves.push(curve(report, "output", Ink::Output, |record| {
        Some(record.decision.output)
    }));
    let title = format!("Every head, {}", decision_name(report));
    figure(report, &title, curves)
}

fn curve(
    report: &Report,
    name: &str,
    ink: Ink,
    of: impl Fn(&EpochRecord) -> Option<Tally>,
) -> Curve {
    let point = |record: &EpochRecord| {
        let tally = of(record).filter(|tally| tally.seen > 0)?;
        Some((f64::from(record.epoch), per_cent(tally)))
    };
    Curve {
        name: name.to_owned(),
        ink,
        pieces: vec![report.history.iter().filter_map(point).collect()],
    }
}

fn per_cent(tally: Tally) -> f64 {
    crate::text::share(tally.correct.into(), tally.seen.into()) * 100.0
}

fn figure(report: &Report, title: &str, curves: Vec<Curve>) -> Result<String> {
    let midway = |(before, after): (&EpochRecord, &EpochRecord)| {
        f64::midpoint(before.epoch.into(), after.epoch.into())
    };
    let epochs = report.history.iter().map(|record| record.epoch);
    let first = epochs.clone().min().unwrap_or_default();
    let last = epochs.max().unwrap_or_default();
    let points = curves
        .iter()
        .flat_map(|curve| curve.pieces.iter().flatten());
    let accuracies = Scale::of_accuracies(points.map(|point| point.1));
    let best = best_epoch(&report.history);
    let chart = LineChart {
        label: format!("{title}: accuracy in per cent over epochs"),
        across: Axis {
            name: "epoch".into(),
            scale: Scale::of_whole((first.into(), last.into())),
        },
        upright: Axis {
            name: "accuracy (%)".into(),
            scale: accuracies,
        },
        curves,
        rate_changes: rate_changes(&report.history).map(midway).collect(),
        best: best.map(|best| (best.epoch.into(), per_cent(best.decision.output))),
    };
    chart.figure(title, &[])
}

/// Every epoch in numbers, folded away.
fn epochs(history: &[EpochRecord], decision_name: &str) -> String {
    let header = [
        "epoch",
        "steps",
        "rate",
        "training",
        decision_name,
        "seconds",
    ]
    .map(String::from);
    let rows: Vec<Vec<String>> = history
        .iter()
        .map(|record| {
            vec![
                record.epoch.to_string(),
                grouped(record.steps),
                format!("1/{}", grouped(record.rate_inv)),
                accuracy(record.train.output),
                accuracy(record.decision.output),
                seconds(record.milliseconds),
            ]
        })
        .collect();
    format!(
        "<details>\n<summary>Every epoch in numbers</summary>\n{}</details>\n",
        page::grid(&header, &rows)
    )
}

fn seconds(milliseconds: u64) -> String {
    format!(
        "{}.{}",
        grouped(milliseconds / 1000),
        milliseconds % 1000 / 100
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HeadAccuracy, render};
    use nearfield_train::history::Accuracies;

    fn tally(correct: u64) -> Tally {
        Tally { correct, seen: 100 }
    }

    fn record(epoch: u32, rate_inv: u64, correct: u64) -> EpochRecord {
        let accuracies = Accuracies {
            output: tally(correct),
            heads: vec![tally(correct / 2)],
        };
        EpochRecord {
            epoch,
            steps: u64::from(epoch) * 100,
            rate_inv,
            train: accuracies.clone(),
            decision: accuracies,
            milliseconds: 1250,
        }
    }

    fn report(history: Vec<EpochRecord>) -> Report {
        Report {
            history,
            decision_name: "validation".into(),
            ..Report::default()
        }
    }

    #[test]
    fn the_first_of_the_best_epochs_is_named() {
        let history = [50, 70, 70, 60]
            .iter()
            .zip(1..)
            .map(|(&correct, epoch)| record(epoch, 512, correct));
        let html = section(&report(history.collect())).unwrap();
        assert!(html.contains("4 epochs. Best validation accuracy of the output: <strong>70.00%</strong> after epoch 2"));
        assert!(html.contains("Learning rate 1/512 throughout."));
        assert!(!html.contains("class=\"line rate\""));
    }

    #[test]
    fn changes_of_the_learning_rate_are_drawn_and_listed() {
        let history = vec![record(1, 512, 1), record(2, 512, 2), record(3, 1536, 3)];
        let html = section(&report(history)).unwrap();
        assert!(html.contains("Learning rate 1/512, then 1/1,536 from epoch 3"));
        assert_eq!(
            html.matches("class=\"line rate\"").count(),
            2,
            "one a chart"
        );
    }

    #[test]
    fn many_changes_of_the_learning_rate_are_cut_short() {
        let history = (1..=10)
            .map(|epoch| record(epoch, epoch.into(), 1))
            .collect();
        let html = section(&report(history)).unwrap();
        assert!(
            html.contains("1/7 from epoch 7, and 3 more changes"),
            "{html}"
        );
    }

    #[test]
    fn heads_bear_the_names_of_the_blocks_when_the_numbers_agree() {
        let mut report = report(vec![record(1, 1, 50)]);
        assert!(section(&report).unwrap().contains("</svg>head 1</li>"));
        for name in ["conv1", "output"] {
            report.heads.push(HeadAccuracy {
                name: name.into(),
                accuracy: tally(1),
            });
        }
        assert!(section(&report).unwrap().contains("</svg>conv1</li>"));
    }

    #[test]
    fn epochs_without_a_single_answer_are_drawn_without_numbers() {
        let mut record = record(0, 0, 0);
        record.train = Accuracies::default();
        record.decision = Accuracies::default();
        let html = render(&report(vec![record])).unwrap();
        assert!(html.contains("1 epoch; none was evaluated."));
        assert!(!html.contains("NaN"));
    }

    #[test]
    fn a_run_without_heads_has_one_chart() {
        let mut record = record(1, 1, 50);
        assert_eq!(
            section(&report(vec![record.clone()]))
                .unwrap()
                .matches("<figure>")
                .count(),
            2
        );
        record.decision.heads.clear();
        assert_eq!(
            section(&report(vec![record]))
                .unwrap()
                .matches("<figure>")
                .count(),
            1
        );
    }
}
