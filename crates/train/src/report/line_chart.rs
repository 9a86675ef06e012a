//! Accuracy over epochs as inline SVG.
//!
//! The drawing library wants a fixed colour for every mark, but the page has two sets of them,
//! for light and for dark. So it is given one made-up colour a [`Ink`], and `dressed` turns
//! these into classes that the page's style colours.

use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::scale::Scale;
use super::text::escape;
use crate::{Error, Result};

/// The drawing library rounds to whole units, so charts are drawn this many times too large.
const FINE: i32 = 4;
/// Size of a chart in page units at its usual width.
const SIZE: (u32, u32) = (520, 320);
/// Hues and dash patterns that the page's style knows.
const HUES: u8 = 6;
const DASHES: u8 = 3;
/// First byte of a made-up colour, by which `dressed` knows it.
const MADE_UP: u8 = 0xC0;

type Canvas<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// What a mark stands for, and thereby its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words and numbers.
    Label,
    /// Lines to read values by.
    Grid,
    /// A change of the learning rate.
    Rate,
    /// The output's accuracy on the samples that decide.
    Output,
    /// The output's accuracy on the training samples.
    Train,
    /// The accuracy of one block's head, counted from 0. Hues repeat with other dashes.
    Head(usize),
}

impl Ink {
    fn colour(self) -> RGBColor {
        let (kind, hue) = match self {
            Ink::Label => (0, 0),
            Ink::Grid => (0, 1),
            Ink::Rate => (0, 2),
            Ink::Output => (0, 3),
            Ink::Train => (0, 4),
            Ink::Head(number) => (
                1 + cycle(number / usize::from(HUES), DASHES),
                cycle(number, HUES),
            ),
        };
        RGBColor(MADE_UP, kind, hue)
    }

    /// The classes that the page's style colours and dashes.
    pub(super) fn class(self) -> String {
        class(self.colour())
    }
}

fn cycle(number: usize, length: u8) -> u8 {
    u8::try_from(number % usize::from(length)).unwrap_or_default()
}

fn class(RGBColor(_, kind, hue): RGBColor) -> String {
    match (kind, hue) {
        (0, 0) => "label".to_owned(),
        (0, 1) => "grid".to_owned(),
        (0, 2) => "rate".to_owned(),
        (0, 3) => "output".to_owned(),
        (0, _) => "train".to_owned(),
        (dash, hue) => format!("hue{hue} dash{}", dash - 1),
    }
}

/// One line of a chart: (epoch, per cent) by (epoch, per cent).
#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// How it looks.
    pub(super) ink: Ink,
    /// Where it goes.
    pub(super) points: Vec<(f64, f64)>,
}

/// A chart of accuracies over epochs.
#[derive(Clone, Debug)]
pub(super) struct LineChart {
    /// What the chart shows, for those who cannot see it.
    pub(super) label: String,
    /// The first and the last epoch; everything below lies between them.
    pub(super) epochs: (f64, f64),
    /// The curves, the last one on top.
    pub(super) curves: Vec<Curve>,
    /// Between which epochs the learning rate changed.
    pub(super) rate_changes: Vec<f64>,
    /// A point to put a ring around.
    pub(super) best: Option<(f64, f64)>,
}

impl LineChart {
    /// The chart as an `<svg>` element that takes the width it is given.
    pub(super) fn svg(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw(&mut svg)
            .map_err(|problem| Error::Data(format!("cannot draw \"{}\": {problem}", self.label)))?;
        Ok(dressed(&svg, &self.label))
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let epochs = Scale::of_epochs(self.epochs);
        let accuracies = Scale::of_accuracies(points.map(|point| point.1));
        let fine = FINE.unsigned_abs();
        let area = SVGBackend::with_string(svg, (SIZE.0 * fine, SIZE.1 * fine)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin_top(10 * FINE)
            .margin_right(14 * FINE)
            .margin_bottom(2 * FINE)
            .set_label_area_size(LabelAreaPosition::Left, 56 * FINE)
            .set_label_area_size(LabelAreaPosition::Bottom, 42 * FINE)
            .build_cartesian_2d(epochs, accuracies.clone())?;
        mesh(&mut chart)?;
        self.draw_marks(&mut chart, &accuracies)?;
        self.draw_curves(&mut chart)?;
        drop(chart);
        area.present()?;
        Ok(())
    }

    fn draw_marks(&self, chart: &mut Canvas<'_, '_>, heights: &Scale) -> Drawn {
        let style = stroke(Ink::Rate, 1);
        for &epoch in &self.rate_changes {
            let ends = vec![(epoch, heights.low), (epoch, heights.high)];
            chart.draw_series([PathElement::new(ends, style)])?;
        }
        Ok(())
    }

    fn draw_curves(&self, chart: &mut Canvas<'_, '_>) -> Drawn {
        for curve in &self.curves {
            let points = || curve.points.iter().copied();
            let important = curve.ink == Ink::Output;
            let line = stroke(curve.ink, 2 + u32::from(important));
            chart.draw_series(LineSeries::new(points(), line))?;
            // A line through many points needs no dots, and one through a single point only them.
            let dot = match curve.points.len() {
                0..=10 => 3 + i32::from(important),
                11..=40 => 2 + i32::from(important),
                _ => continue,
            };
            let filled = curve.ink.colour().filled();
            chart.draw_series(points().map(|point| Circle::new(point, dot * FINE, filled)))?;
        }
        let ring = stroke(Ink::Output, 2);
        chart.draw_series(self.best.map(|point| Circle::new(point, 7 * FINE, ring)))?;
        Ok(())
    }
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.colour().stroke_width(width * FINE.unsigned_abs())
}

fn mesh(chart: &mut Canvas<'_, '_>) -> Drawn {
    let words = ("sans-serif", 15 * FINE)
        .into_font()
        .color(&Ink::Label.colour());
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(stroke(Ink::Grid, 1))
        .light_line_style(TRANSPARENT)
        .axis_style(stroke(Ink::Grid, 1))
        .label_style(words.clone())
        .axis_desc_style(words.pos(Pos::new(HPos::Center, VPos::Top)))
        .x_desc("epoch")
        .y_desc("accuracy (%)")
        .draw()?;
    Ok(())
}

/// The library's picture with classes for its made-up colours, a name, and no size of its own.
fn dressed(svg: &str, label: &str) -> String {
    let label = escape(label);
    let fine = FINE.unsigned_abs();
    let mut html = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{label}\">\n<title>{label}</title>\n",
        SIZE.0 * fine,
        SIZE.1 * fine
    );
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    html += inside.trim_start();
    for (attribute, kind) in [("stroke", "line"), ("fill", "fill")] {
        html = with_classes(&html, attribute, kind);
    }
    html
}

/// `svg` with `class="<kind> <ink>"` for every made-up colour in `attribute`.
fn with_classes(svg: &str, attribute: &str, kind: &str) -> String {
    let start = format!("{attribute}=\"#{MADE_UP:02X}");
    let mut pieces = svg.split(start.as_str());
    let mut html = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let byte = |at: usize| {
            piece
                .get(at..at + 2)
                .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        };
        match (byte(0), byte(2), piece.get(4..)) {
            (Some(ink), Some(hue), Some(rest)) => {
                let ink = class(RGBColor(MADE_UP, ink, hue));
                html += &format!("class=\"{kind} {ink}{rest}");
            }
            _ => html += &format!("{start}{piece}"),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::super::style::STYLE;
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        LineChart {
            label: "a \"chart\"".into(),
            epochs: (0.0, u32::MAX.into()),
            curves: vec![Curve {
                ink: Ink::Head(0),
                points,
            }],
            rate_changes: vec![1.5],
            best: Some((1.0, 50.0)),
        }
    }

    #[test]
    fn every_mark_gets_its_colour_from_the_page() {
        let svg = chart(vec![(1.0, 50.0), (2.0, 60.0)]).svg().unwrap();
        assert!(!svg.contains("=\"#"), "a fixed colour is left: {svg}");
        assert!(svg.contains("class=\"line hue0 dash0\""));
        assert!(svg.contains("class=\"fill hue0 dash0\""));
        assert!(svg.contains("class=\"line rate\""));
    }

    #[test]
    fn every_ink_is_known_to_the_style() {
        let heads = (0..usize::from(HUES * DASHES)).map(Ink::Head);
        let others = [Ink::Label, Ink::Grid, Ink::Rate, Ink::Output, Ink::Train];
        for ink in others.into_iter().chain(heads) {
            for class in ink.class().split(' ').filter(|&class| class != "dash0") {
                assert!(STYLE.contains(&format!(".{class}")), "{class} has no style");
            }
        }
    }

    #[test]
    fn heads_look_different_until_all_hues_and_dashes_are_used() {
        let classes = |many| {
            let mut classes: Vec<_> = (0..many).map(|head| Ink::Head(head).class()).collect();
            classes.sort();
            classes.dedup();
            classes.len()
        };
        assert_eq!(classes(18), 18);
        assert_eq!(classes(19), 18);
    }

    #[test]
    fn a_chart_has_a_name_and_no_size() {
        let svg = chart(vec![(1.0, 50.0)]).svg().unwrap();
        assert!(svg.starts_with("<svg viewBox=\"0 0 2080 1280\" role=\"img\""));
        assert!(svg.contains("<title>a &quot;chart&quot;</title>"));
        assert!(svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn charts_of_few_and_of_extreme_points_are_drawn() {
        let last = f64::from(u32::MAX);
        for points in [
            vec![],
            vec![(0.0, 0.0)],
            vec![(last, 100.0)],
            vec![(0.0, 100.0), (last, 0.0)],
        ] {
            assert!(chart(points).svg().is_ok());
        }
    }
}
