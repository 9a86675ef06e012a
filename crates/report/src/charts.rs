//! Further charts: whatever else was measured as the run went on.

use crate::Result;
use crate::ink::{Ink, LOOKS};
use crate::line_chart::{Axis, Curve, LineChart};
use crate::page;
use crate::scale::Scale;
use crate::text::thousandths;
use crate::trace::{MAX_DRAWN, Trace};
use crate::{Chart, ChartLine};

/// The section of the charts; nothing where none has a point.
pub(crate) fn section(charts: &[Chart]) -> Result<String> {
    let mut figures = String::new();
    let mut rows = Vec::new();
    for (chart, number) in charts.iter().zip(1..) {
        let lines = named_lines(chart);
        if lines.is_empty() {
            continue;
        }
        let title = title(chart, number);
        figures += &figure(chart, &title, &lines)?;
        rows.extend(lines.iter().map(|line| row(&title, line)));
    }
    if rows.is_empty() {
        return Ok(String::new());
    }
    let body = format!(
        "<div class=\"charts\">\n{figures}</div>\n\
         <details>\n<summary>Every line in numbers</summary>\n{}</details>\n",
        page::grid(&header(), &rows)
    );
    Ok(page::section("charts", "Charts", &body))
}

/// A line that has points, by its name and by its place among all lines, which colours it.
struct Named<'a> {
    name: String,
    ink: Ink,
    line: &'a ChartLine,
}

fn named_lines(chart: &Chart) -> Vec<Named<'_>> {
    let all = chart.lines.iter().enumerate();
    all.filter(|(_, line)| !line.points.is_empty())
        .map(|(place, line)| Named {
            name: match line.name.as_str() {
                "" => format!("line {}", place + 1),
                name => name.to_owned(),
            },
            ink: Ink::Line(place),
            line,
        })
        .collect()
}

fn title(chart: &Chart, number: usize) -> String {
    match chart.title.as_str() {
        "" => format!("Chart {number}"),
        title => title.to_owned(),
    }
}

fn figure(chart: &Chart, title: &str, lines: &[Named<'_>]) -> Result<String> {
    let traces: Vec<Trace> = lines
        .iter()
        .map(|line| Trace::of(&line.line.points))
        .collect();
    let remarks = remarks(chart, &traces);
    let curves: Vec<Curve> = lines
        .iter()
        .zip(traces)
        .map(|(line, trace)| Curve {
            name: line.name.clone(),
            ink: line.ink,
            pieces: trace.pieces,
        })
        .collect();
    let drawing = LineChart {
        label: format!("{title}: {} over {}", chart.y_name, chart.x_name),
        across: Axis {
            name: chart.x_name.clone(),
            scale: Scale::of_whole(ends(&curves)),
        },
        upright: Axis {
            name: chart.y_name.clone(),
            scale: Scale::of_values(points(&curves).map(|point| point.1)),
        },
        curves,
        rate_changes: Vec::new(),
        best: None,
    };
    drawing.figure(title, &remarks)
}

fn points(curves: &[Curve]) -> impl Iterator<Item = (f64, f64)> {
    let pieces = curves.iter().flat_map(|curve| &curve.pieces);
    pieces.flatten().copied()
}

/// The first and the last place of all curves.
fn ends(curves: &[Curve]) -> (f64, f64) {
    let places = || points(curves).map(|point| point.0);
    let ends = places().reduce(f64::min).zip(places().reduce(f64::max));
    ends.unwrap_or_default()
}

/// The chart's note, and what was done to draw it.
fn remarks(chart: &Chart, traces: &[Trace]) -> Vec<String> {
    let mut remarks = Vec::new();
    if !chart.note.is_empty() {
        remarks.push(chart.note.clone());
    }
    if traces.iter().any(|trace| trace.thinned) {
        remarks.push(format!(
            "Lines of more than {MAX_DRAWN} points are thinned out: of every few neighbours, \
             the lowest and the highest are drawn."
        ));
    }
    if traces.iter().any(|trace| trace.pieces.len() > 1) {
        remarks.push("Lines are interrupted where points are missing.".to_owned());
    }
    if chart.lines.len() > LOOKS {
        remarks.push(format!("Every {LOOKS} lines the looks repeat."));
    }
    remarks
}

fn header() -> [String; 7] {
    [
        "chart", "line", "points", "first", "lowest", "highest", "last",
    ]
    .map(String::from)
}

/// A line in numbers, all of its points considered.
fn row(title: &str, Named { name, line, .. }: &Named<'_>) -> Vec<String> {
    let points = &line.points;
    let at = |point: Option<&(i64, i64)>| match point {
        Some(&(place, value)) => format!("{} at {place}", thousandths(value)),
        None => crate::text::NOTHING.to_owned(),
    };
    vec![
        title.to_owned(),
        name.clone(),
        crate::text::grouped(points.len() as u64),
        at(points.first()),
        at(points.iter().min_by_key(|point| point.1)),
        at(points.iter().rev().max_by_key(|point| point.1)),
        at(points.last()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(i64, i64)]) -> ChartLine {
        ChartLine {
            name: name.into(),
            points: points.to_vec(),
        }
    }

    fn chart(lines: Vec<ChartLine>) -> Chart {
        Chart {
            title: "Agreement".into(),
            x_name: "step".into(),
            y_name: "bits".into(),
            lines,
            note: String::new(),
        }
    }

    fn html(lines: Vec<ChartLine>) -> String {
        section(&[chart(lines)]).unwrap()
    }

    /// The corners of every piece of the chart's lines; axes are no lines of a hue.
    fn corners(html: &str) -> Vec<usize> {
        let drawn = html.split("<polyline").skip(1);
        let lines = drawn.filter(|tag| tag.contains("class=\"line hue"));
        let points = lines.filter_map(|tag| tag.split("points=\"").nth(1)?.split('"').next());
        points
            .map(|points| points.split_whitespace().count())
            .collect()
    }

    #[test]
    fn every_line_has_its_name_its_colour_and_its_numbers() {
        let html = html(vec![
            line("fc1", &[(1, 14_300), (2, 15_000), (3, 13_900)]),
            line("fc2", &[(1, 12_000), (2, 12_000), (3, -250)]),
        ]);
        for name in ["fc1", "fc2"] {
            assert!(html.contains(&format!("</svg>{name}</li>")));
        }
        assert!(html.contains("line hue0 dash0") && html.contains("line hue1 dash0"));
        assert!(html.contains("aria-label=\"Agreement: bits over step\""));
        for number in [
            "14.300 at 1",
            "15.000 at 2",
            "13.900 at 3",
            "12.000 at 1",
            "-0.250 at 3",
        ] {
            assert!(
                html.contains(&format!("<td class=\"number\">{number}</td>")),
                "{number}"
            );
        }
        assert!(!html.contains("class=\"note\""), "nothing to remark");
    }

    #[test]
    fn charts_and_lines_without_points_are_left_out() {
        assert_eq!(html(vec![]), "");
        assert_eq!(html(vec![line("fc1", &[])]), "");
        let html = section(&[
            chart(vec![line("empty", &[])]),
            chart(vec![line("empty", &[]), line("some", &[(1, 1)])]),
        ]);
        let html = html.unwrap();
        assert_eq!(html.matches("<figure>").count(), 1);
        assert!(!html.contains("empty") && html.contains("some"));
        assert!(html.contains("line hue1 dash0"), "a line keeps its colour");
    }

    #[test]
    fn one_point_equal_values_and_negative_values_are_drawn() {
        for points in [
            vec![(5, 0)],
            vec![(5, -7_000)],
            vec![(1, 2_000), (2, 2_000), (3, 2_000)],
            vec![(-2, -1), (-1, -1)],
            vec![(0, -5_000), (1, 5_000)],
        ] {
            let html = html(vec![line("fc1", &points)]);
            assert_eq!(html.matches("<circle").count(), points.len());
            assert!(!html.contains("NaN") && !html.contains(">\n-0\n"), "{html}");
        }
    }

    #[test]
    fn thinned_lines_are_light_and_say_so() {
        let many: Vec<_> = (0..9000).map(|x| (x, x * 7919 % 90_000)).collect();
        let html = html(vec![line("fc1", &many), line("fc2", &many[..400])]);
        assert!(html.contains("Lines of more than 400 points are thinned out"));
        assert!(html.contains("<td class=\"number\">9,000</td>"));
        let corners = corners(&html);
        assert!((200..=400).contains(&corners[0]), "{corners:?}");
        assert_eq!(corners[1], 400);
        assert!(html.len() < 20_000, "{} bytes", html.len());
    }

    #[test]
    fn missing_points_interrupt_their_line_and_it_is_said() {
        let html = html(vec![line("fc1", &[(1, 1), (2, 1), (3, 1), (8, 1), (9, 1)])]);
        assert_eq!(corners(&html), [3, 2]);
        assert!(html.contains("Lines are interrupted where points are missing."));
    }

    #[test]
    fn repeated_looks_are_remarked() {
        let lines = |many| html(vec![line("fc", &[(1, 1)]); many]);
        assert!(!lines(18).contains("the looks repeat"));
        assert!(lines(19).contains("Every 18 lines the looks repeat."));
    }

    #[test]
    fn names_that_are_missing_are_made_up() {
        let html = section(&[Chart {
            lines: vec![line("", &[(1, 1)])],
            note: "a < b".into(),
            ..Chart::default()
        }]);
        let html = html.unwrap();
        assert!(html.contains("<figcaption>Chart 1</figcaption>"));
        assert!(html.contains("</svg>line 1</li>"));
        assert!(html.contains("<p class=\"note\">a &lt; b</p>"));
    }
}
