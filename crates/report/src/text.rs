//! How words and numbers are written into the page.

use nearfield_train::history::Tally;

/// Stands where there is no number to show.
pub(crate) const NOTHING: &str = "–";

/// `text` made safe inside an element or a quoted attribute. Names of classes and files come
/// from strangers: nothing reaches the page but through here.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

/// `part` of `whole` in hundredths of a per cent, rounded half up; none of nothing is unknown.
fn hundredths(part: u128, whole: u128) -> Option<u128> {
    let twice = part.checked_mul(20_000)?.checked_add(whole)?;
    twice.checked_div(whole.checked_mul(2)?)
}

/// `part` of `whole` as `97.94%`.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    match hundredths(part, whole) {
        Some(share) => format!("{}.{:02}%", share / 100, share % 100),
        None => NOTHING.to_owned(),
    }
}

/// An accuracy as `97.94%`.
pub(crate) fn accuracy(tally: Tally) -> String {
    percent(tally.correct.into(), tally.seen.into())
}

/// `part` of `whole` as a number from 0 to 1, for drawing only; 0 of nothing.
pub(crate) fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// A count with its thousands apart: `60,000`.
pub(crate) fn grouped(count: impl Into<u128>) -> String {
    let digits = count.into().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Thousandths as a number: `-1,024.500`.
pub(crate) fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    format!("{sign}{}.{:03}", grouped(size / 1000), size % 1000)
}

/// A count with its noun: `1 epoch`, `2 epochs`.
pub(crate) fn counted(count: impl Into<u128>, noun: &str) -> String {
    let count = count.into();
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_two_decimals_and_round_half_up() {
        assert_eq!(percent(9794, 10_000), "97.94%");
        assert_eq!(percent(1, 3), "33.33%");
        assert_eq!(percent(2, 3), "66.67%");
        assert_eq!(percent(1, 20_000), "0.01%");
        assert_eq!(percent(1, 20_001), "0.00%");
        assert_eq!(percent(7, 7), "100.00%");
    }

    #[test]
    fn a_share_of_nothing_is_no_number() {
        assert_eq!(accuracy(Tally::default()), NOTHING);
        assert_eq!(share(0, 0), 0.0);
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!(grouped(0_u64), "0");
        assert_eq!(grouped(999_u64), "999");
        assert_eq!(grouped(60_000_u64), "60,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1_u32, "epoch"), "1 epoch");
        assert_eq!(counted(2000_u32, "epoch"), "2,000 epochs");
    }

    #[test]
    fn thousandths_have_three_decimals_and_keep_their_sign() {
        assert_eq!(thousandths(0), "0.000");
        assert_eq!(thousandths(-1), "-0.001");
        assert_eq!(thousandths(14_300), "14.300");
        assert_eq!(thousandths(-1_024_500), "-1,024.500");
        assert_eq!(thousandths(i64::MIN), "-9,223,372,036,854,775.808");
    }

    #[test]
    fn every_letter_that_html_reads_is_escaped() {
        assert_eq!(
            escape(r#"<a b="c" d='e'>&"#),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"
        );
    }
}
