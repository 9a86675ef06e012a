//! The whole page: what is on it, what is left out, and what never reaches it.

use super::*;
use nearfield_train::history::Accuracies;

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
        charts: vec![Chart {
            title: "Batch accuracy".into(),
            x_name: "step".into(),
            y_name: "accuracy (%)".into(),
            lines: vec![ChartLine {
                name: "batch".into(),
                points: vec![(1, 12_500), (2, 25_000)],
            }],
            note: "Before the step.".into(),
        }],
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

const SECTIONS: [&str; 7] = [
    "curves",
    "charts",
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
    let without: [fn(&mut Report); 7] = [
        |report| report.history.clear(),
        |report| report.charts.clear(),
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
    report.charts[0].title = bad.into();
    report.charts[0].note = bad.into();
    report.charts[0].lines[0].name = bad.into();
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
    assert!(!html.contains("<script") && !html.contains("alert(\"") && !html.contains("'&amp;<"));
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

#[test]
fn a_report_from_before_there_were_charts_still_reads() {
    let mut report = full();
    report.charts.clear();
    let text = serde_json::to_string(&report).unwrap();
    let old = text.replace("\"charts\":[],", "");
    assert_ne!(old, text);
    assert_eq!(serde_json::from_str::<Report>(&old).unwrap(), report);
}

#[test]
fn charts_stand_between_the_learning_curves_and_the_confusions() {
    let html = render(&full()).unwrap();
    let place = |id: &str| html.find(&format!("<section id=\"{id}\">")).unwrap();
    assert!(place("curves") < place("charts") && place("charts") < place("confusion"));
}
