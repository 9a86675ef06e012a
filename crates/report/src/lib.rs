//! One self-contained page about a run: learning curves, early exits, confusions, weights.
//!
//! [`render`] is a pure function from plain data ([`Report`]) to one HTML text. The page asks
//! for nothing from a network and runs no script; it follows the reader's light or dark
//! setting, prints, and reads on a phone. It knows no arithmetic: integer runs and encrypted
//! runs fill in the same facts, and a section without data is left out.

mod charts;
mod check;
mod confusion;
mod curves;
mod error;
mod exits;
#[cfg(test)]
mod hostile;
mod ink;
mod line_chart;
mod mistakes;
mod page;
mod scale;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod weights;

pub use error::{Error, Result};

use serde::{Deserialize, Serialize};

use nearfield_train::history::{EpochRecord, Tally};

/// Everything that the page of a run can show. What is empty is left out of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What ran on what: `mlp1 on mnist`.
    pub title: String,
    /// Names and values of the facts shown first: accuracy, best epoch, profile, seed, ….
    pub summary: Vec<(String, String)>,
    /// The epochs, in the order in which they ran.
    pub history: Vec<EpochRecord>,
    /// The samples behind [`EpochRecord::decision`]: `validation`, or `test (published)`.
    pub decision_name: String,
    /// What else was measured as the run went on: a batch's accuracy, seconds a step, ….
    #[serde(default)]
    pub charts: Vec<Chart>,
    /// Final accuracy of every early exit: each block's head, first block first, then the
    /// output. The blocks' names also serve in the learning curves.
    pub heads: Vec<HeadAccuracy>,
    /// Which class was taken for which.
    pub confusion: Option<Confusion>,
    /// How large the weights are, one entry a tensor.
    pub weights: Vec<WeightMagnitudes>,
    /// Samples that were answered wrongly.
    pub mistakes: Vec<Mistake>,
    /// Further tables: accumulator ranges, audit counters, ….
    pub tables: Vec<Table>,
    /// What made the page: the program's version and its command.
    pub footer: String,
}

/// Lines over a number that grows as the run goes on, as a rule its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// Its heading.
    pub title: String,
    /// What the places are: `step`.
    pub x_name: String,
    /// What the values are, with their unit: `bits of precision`, `seconds`, `accuracy (%)`.
    pub y_name: String,
    /// The lines; a chart without a point is left out of the page.
    pub lines: Vec<ChartLine>,
    /// What to know before reading it; may be empty.
    pub note: String,
}

/// One line of a [`Chart`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartLine {
    /// Its name in the legend: a matrix, a phase.
    pub name: String,
    /// Places and values, the places rising. Places are whole numbers, values are
    /// **thousandths**: `(12, 14_300)` is 14.3 at step 12.
    ///
    /// Where nothing was measured there is no point. If more than half of the neighbours are
    /// equally far apart, a distance of twice that or more interrupts the line.
    ///
    /// # Range
    /// At most 10^12 in magnitude, places and values alike.
    pub points: Vec<(i64, i64)>,
}

/// The accuracy of one early exit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadAccuracy {
    /// The block's name, or `output`.
    pub name: String,
    /// Its correct predictions.
    pub accuracy: Tally,
}

/// How often each class was taken for each class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// One row a true class, one column a predicted class.
    pub counts: Vec<Vec<u64>>,
}

/// How the magnitudes of one tensor's weights are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightMagnitudes {
    /// The tensor's name.
    pub name: String,
    /// The largest magnitude.
    pub max_abs: u64,
    /// Number of weights that are zero.
    pub zeros: u64,
    /// `powers[k]` weights have a magnitude of at least 2^k and below 2^(k+1).
    pub powers: Vec<u64>,
}

/// A sample that was answered wrongly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// Its place in the set of samples, from 0.
    pub index: u64,
    /// Its true class.
    pub truth: String,
    /// The class that it was taken for.
    pub predicted: String,
    /// What it looks like, where it is a picture.
    pub image: Option<Picture>,
}

/// A picture of 8 bits a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: u8,
    /// One plane a channel, each row by row.
    pub pixels: Vec<u8>,
}

/// A table of any content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its heading.
    pub title: String,
    /// What to know before reading it; may be empty.
    pub note: String,
    /// The columns' names; may be empty.
    pub header: Vec<String>,
    /// Its rows, as wide as the header.
    pub rows: Vec<Vec<String>>,
}

/// The page of `report`: one HTML document that needs no other file.
///
/// # Errors
/// [`Error::Data`] where the report contradicts itself: more correct
/// predictions than predictions, a confusion matrix that is not square, a largest weight outside of the
/// counted magnitudes, a picture of another size than its pixels, a table row of another
/// width than its header, a chart's line that goes back or too far, or more charts, lines
/// or points than a page can bear.
pub fn render(report: &Report) -> Result<String> {
    check::check(report)?;
    let mut body = page::opening(report);
    body += &curves::section(report)?;
    body += &charts::section(&report.charts)?;
    body += &exits::section(&report.heads);
    body += &report
        .confusion
        .as_ref()
        .map(confusion::section)
        .unwrap_or_default();
    body += &weights::section(&report.weights);
    body += &mistakes::section(&report.mistakes)?;
    body += &page::tables(&report.tables);
    Ok(page::document(report, &body))
}
