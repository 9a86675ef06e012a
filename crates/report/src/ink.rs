//! What the marks of a chart stand for, and how the page's style colours them.
//!
//! The drawing library wants a fixed colour for every mark, but the page has two sets of them,
//! for light and for dark. So it is given one made-up colour a [`Ink`], and
//! [`coloured_by_class`] turns these into classes that the page's style colours.

use plotters::style::RGBColor;

/// Hues and dash patterns that the page's style knows.
const HUES: u8 = 6;
const DASHES: u8 = 3;
/// Lines that look different from each other.
pub(crate) const LOOKS: usize = (HUES * DASHES) as usize;
/// First byte of a made-up colour, by which [`coloured_by_class`] knows it.
const MADE_UP: u8 = 0xC0;

/// What a mark stands for, and thereby its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
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
    /// One of many lines of equal rank, counted from 0: a block's head, a matrix, a phase.
    /// Hues repeat with other dashes.
    Line(usize),
}

impl Ink {
    /// The made-up colour that the drawing library is given.
    pub(crate) fn colour(self) -> RGBColor {
        let (kind, hue) = match self {
            Ink::Label => (0, 0),
            Ink::Grid => (0, 1),
            Ink::Rate => (0, 2),
            Ink::Output => (0, 3),
            Ink::Train => (0, 4),
            Ink::Line(number) => (
                1 + cycle(number / usize::from(HUES), DASHES),
                cycle(number, HUES),
            ),
        };
        RGBColor(MADE_UP, kind, hue)
    }

    /// The classes that the page's style colours and dashes.
    pub(crate) fn class(self) -> String {
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

/// `svg` with classes in place of the made-up colours of its strokes and fills.
pub(crate) fn coloured_by_class(svg: &str) -> String {
    let strokes = with_classes(svg, "stroke", "line");
    with_classes(&strokes, "fill", "fill")
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
    use super::*;
    use crate::style::STYLE;

    #[test]
    fn every_ink_is_known_to_the_style() {
        let lines = (0..LOOKS).map(Ink::Line);
        let others = [Ink::Label, Ink::Grid, Ink::Rate, Ink::Output, Ink::Train];
        for ink in others.into_iter().chain(lines) {
            for class in ink.class().split(' ').filter(|&class| class != "dash0") {
                assert!(STYLE.contains(&format!(".{class}")), "{class} has no style");
            }
        }
    }

    #[test]
    fn lines_look_different_until_all_hues_and_dashes_are_used() {
        let classes = |many| {
            let mut classes: Vec<_> = (0..many).map(|line| Ink::Line(line).class()).collect();
            classes.sort();
            classes.dedup();
            classes.len()
        };
        assert_eq!(classes(18), 18);
        assert_eq!(classes(19), 18);
    }
}
