//! Whether a report agrees with itself. What passes here is drawn without further questions.

use crate::{Chart, ChartLine, Confusion, Mistake, Picture, Report, Table, WeightMagnitudes};
use crate::{Error, Result};
use nearfield_train::history::{Accuracies, Tally};

/// Above this many answers [`Tally::exceeds`] would overflow; no run comes near.
const MAX_SEEN: u64 = 1 << 56;
/// More charts, lines or points than these are a mistake of whoever counted them.
const MAX_CHARTS: usize = 32;
const MAX_LINES: usize = 64;
const MAX_POINTS: usize = 1 << 20;
/// Places and values beyond this would not fit beside their axis.
const FARTHEST: u64 = 1_000_000_000_000;

/// Refuses a report that contradicts itself.
pub(crate) fn check(report: &Report) -> Result<()> {
    for record in &report.history {
        let place = format!("epoch {}", record.epoch);
        accuracies(&place, &record.train)?;
        accuracies(&place, &record.decision)?;
    }
    at_most("the report", report.charts.len(), MAX_CHARTS, "charts")?;
    report.charts.iter().try_for_each(chart)?;
    for head in &report.heads {
        tally(&head.name, head.accuracy)?;
    }
    report.confusion.as_ref().map_or(Ok(()), confusion)?;
    report.weights.iter().try_for_each(weights)?;
    report.mistakes.iter().try_for_each(mistake)?;
    report.tables.iter().try_for_each(table)
}

fn accuracies(place: &str, both: &Accuracies) -> Result<()> {
    tally(place, both.output)?;
    both.heads.iter().try_for_each(|&head| tally(place, head))
}

fn tally(place: &str, Tally { correct, seen }: Tally) -> Result<()> {
    if correct > seen || seen > MAX_SEEN {
        return Err(Error::Data(format!(
            "{place} counts {correct} correct predictions of {seen}: \
             count at most the predictions seen, and at most {MAX_SEEN}"
        )));
    }
    Ok(())
}

fn chart(chart: &Chart) -> Result<()> {
    let place = format!("the chart {}", chart.title);
    at_most(&place, chart.lines.len(), MAX_LINES, "lines")?;
    for line in &chart.lines {
        let place = format!("the line {} of {place}", line.name);
        at_most(&place, line.points.len(), MAX_POINTS, "points")?;
        points(&place, line)?;
    }
    Ok(())
}

fn at_most(place: &str, count: usize, most: usize, noun: &str) -> Result<()> {
    if count > most {
        return Err(Error::Data(format!(
            "{place} has {count} {noun}: draw at most {most}"
        )));
    }
    Ok(())
}

fn points(place: &str, line: &ChartLine) -> Result<()> {
    let too_far = |value: i64| value.unsigned_abs() > FARTHEST;
    if let Some((x, y)) = line.points.iter().find(|(x, y)| too_far(*x) || too_far(*y)) {
        return Err(Error::Data(format!(
            "{place} goes to {y} thousandths at {x}: keep both within {FARTHEST}"
        )));
    }
    let back = line.points.windows(2).find(|two| two[0].0 >= two[1].0);
    if let Some([(before, _), (after, _)]) = back {
        return Err(Error::Data(format!(
            "{place} goes from {before} to {after}: give its points in rising order, \
             one a place"
        )));
    }
    Ok(())
}

fn confusion(matrix: &Confusion) -> Result<()> {
    let classes = matrix.classes.len();
    if matrix.counts.len() != classes {
        return Err(Error::Data(format!(
            "the confusion matrix has {} rows for {classes} classes: give one row a class",
            matrix.counts.len()
        )));
    }
    for (name, row) in matrix.classes.iter().zip(&matrix.counts) {
        if row.len() != classes {
            return Err(Error::Data(format!(
                "the confusion matrix has {} columns for class {name} but {classes} classes: \
                 give one column a class",
                row.len()
            )));
        }
    }
    Ok(())
}

fn weights(tensor: &WeightMagnitudes) -> Result<()> {
    let counted = tensor.powers.iter().rposition(|&count| count > 0);
    let largest = tensor.max_abs.checked_ilog2();
    if counted.map(|power| power as u64) != largest.map(u64::from) {
        return Err(Error::Data(format!(
            "the weights of {} are at most {} but the largest one counted is {}: \
             count them and take the largest in one pass",
            tensor.name,
            tensor.max_abs,
            counted.map_or("zero".to_owned(), |power| format!("2^{power} or more")),
        )));
    }
    Ok(())
}

fn mistake(mistake: &Mistake) -> Result<()> {
    let Some(picture) = &mistake.image else {
        return Ok(());
    };
    let Picture {
        width,
        height,
        channels,
        ..
    } = *picture;
    if !matches!(channels, 1 | 3) {
        return Err(Error::Data(format!(
            "the picture of sample {} has {channels} channels: give 1 (grey) or 3 (colour)",
            mistake.index
        )));
    }
    let wanted = u128::from(width) * u128::from(height) * u128::from(channels);
    if wanted == 0 || wanted != picture.pixels.len() as u128 {
        return Err(Error::Data(format!(
            "the picture of sample {} is {width} by {height} in {channels} channels, that is \
             {wanted} bytes, but holds {}: give one byte a pixel and channel, and at least one",
            mistake.index,
            picture.pixels.len()
        )));
    }
    Ok(())
}

fn table(table: &Table) -> Result<()> {
    let width = table.header.len();
    for (number, row) in table.rows.iter().enumerate() {
        if width > 0 && row.len() != width {
            return Err(Error::Data(format!(
                "row {number} of the table {} has {} cells under {width} headings: \
                 give one cell a heading",
                table.title,
                row.len()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HeadAccuracy, render};
    use nearfield_train::history::EpochRecord;

    fn refused(report: &Report) -> String {
        match render(report) {
            Err(Error::Data(problem)) => problem,
            other => panic!("not refused as data: {other:?}"),
        }
    }

    fn with_image(image: Picture) -> Report {
        let mistake = Mistake {
            index: 7,
            image: Some(image),
            ..Mistake::default()
        };
        Report {
            mistakes: vec![mistake],
            ..Report::default()
        }
    }

    fn with_weights(max_abs: u64, zeros: u64, powers: &[u64]) -> Report {
        Report {
            weights: vec![WeightMagnitudes {
                name: "fc".into(),
                max_abs,
                zeros,
                powers: powers.to_vec(),
            }],
            ..Report::default()
        }
    }

    #[test]
    fn a_confusion_matrix_that_is_not_square_is_refused() {
        let mut matrix = Confusion {
            classes: vec!["cat".into(), "dog".into()],
            counts: vec![vec![1, 2]],
        };
        let report = |matrix: &Confusion| Report {
            confusion: Some(matrix.clone()),
            ..Report::default()
        };
        assert!(refused(&report(&matrix)).contains("1 rows for 2 classes"));
        matrix.counts.push(vec![1, 2, 3]);
        assert!(refused(&report(&matrix)).contains("3 columns for class dog"));
        matrix.counts[1].pop();
        assert!(render(&report(&matrix)).is_ok());
    }

    #[test]
    fn a_picture_of_another_size_than_its_pixels_is_refused() {
        let picture = |width, height, channels, bytes| Picture {
            width,
            height,
            channels,
            pixels: vec![0; bytes],
        };
        assert!(render(&with_image(picture(2, 3, 3, 18))).is_ok());
        assert!(refused(&with_image(picture(2, 3, 3, 17))).contains("18 bytes, but holds 17"));
        assert!(refused(&with_image(picture(2, 3, 2, 12))).contains("2 channels"));
        assert!(refused(&with_image(picture(0, 3, 1, 0))).contains("sample 7"));
        refused(&with_image(picture(u32::MAX, u32::MAX, 3, 0)));
    }

    #[test]
    fn weights_larger_or_smaller_than_counted_are_refused() {
        assert!(render(&with_weights(5, 1, &[0, 0, 3, 0])).is_ok());
        assert!(render(&with_weights(0, 9, &[0, 0])).is_ok());
        assert!(render(&with_weights(u64::MAX, 0, &[1; 64])).is_ok());
        assert!(refused(&with_weights(8, 1, &[0, 0, 3])).contains("2^2 or more"));
        assert!(refused(&with_weights(1, 1, &[])).contains("zero"));
        refused(&with_weights(0, 0, &[1]));
        refused(&with_weights(u64::MAX, 0, &[1; 65]));
    }

    #[test]
    fn more_right_answers_than_answers_are_refused() {
        let wrong = Tally {
            correct: 3,
            seen: 2,
        };
        let heads = vec![HeadAccuracy {
            name: "block 1".into(),
            accuracy: wrong,
        }];
        let report = Report {
            heads,
            ..Report::default()
        };
        assert!(refused(&report).contains("block 1 counts 3 correct predictions of 2"));

        let mut record = EpochRecord {
            epoch: 4,
            steps: 0,
            rate_inv: 0,
            train: Accuracies::default(),
            decision: Accuracies::default(),
            milliseconds: 0,
        };
        record.decision.heads.push(wrong);
        let report = Report {
            history: vec![record],
            ..Report::default()
        };
        assert!(refused(&report).contains("epoch 4"));
    }

    #[test]
    fn a_table_row_of_another_width_than_its_header_is_refused() {
        let mut table = Table {
            title: "ranges".into(),
            header: vec!["layer".into(), "largest".into()],
            rows: vec![vec!["fc".into()]],
            ..Table::default()
        };
        let report = |table: &Table| Report {
            tables: vec![table.clone()],
            ..Report::default()
        };
        assert!(refused(&report(&table)).contains("1 cells under 2 headings"));
        table.header.clear();
        assert!(render(&report(&table)).is_ok());
    }

    fn with_line(points: Vec<(i64, i64)>) -> Report {
        let line = ChartLine {
            name: "fc1".into(),
            points,
        };
        let chart = Chart {
            title: "bits".into(),
            lines: vec![line],
            ..Chart::default()
        };
        Report {
            charts: vec![chart],
            ..Report::default()
        }
    }

    #[test]
    fn a_line_that_goes_back_or_stands_still_is_refused() {
        assert!(render(&with_line(vec![(-3, 9), (4, 9), (5, 9)])).is_ok());
        let back = refused(&with_line(vec![(1, 0), (4, 0), (2, 0)]));
        assert!(back.contains("the line fc1 of the chart bits goes from 4 to 2"));
        refused(&with_line(vec![(1, 0), (1, 0)]));
    }

    #[test]
    fn a_line_that_goes_too_far_is_refused() {
        let far = 1_000_000_000_000;
        assert!(render(&with_line(vec![(-far, far), (far, -far)])).is_ok());
        for point in [(far + 1, 0), (0, far + 1), (i64::MIN, 0), (0, i64::MIN)] {
            let problem = refused(&with_line(vec![point]));
            assert!(problem.contains("keep both within 1000000000000"));
        }
    }

    #[test]
    fn more_charts_lines_or_points_than_a_page_can_bear_are_refused() {
        let mut report = with_line((0..=1 << 20).map(|x| (x, x)).collect());
        assert!(refused(&report).contains("has 1048577 points: draw at most 1048576"));
        let line = &mut report.charts[0].lines[0];
        line.points.pop();
        assert!(render(&report).is_ok());

        let mut report = with_line(vec![(1, 1)]);
        let line = report.charts[0].lines[0].clone();
        report.charts[0].lines = vec![line; 64];
        assert!(render(&report).is_ok());
        let chart = report.charts[0].clone();
        report.charts[0].lines.push(ChartLine::default());
        assert!(refused(&report).contains("the chart bits has 65 lines"));
        report.charts = vec![chart; 33];
        assert!(refused(&report).contains("the report has 33 charts"));
        report.charts.pop();
        assert!(render(&report).is_ok());
    }
}
