//! The epochs of a run as a table.

use crate::observer::percent;
use crate::{Error, Result};
use nearfield_train::history::EpochRecord;

/// The epochs as CSV: counts, so that nothing is rounded, and per cent for plots.
///
/// # Errors
/// Never in memory.
pub fn metrics(history: &[EpochRecord]) -> Result<Vec<u8>> {
    to_csv(history).map_err(|source| Error::Table {
        path: "metrics.csv".into(),
        source,
    })
}

fn to_csv(history: &[EpochRecord]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heads = history
        .first()
        .map_or(0, |record| record.decision.heads.len());
    let mut header: Vec<String> = [
        "epoch",
        "steps",
        "rate_inv",
        "milliseconds",
        "images_per_second",
    ]
    .map(String::from)
    .into();
    for set in ["train", "decision"] {
        let exits = (0..heads)
            .map(|index| format!("block{index}"))
            .chain(["output".into()]);
        for exit in exits {
            header
                .extend(["correct", "seen", "percent"].map(|what| format!("{set}_{exit}_{what}")));
        }
    }
    writer.write_record(&header)?;
    for record in history {
        let speed = record.train.output.seen * 1000 / record.milliseconds.max(1);
        let mut row: Vec<String> = [
            record.epoch.into(),
            record.steps,
            record.rate_inv,
            record.milliseconds,
            speed,
        ]
        .map(|number| number.to_string())
        .into();
        for set in [&record.train, &record.decision] {
            for tally in set.heads.iter().chain([&set.output]) {
                let percent = percent(*tally).replace(" %", "");
                row.extend([tally.correct.to_string(), tally.seen.to_string(), percent]);
            }
        }
        writer.write_record(&row)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}
