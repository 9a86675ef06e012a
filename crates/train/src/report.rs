//! One self-contained page about a run: learning curves, early exits, confusions, weights.
//!
//! [`render`] is a pure function from plain data ([`Report`]) to one HTML text. The page asks
//! for nothing from a network and runs no script; it follows the reader's light or dark
//! setting, prints, and reads on a phone. It knows no arithmetic: integer runs and encrypted
//! runs fill in the same facts, and a section without data is left out.

mod check;
mod confusion;
mod curves;
mod exits;
#[cfg(test)]
mod hostile;
mod ink;
mod line_chart;
mod mistakes;
mod page;
mod scale;
mod style;
mod text;
mod weights;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::history::{EpochRecord, Tally};

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

/// The accuracy of one early exit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadAccuracy {
    /// The block's name, or `output`.
    pub name: String,
    /// Its right answers.
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
/// [`Error::Data`](crate::Error::Data) where the report contradicts itself: more right answers
/// than answers, a confusion matrix that is not square, a largest weight outside of the
/// counted magnitudes, a picture of another size than its pixels, a table row of another
/// width than its header.
pub fn render(report: &Report) -> Result<String> {
    check::check(report)?;
    let mut body = page::opening(report);
    body += &curves::section(report)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Accuracies;

    /// Something for every section of the page.
    fn full() -> Report {
        let tally = Tally {
            correct: 90,
            seen: 100,
        };
        let accuracies = Accuracies {
            output: tally,
            heads: vec![tally; 2],
        };
        Report {
            title: "mlp1 on mnist".into(),
            summary: vec![("seed".into(), "42".into())],
            history: vec![EpochRecord {
                epoch: 1,
                steps: 10,
                rate_inv: 512,
                train: accuracies.clone(),
                decision: accuracies,
                milliseconds: 1234,
            }],
            decision_name: "validation".into(),
            heads: vec![HeadAccuracy {
                name: "output".into(),
                accuracy: tally,
            }],
            confusion: Some(Confusion {
                classes: vec!["cat".into(), "dog".into()],
                counts: vec![vec![3, 1], vec![0, 2]],
            }),
            weights: vec![WeightMagnitudes {
                name: "fc".into(),
                max_abs: 3,
                zeros: 1,
                powers: vec![1, 2],
            }],
            mistakes: vec![Mistake {
                index: 5,
                truth: "cat".into(),
                predicted: "dog".into(),
                image: Some(Picture {
                    width: 2,
                    height: 2,
                    channels: 1,
                    pixels: vec![0, 80, 160, 240],
                }),
            }],
            tables: vec![Table {
                title: "Accumulator ranges".into(),
                note: "Largest magnitude seen.".into(),
                header: vec!["layer".into(), "largest".into()],
                rows: vec![vec!["fc".into(), "1,024".into()]],
            }],
            footer: "nearfield 0.1.0".into(),
        }
    }

    const SECTIONS: [&str; 6] = [
        "curves",
        "exits",
        "confusion",
        "weights",
        "mistakes",
        "table-1",
    ];

    #[test]
    fn every_section_is_there_when_its_data_is() {
        let html = render(&full()).unwrap();
        for id in SECTIONS {
            assert!(html.contains(&format!("<section id=\"{id}\">")), "{id}");
        }
        assert!(html.contains("<dt>seed</dt><dd>42</dd>"));
        assert!(html.contains("<footer>nearfield 0.1.0</footer>"));
    }

    #[test]
    fn every_section_is_left_out_when_its_data_is_missing() {
        let without: [fn(&mut Report); 6] = [
            |report| report.history.clear(),
            |report| report.heads.clear(),
            |report| report.confusion = None,
            |report| report.weights.clear(),
            |report| report.mistakes.clear(),
            |report| report.tables.clear(),
        ];
        for (remove, missing) in without.iter().zip(SECTIONS) {
            let mut report = full();
            remove(&mut report);
            let html = render(&report).unwrap();
            for id in SECTIONS {
                let there = html.contains(&format!("<section id=\"{id}\">"));
                assert_eq!(there, id != missing, "{id} without {missing}");
            }
        }
        assert!(!render(&Report::default()).unwrap().contains("<section"));
    }

    #[test]
    fn the_page_asks_for_nothing_else() {
        let html = render(&full()).unwrap();
        for outside in ["http://", "https://", "url(", "@import", "<link", "<script"] {
            assert!(!html.contains(outside), "{outside}");
        }
        for after in html.split("src=").skip(1) {
            assert!(after.starts_with("\"data:image/png;base64,"));
        }
    }

    #[test]
    fn no_text_of_the_report_reaches_the_page_as_markup() {
        let bad = "<script>alert(\"1\")</script>'&amp;";
        let mut report = full();
        report.title = bad.into();
        report.summary = vec![(bad.into(), bad.into())];
        report.decision_name = bad.into();
        report.heads = vec![report.heads[0].clone(); 3];
        report
            .heads
            .iter_mut()
            .for_each(|head| head.name = bad.into());
        report.confusion.as_mut().unwrap().classes = vec![bad.into(); 2];
        report.weights[0].name = bad.into();
        report.mistakes[0].truth = bad.into();
        report.mistakes[0].predicted = bad.into();
        report.tables[0] = Table {
            title: bad.into(),
            note: bad.into(),
            header: vec![bad.into()],
            rows: vec![vec![bad.into()]],
        };
        report.footer = bad.into();
        let html = render(&report).unwrap();
        assert!(
            !html.contains("<script") && !html.contains("alert(\"") && !html.contains("'&amp;<")
        );
        let safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;amp;";
        assert_eq!(
            html.matches("script").count(),
            html.matches(safe).count() * 2
        );
        assert!(html.matches(safe).count() >= 20);
    }

    #[test]
    fn an_old_report_reads_back_to_the_same_page() {
        let report = full();
        let text = serde_json::to_string(&report).unwrap();
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(render(&back).unwrap(), render(&report).unwrap());
    }
}
