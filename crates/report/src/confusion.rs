//! The confusion matrix as a heat-coloured table, or its worst pairs where it is too large.

use crate::Confusion;
use crate::page;
use crate::text::{escape, grouped, percent, share};

/// Above this many classes a matrix is no longer readable, and only pairs are listed.
const MAX_CLASSES: usize = 40;
/// Above this many it is set smaller, with its names upright.
const MAX_ROOMY: usize = 12;
/// Number of pairs listed then.
const MAX_PAIRS: usize = 20;

/// Row, column and total sums; wide enough for any counts.
struct Sums {
    rows: Vec<u128>,
    columns: Vec<u128>,
    all: u128,
    right: u128,
}

impl Sums {
    fn of(counts: &[Vec<u64>]) -> Sums {
        let rows: Vec<u128> = counts.iter().map(|row| sum(row.iter())).collect();
        let columns = (0..counts.len())
            .map(|column| sum(counts.iter().filter_map(|row| row.get(column))))
            .collect();
        let diagonal = counts
            .iter()
            .enumerate()
            .filter_map(|(class, row)| row.get(class));
        Sums {
            all: rows.iter().sum(),
            right: sum(diagonal),
            rows,
            columns,
        }
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a u64>) -> u128 {
    counts.map(|&count| u128::from(count)).sum()
}

/// The section of the confusion matrix; nothing without classes.
pub(crate) fn section(matrix: &Confusion) -> String {
    if matrix.classes.is_empty() {
        return String::new();
    }
    let sums = Sums::of(&matrix.counts);
    let mut body = format!(
        "<p>{} of {} samples ({}) lie on the diagonal, where the predicted class is the true one.</p>\n",
        grouped(sums.right),
        grouped(sums.all),
        percent(sums.right, sums.all)
    );
    if matrix.classes.len() > MAX_CLASSES {
        body += &pairs(matrix, &sums);
    } else {
        body += &table(matrix, &sums);
    }
    page::section("confusion", "Confusion matrix", &body)
}

fn table(matrix: &Confusion, sums: &Sums) -> String {
    let worst = wrong(matrix)
        .map(|(truth, _, count)| share(count.into(), sums.rows[truth]))
        .fold(0.0, f64::max);
    let long = matrix.classes.iter().any(|name| name.chars().count() > 4);
    let class = match matrix.classes.len() {
        ..=MAX_ROOMY if long => "matrix upright",
        ..=MAX_ROOMY => "matrix",
        _ => "matrix upright dense",
    };
    let mut html = format!(
        "<div class=\"wide\"><table class=\"{class}\">\n<thead>\n<tr><th></th>\
         <th colspan=\"{}\" class=\"over\">predicted</th><th></th></tr>\n<tr><th>truth</th>",
        matrix.classes.len()
    );
    for name in &matrix.classes {
        html += &format!("<th scope=\"col\"><span>{}</span></th>", escape(name));
    }
    html += "<th class=\"margin\">recall</th></tr>\n</thead>\n<tbody>\n";
    for (truth, name) in matrix.classes.iter().enumerate() {
        html += &row(name, truth, &matrix.counts[truth], sums.rows[truth], worst);
    }
    html += "</tbody>\n<tfoot><tr><th>precision</th>";
    for (class, &predicted) in sums.columns.iter().enumerate() {
        let right = matrix.counts[class][class];
        html += &format!(
            "<td class=\"margin\"><span>{}</span></td>",
            percent(right.into(), predicted)
        );
    }
    html += &format!(
        "<td class=\"margin\">{}</td></tr></tfoot>\n</table></div>\n",
        percent(sums.right, sums.all)
    );
    html + "<p class=\"note\">Blue: right, stronger the higher the recall. Orange: wrong, \
            strongest where the largest share of a true class goes astray.</p>\n"
}

fn row(name: &str, truth: usize, counts: &[u64], total: u128, worst: f64) -> String {
    let mut html = format!("<tr><th scope=\"row\">{}</th>", escape(name));
    for (predicted, &count) in counts.iter().enumerate() {
        let part = share(count.into(), total);
        let (class, heat) = match predicted == truth {
            true => ("hit", part),
            false if count > 0 => ("miss", part / worst),
            false => ("miss none", 0.0),
        };
        let shown = if count == 0 {
            "·".to_owned()
        } else {
            grouped(count)
        };
        html += &format!("<td class=\"{class}\" style=\"--heat:{heat:.3}\">{shown}</td>");
    }
    let right = counts.get(truth).copied().unwrap_or_default();
    html + &format!(
        "<td class=\"margin\">{}</td></tr>\n",
        percent(right.into(), total)
    )
}

/// Every pair of different classes that was confused: truth, predicted, how often.
fn wrong(matrix: &Confusion) -> impl Iterator<Item = (usize, usize, u64)> {
    matrix.counts.iter().enumerate().flat_map(|(truth, row)| {
        let cells = row.iter().enumerate();
        cells
            .filter(move |&(predicted, &count)| predicted != truth && count > 0)
            .map(move |(predicted, &count)| (truth, predicted, count))
    })
}

fn pairs(matrix: &Confusion, sums: &Sums) -> String {
    let mut pairs: Vec<_> = wrong(matrix).collect();
    pairs.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
    let shown = pairs.len().min(MAX_PAIRS);
    let header = ["Truth", "Predicted", "Times", "Of this truth"].map(String::from);
    let rows: Vec<Vec<String>> = pairs[..shown]
        .iter()
        .map(|&(truth, predicted, count)| {
            vec![
                matrix.classes[truth].clone(),
                matrix.classes[predicted].clone(),
                grouped(count),
                percent(count.into(), sums.rows[truth]),
            ]
        })
        .collect();
    format!(
        "<p>With {} classes, only the {shown} most confused pairs are shown, of {}.</p>\n{}",
        matrix.classes.len(),
        grouped(pairs.len() as u64),
        page::grid(&header, &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(counts: Vec<Vec<u64>>) -> Confusion {
        let classes = (0..counts.len()).map(|class| format!("c{class}")).collect();
        Confusion { classes, counts }
    }

    #[test]
    fn recall_is_along_rows_and_precision_along_columns() {
        let html = section(&matrix(vec![vec![3, 1], vec![0, 2]]));
        assert!(html.contains("5 of 6 samples (83.33%)"));
        assert!(
            html.contains(">1</td><td class=\"margin\">75.00%</td></tr>"),
            "recall of c0"
        );
        assert!(html.contains(
            "<th>precision</th><td class=\"margin\"><span>100.00%</span></td>\
             <td class=\"margin\"><span>66.67%</span></td>"
        ));
    }

    #[test]
    fn the_worst_confusion_is_the_hottest_and_none_is_cold() {
        let html = section(&matrix(vec![vec![5, 4, 1], vec![1, 9, 0], vec![0, 0, 0]]));
        assert!(html.contains("<td class=\"miss\" style=\"--heat:1.000\">4</td>"));
        assert!(html.contains("<td class=\"miss\" style=\"--heat:0.250\">1</td>"));
        assert!(html.contains("<td class=\"miss none\" style=\"--heat:0.000\">·</td>"));
        assert!(html.contains(
            "<td class=\"hit\" style=\"--heat:0.000\">·</td><td class=\"margin\">–</td>"
        ));
    }

    #[test]
    fn many_classes_are_shown_as_their_most_confused_pairs() {
        let square = |classes: usize| matrix(vec![vec![1; classes]; classes]);
        assert!(section(&square(40)).contains("class=\"matrix upright dense\""));
        let mut large = square(41);
        large.counts[7][3] = 12;
        let html = section(&large);
        assert!(!html.contains("class=\"matrix"));
        assert!(html.contains("the 20 most confused pairs are shown, of 1,640"));
        assert_eq!(html.matches("<tr><td>").count(), 20);
        assert!(html.contains("<tbody>\n<tr><td>c7</td><td>c3</td><td class=\"number\">12</td>"));
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        let html = section(&matrix(vec![vec![u64::MAX; 2]; 2]));
        assert!(html.contains("50.00%"));
    }
}
