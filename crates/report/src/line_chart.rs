//! Lines over whole numbers (epochs, steps) as inline SVG, with their legend.

use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::ink::{Ink, coloured_by_class};
use crate::scale::Scale;
use crate::text::escape;
use crate::{Error, Result};

/// The drawing library rounds to whole units, so charts are drawn this many times too large.
const FINE: i32 = 4;
/// Size of a chart in page units at its usual width.
const SIZE: (u32, u32) = (520, 320);
/// Room beside an axis: for its name, and for one letter of its numbers.
const NAME_ROOM: u32 = 20;
const LETTER_ROOM: u32 = 11;
/// An axis' name of more letters than this is cut short: it would leave the chart.
const LONGEST_NAME: usize = 28;

type Canvas<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// One line of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// Its name in the legend.
    pub(crate) name: String,
    /// How it looks.
    pub(crate) ink: Ink,
    /// Where it goes; between its pieces it is interrupted.
    pub(crate) pieces: Vec<Vec<(f64, f64)>>,
}

/// An axis with its name.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// What is written along it.
    pub(crate) name: String,
    /// From where to where it goes.
    pub(crate) scale: Scale,
}

/// A chart of lines; everything in it lies within its axes.
#[derive(Clone, Debug)]
pub(crate) struct LineChart {
    /// What the chart shows, for those who cannot see it.
    pub(crate) label: String,
    /// The axis along which time passes.
    pub(crate) across: Axis,
    /// The axis of what was measured.
    pub(crate) upright: Axis,
    /// The curves, the last one on top.
    pub(crate) curves: Vec<Curve>,
    /// Between which epochs the learning rate changed.
    pub(crate) rate_changes: Vec<f64>,
    /// A point to put a ring around.
    pub(crate) best: Option<(f64, f64)>,
}

impl LineChart {
    /// The chart as a `<figure>` under `title`, with its legend; `remarks` are what to know
    /// before reading it.
    pub(crate) fn figure(&self, title: &str, remarks: &[String]) -> Result<String> {
        let remarks = match remarks {
            [] => String::new(),
            some => format!("<p class=\"note\">{}</p>\n", escape(&some.join(" "))),
        };
        Ok(format!(
            "<figure>\n<figcaption>{}</figcaption>\n{remarks}\
             <ul class=\"legend\">\n{}</ul>\n{}</figure>\n",
            escape(title),
            self.legend(),
            self.svg()?
        ))
    }

    fn legend(&self) -> String {
        let mut html = String::new();
        for curve in &self.curves {
            html += &format!(
                "<li><svg viewBox=\"0 0 112 32\" aria-hidden=\"true\">\
                 <line class=\"line {}\" x1=\"0\" y1=\"16\" x2=\"112\" y2=\"16\"/></svg>{}</li>\n",
                curve.ink.class(),
                escape(&curve.name)
            );
        }
        html
    }

    /// The chart as an `<svg>` element that takes the width it is given.
    fn svg(&self) -> Result<String> {
        let mut svg = String::new();
        self.draw(&mut svg)
            .map_err(|problem| Error::Data(format!("cannot draw \"{}\": {problem}", self.label)))?;
        Ok(dressed(&svg, &self.label))
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let (across, upright) = (&self.across.scale, &self.upright.scale);
        let fine = FINE.unsigned_abs();
        let area = SVGBackend::with_string(svg, (SIZE.0 * fine, SIZE.1 * fine)).into_drawing_area();
        // Numbers hang over the right end by half of their width, and stand left of the lines.
        let right = (across.letters() * LETTER_ROOM / 2).max(14);
        let left = (NAME_ROOM + upright.letters() * LETTER_ROOM).max(56);
        let mut chart = ChartBuilder::on(&area)
            .margin_top(10 * FINE)
            .margin_right(right * fine)
            .margin_bottom(2 * FINE)
            .set_label_area_size(LabelAreaPosition::Left, left * fine)
            .set_label_area_size(LabelAreaPosition::Bottom, 42 * FINE)
            .build_cartesian_2d(across.clone(), upright.clone())?;
        mesh(&mut chart, &self.across.name, &self.upright.name)?;
        self.draw_marks(&mut chart, upright)?;
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
            let important = curve.ink == Ink::Output;
            let line = stroke(curve.ink, 2 + u32::from(important));
            let filled = curve.ink.colour().filled();
            let all: usize = curve.pieces.iter().map(Vec::len).sum();
            for piece in &curve.pieces {
                chart.draw_series(LineSeries::new(piece.iter().copied(), line))?;
                // A line through many points needs no dots; one through a single point has
                // nothing else.
                let dot = match (all, piece.len()) {
                    (0..=10, _) => 3 + i32::from(important),
                    (11..=40, _) | (_, 1) => 2 + i32::from(important),
                    _ => continue,
                };
                let dots = piece.iter();
                chart.draw_series(dots.map(|&point| Circle::new(point, dot * FINE, filled)))?;
            }
        }
        let ring = stroke(Ink::Output, 2);
        chart.draw_series(self.best.map(|point| Circle::new(point, 7 * FINE, ring)))?;
        Ok(())
    }
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.colour().stroke_width(width * FINE.unsigned_abs())
}

fn mesh(chart: &mut Canvas<'_, '_>, across: &str, upright: &str) -> Drawn {
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
        .x_desc(shortened(across))
        .y_desc(shortened(upright))
        .draw()?;
    Ok(())
}

/// `name`, or as much of it as has room.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let start = name.chars().take(LONGEST_NAME - 1);
    start.chain(['…']).collect()
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
    coloured_by_class(&html)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, scale: Scale) -> Axis {
        Axis {
            name: name.into(),
            scale,
        }
    }

    fn chart(pieces: Vec<Vec<(f64, f64)>>) -> LineChart {
        LineChart {
            label: "a \"chart\"".into(),
            across: axis("epoch", Scale::of_whole((0.0, u32::MAX.into()))),
            upright: axis("accuracy", Scale::of_accuracies([0.0, 100.0].into_iter())),
            curves: vec![Curve {
                name: "line".into(),
                ink: Ink::Line(0),
                pieces,
            }],
            rate_changes: vec![1.5],
            best: Some((1.0, 50.0)),
        }
    }

    #[test]
    fn every_mark_gets_its_colour_from_the_page() {
        let svg = chart(vec![vec![(1.0, 50.0), (2.0, 60.0)]]).svg().unwrap();
        assert!(!svg.contains("=\"#"), "a fixed colour is left: {svg}");
        assert!(svg.contains("class=\"line hue0 dash0\""));
        assert!(svg.contains("class=\"fill hue0 dash0\""));
        assert!(svg.contains("class=\"line rate\""));
    }

    #[test]
    fn a_chart_has_a_name_and_no_size() {
        let svg = chart(vec![vec![(1.0, 50.0)]]).svg().unwrap();
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
            assert!(chart(vec![points]).svg().is_ok());
        }
        assert!(chart(vec![]).svg().is_ok());
    }

    #[test]
    fn a_piece_of_a_single_point_is_a_dot_even_in_a_line_of_many_points() {
        let many: Vec<_> = (0..50).map(|x| (f64::from(x), 50.0)).collect();
        let dots = |pieces| {
            let svg = chart(pieces).svg().unwrap();
            svg.matches("<circle").count() - 1 // the ring
        };
        assert_eq!(dots(vec![many.clone()]), 0);
        assert_eq!(dots(vec![many, vec![(70.0, 50.0)]]), 1);
        assert_eq!(
            dots(vec![vec![(0.0, 1.0), (1.0, 1.0)], vec![(9.0, 1.0)]]),
            3
        );
    }

    #[test]
    fn long_names_of_axes_are_cut_between_letters() {
        let name = "é".repeat(LONGEST_NAME);
        assert_eq!(shortened(&name), name);
        let cut = shortened(&format!("{name}é"));
        assert_eq!(cut.chars().count(), LONGEST_NAME);
        assert!(cut.ends_with("é…"));
    }

    #[test]
    fn names_of_axes_reach_the_drawing_as_text() {
        let mut chart = chart(vec![]);
        chart.across.name = "<script>\" stroke=\"#C00000".into();
        let svg = chart.svg().unwrap();
        assert!(
            svg.contains("&lt;script&gt;&quot; stroke=&quot;#C00000"),
            "{svg}"
        );
    }
}
