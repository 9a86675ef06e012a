//! How large the weights are, tensor by tensor, and whether 16 bits hold them.

use crate::WeightMagnitudes;
use crate::page;
use crate::text::{counted, escape, grouped, percent, share};

/// A magnitude of 2^15 or more does not fit a 16-bit integer.
const INT16_BITS: usize = 15;
/// Columns of a histogram before the bar of 2^0: the zeros, and a gap of half a bar.
const BEFORE: f64 = 1.5;
/// Height of a histogram in its own units, and of its highest bar.
const HEIGHT: f64 = 100.0;
const HIGHEST: f64 = 84.0;
/// What is there at all is drawn at least this high.
const LOWEST: f64 = 4.0;

/// The section of the weights; nothing without tensors.
pub(crate) fn section(tensors: &[WeightMagnitudes]) -> String {
    if tensors.is_empty() {
        return String::new();
    }
    let bars = tensors.iter().map(bits).max().unwrap_or_default();
    let bars = (bars + 1).max(INT16_BITS + 2);
    let mut rows = String::new();
    for tensor in tensors {
        rows += &row(tensor, bars);
    }
    let body = format!(
        "<p>{}</p>\n<div class=\"wide\"><table class=\"weights\">\n\
         <thead><tr><th>Tensor</th><th class=\"plot\">Magnitudes, from 2<sup>k</sup> to below 2<sup>k+1</sup></th>\
         <th class=\"number\">Largest</th></tr></thead>\n<tbody>\n{rows}</tbody>\n\
         <tfoot><tr><td></td><td class=\"plot\">{}</td><td></td></tr></tfoot>\n</table></div>\n\
         <p class=\"note\">Bars are relative to the highest of their tensor; the grey one \
         holds the zeros, and what is rare is drawn larger than it is, so that it can be seen. \
         The vertical line stands at 2<sup>15</sup>: magnitudes to its right need more than \
         16 bits.</p>\n",
        sentence(tensors),
        axis(bars)
    );
    page::section("weights", "Weight magnitudes", &body)
}

/// Bits of the largest magnitude.
fn bits(tensor: &WeightMagnitudes) -> usize {
    let counted = tensor.powers.iter().rposition(|&count| count > 0);
    counted.map_or(0, |power| power + 1)
}

fn number_of(tensor: &WeightMagnitudes) -> u128 {
    u128::from(tensor.zeros) + sum(&tensor.powers)
}

fn sum(counts: &[u64]) -> u128 {
    counts.iter().map(|&count| u128::from(count)).sum()
}

/// Whether every weight fits 16 bits, in words.
fn sentence(tensors: &[WeightMagnitudes]) -> String {
    let all: u128 = tensors.iter().map(number_of).sum();
    let large =
        |tensor: &WeightMagnitudes| sum(tensor.powers.get(INT16_BITS..).unwrap_or_default());
    let beyond: u128 = tensors.iter().map(large).sum();
    let largest = tensors.iter().map(|tensor| tensor.max_abs).max();
    let largest = grouped(largest.unwrap_or_default());
    if beyond == 0 {
        return format!(
            "<strong>All weights fit int16</strong>: the largest magnitude among {} \
             is {largest}, and int16 holds up to 32,767.",
            counted(all, "weight")
        );
    }
    format!(
        "<strong>Not all weights fit int16</strong>: {} of {}, in {} of {}, \
         are above 32,767 in magnitude; the largest is {largest}.",
        grouped(beyond),
        counted(all, "weight"),
        tensors.iter().filter(|tensor| large(tensor) > 0).count(),
        counted(tensors.len() as u64, "tensor")
    )
}

fn row(tensor: &WeightMagnitudes, bars: usize) -> String {
    let all = number_of(tensor);
    format!(
        "<tr><th scope=\"row\">{}<small>{}</small></th>\n<td class=\"plot\">{}</td>\n\
         <td class=\"number\">{}<small>{} zero</small></td></tr>\n",
        escape(&tensor.name),
        counted(all, "weight"),
        histogram(tensor, all, bars),
        grouped(tensor.max_abs),
        percent(tensor.zeros.into(), all)
    )
}

fn histogram(tensor: &WeightMagnitudes, all: u128, bars: usize) -> String {
    let label = format!("Magnitudes of the weights of {}", tensor.name);
    let counts = tensor.powers.iter().copied().chain([tensor.zeros]);
    let most = counts.max().unwrap_or_default();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">\n",
        BEFORE + bars as f64,
        escape(&label)
    );
    svg += &bar(
        0.0,
        tensor.zeros,
        most,
        "zero",
        &hover("0", tensor.zeros, all),
    );
    for (power, &count) in tensor.powers.iter().enumerate() {
        let class = if power < INT16_BITS { "fits" } else { "large" };
        let range = format!("2^{power} to below 2^{}", power + 1);
        let left = BEFORE + power as f64;
        svg += &bar(left, count, most, class, &hover(&range, count, all));
    }
    let limit = BEFORE + INT16_BITS as f64;
    svg += &format!(
        "<line class=\"limit\" x1=\"{limit}\" y1=\"0\" x2=\"{limit}\" y2=\"{HEIGHT}\"/>\n\
         <line class=\"floor\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{}\" y2=\"{HEIGHT}\"/>\n</svg>",
        BEFORE + bars as f64
    );
    svg
}

fn hover(range: &str, count: u64, all: u128) -> String {
    let share = percent(count.into(), all);
    format!("{range}: {} ({share})", counted(count, "weight"))
}

fn bar(left: f64, count: u64, most: u64, class: &str, hover: &str) -> String {
    if count == 0 {
        return String::new();
    }
    let height = (share(count.into(), most.into()) * HIGHEST).max(LOWEST);
    format!(
        "<rect class=\"{class}\" x=\"{:.2}\" y=\"{:.2}\" width=\"0.88\" height=\"{height:.2}\">\
         <title>{hover}</title></rect>\n",
        left + 0.06,
        HEIGHT - height
    )
}

/// The numbers under the histograms, at the left edges of their bars.
fn axis(bars: usize) -> String {
    let mut html = String::from("<div class=\"powers\">");
    let mut number = |left: f64, class: &str, text: &str| {
        let left = left * 100.0 / (BEFORE + bars as f64);
        html += &format!("<span{class} style=\"left:{left:.2}%\">{text}</span>");
    };
    number(0.5, "", "0");
    let step = if bars > 32 { INT16_BITS } else { 5 };
    for power in (0..=bars).step_by(step) {
        let (class, word) = match power == INT16_BITS {
            true => (" class=\"limit\"", "int16 "),
            false => ("", ""),
        };
        let text = format!("{word}2<sup>{power}</sup>");
        number(BEFORE + power as f64, class, &text);
    }
    html + "</div>"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(max_abs: u64, powers: &[u64]) -> WeightMagnitudes {
        WeightMagnitudes {
            name: "fc".into(),
            max_abs,
            zeros: 2,
            powers: powers.to_vec(),
        }
    }

    #[test]
    fn the_sentence_flips_between_32767_and_32768() {
        let mut powers = vec![1; 15];
        let html = section(&[tensor(32_767, &powers)]);
        assert!(html.contains("All weights fit int16"));
        assert!(html.contains("among 17 weights is 32,767"));
        assert!(!html.contains("class=\"large\""));

        powers.push(3);
        let html = section(&[tensor(5, &[1, 1, 1]), tensor(32_768, &powers)]);
        assert!(html.contains("Not all weights fit int16"));
        assert!(html.contains("3 of 25 weights, in 1 of 2 tensors"));
        assert_eq!(html.matches("class=\"large\"").count(), 1);
    }

    #[test]
    fn the_line_of_int16_is_in_every_histogram_and_on_the_axis() {
        for powers in [&[1][..], &[1; 20], &[1; 64]] {
            let largest = 1 << (powers.len() - 1);
            let html = section(&[tensor(largest, powers), tensor(largest, powers)]);
            assert_eq!(html.matches("class=\"limit\" x1=\"16.5\"").count(), 2);
            assert_eq!(html.matches("\">int16 2<sup>15</sup></span>").count(), 1);
        }
    }

    #[test]
    fn rare_weights_are_still_drawn() {
        let html = section(&[tensor(3, &[1_000_000, 1])]);
        assert!(html.contains("height=\"84.00\""));
        assert_eq!(
            html.matches("height=\"4.00\"").count(),
            2,
            "the zeros and the rare one"
        );
    }

    #[test]
    fn tensors_without_weights_and_with_the_most_are_drawn() {
        let empty = WeightMagnitudes::default();
        assert!(section(&[empty]).contains("among 0 weights is 0"));
        let most = WeightMagnitudes {
            max_abs: u64::MAX,
            zeros: u64::MAX,
            powers: vec![u64::MAX; 64],
            ..WeightMagnitudes::default()
        };
        assert!(section(&[most]).contains("Not all weights fit int16"));
    }
}
