//! Decimals read exactly: an integer and a number of decimals, never a float.

use std::fmt;

/// Most decimals that a value may have.
pub(super) const MAX_DECIMALS: u8 = 12;

/// Scaled values stay below this in magnitude: what `f64` and JSON readers hold exactly.
pub(super) const MAGNITUDE_BOUND: u64 = 1 << 53;

/// `mantissa / 10^decimals`, with as few decimals as the number needs: `5.10` and `51e-1` are
/// the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// The digits with their sign, below [`MAGNITUDE_BOUND`] in magnitude.
    pub(super) mantissa: i64,
    /// At most [`MAX_DECIMALS`].
    pub(super) decimals: u8,
}

/// Why a text is no decimal that can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotANumber,
    NotFinite,
    TooManyDecimals(u64),
    TooLarge,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotANumber => write!(
                f,
                "is not a number; remove the column or write its categories as numbers"
            ),
            Refusal::NotFinite => write!(f, "is not finite; replace it or remove the row"),
            Refusal::TooManyDecimals(decimals) => write!(
                f,
                "has {decimals} decimals; round it to {MAX_DECIMALS} or fewer"
            ),
            Refusal::TooLarge => write!(
                f,
                "reaches 2^53 once its decimals are counted in; choose a larger unit or fewer \
                 digits"
            ),
        }
    }
}

impl Decimal {
    /// Reads an optional sign, digits with an optional point, and an optional exponent.
    pub(super) fn parse(text: &str) -> Result<Decimal, Refusal> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if ["inf", "infinity", "nan"]
            .iter()
            .any(|word| unsigned.eq_ignore_ascii_case(word))
        {
            return Err(Refusal::NotFinite);
        }
        let (number, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !digits.clone().all(|digit| digit.is_ascii_digit())
        {
            return Err(Refusal::NotANumber);
        }
        let decimals = i64::try_from(fraction.len())
            .unwrap_or(i64::MAX)
            .saturating_sub(exponent);
        assemble(negative, digits.map(|digit| digit - b'0'), decimals)
    }

    /// The value times `10^decimals`, or `None` where it needs more decimals or reaches
    /// [`MAGNITUDE_BOUND`].
    pub(super) fn scaled(self, decimals: u8) -> Option<i64> {
        let places = decimals.checked_sub(self.decimals)?;
        let scaled = self
            .mantissa
            .checked_mul(10i64.checked_pow(places.into())?)?;
        (scaled.unsigned_abs() < MAGNITUDE_BOUND).then_some(scaled)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10u64.pow(self.decimals.into());
        let (whole, fraction) = (
            self.mantissa.unsigned_abs() / unit,
            self.mantissa.unsigned_abs() % unit,
        );
        let sign = if self.mantissa < 0 { "-" } else { "" };
        match usize::from(self.decimals) {
            0 => write!(f, "{sign}{whole}"),
            width => write!(f, "{sign}{whole}.{fraction:0width$}"),
        }
    }
}

/// Saturates: a number with such an exponent is zero or out of range in any case.
fn read_exponent(text: &str) -> Result<i64, Refusal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Refusal::NotANumber);
    }
    let limit = i64::from(i32::MAX);
    let size = digits.parse().map_or(limit, |size: i64| size.min(limit));
    Ok(if text.starts_with('-') { -size } else { size })
}

/// Puts `digits / 10^decimals` together, with as few decimals as the number needs.
fn assemble(
    negative: bool,
    digits: impl Iterator<Item = u8>,
    decimals: i64,
) -> Result<Decimal, Refusal> {
    let (mantissa, zeros) = gather(digits);
    if mantissa == Some(0) {
        return Ok(Decimal {
            mantissa: 0,
            decimals: 0,
        });
    }
    let decimals = decimals.saturating_sub(zeros.into());
    let missing_zeros = u32::try_from(decimals.saturating_neg()).unwrap_or(u32::MAX);
    let (mantissa, decimals) = match decimals {
        ..0 => (mantissa.and_then(|m| shifted(m, missing_zeros)), 0),
        _ => (mantissa, decimals.unsigned_abs()),
    };
    let decimals = u8::try_from(decimals)
        .ok()
        .filter(|&decimals| decimals <= MAX_DECIMALS)
        .ok_or(Refusal::TooManyDecimals(decimals))?;
    let mantissa = mantissa
        .filter(|&mantissa| mantissa < MAGNITUDE_BOUND)
        .and_then(|mantissa| i64::try_from(mantissa).ok())
        .ok_or(Refusal::TooLarge)?;
    Ok(Decimal {
        mantissa: if negative { -mantissa } else { mantissa },
        decimals,
    })
}

/// The integer that `digits` write without the zeros at their end (`None` if it is too large),
/// and the number of these zeros. A zero waits for another digit before it costs range.
fn gather(digits: impl Iterator<Item = u8>) -> (Option<u64>, u32) {
    let mut mantissa = Some(0);
    let mut zeros = 0u32;
    for digit in digits {
        if digit == 0 {
            zeros = zeros.saturating_add(1);
            continue;
        }
        mantissa = mantissa
            .and_then(|mantissa| shifted(mantissa, zeros.saturating_add(1)))
            .map(|mantissa| mantissa + u64::from(digit));
        zeros = 0;
    }
    (mantissa, zeros)
}

/// `mantissa * 10^zeros`, while there is room for another digit after it.
fn shifted(mantissa: u64, zeros: u32) -> Option<u64> {
    if mantissa == 0 {
        return Some(0);
    }
    let shifted = mantissa.checked_mul(10u64.checked_pow(zeros)?)?;
    (shifted <= u64::MAX - 9).then_some(shifted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(mantissa: i64, decimals: u8) -> Result<Decimal, Refusal> {
        Ok(Decimal { mantissa, decimals })
    }

    #[test]
    fn decimals_are_read_exactly() {
        let cases = [
            ("0", 0, 0),
            ("-0.000", 0, 0),
            ("0e999999999999999999999", 0, 0),
            ("0.0e-50", 0, 0),
            ("5.1", 51, 1),
            ("5.100", 51, 1),
            ("+.5", 5, 1),
            ("-7.", -7, 0),
            ("0.1", 1, 1),
            ("1e3", 1000, 0),
            ("1.50E2", 150, 0),
            ("1200e-2", 12, 0),
            ("1205e-2", 1205, 2),
            ("100000000000000000000000e-23", 1, 0),
            ("0.000000000001", 1, 12),
            ("0000000000000000000000000000012.50000000000000000", 125, 1),
            ("9007199254740991", (1 << 53) - 1, 0),
            ("-9007.199254740991", -(1 << 53) + 1, 12),
        ];
        for (text, mantissa, decimals) in cases {
            assert_eq!(Decimal::parse(text), decimal(mantissa, decimals), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "+", "-", ".", "e5", "1e", "1e+", "--1", "+-1", "1.2.3", "1,5", "0x10", "1_0",
            "1 2", "abc", "1e5.0", "\u{0661}", "1f",
        ] {
            assert_eq!(Decimal::parse(text), Err(Refusal::NotANumber), "{text}");
        }
        for text in ["nan", "-NaN", "inf", "-Infinity", "+INF"] {
            assert_eq!(Decimal::parse(text), Err(Refusal::NotFinite), "{text}");
        }
    }

    #[test]
    fn too_many_decimals_and_too_large_values_are_refused() {
        let many = Refusal::TooManyDecimals;
        assert_eq!(Decimal::parse("0.0000000000001"), Err(many(13)));
        assert_eq!(Decimal::parse("0.3333333333333333333333333"), Err(many(25)));
        assert_eq!(Decimal::parse("1e-999999999999"), Err(many(0x7fff_ffff)));
        for text in [
            "9007199254740992",
            "-9007199254740992",
            "9007.199254740992",
            "1e16",
            "1e400",
            "1e99999999999",
            "18446744073709551617",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(Decimal::parse(text), Err(Refusal::TooLarge), "{text}");
        }
    }

    #[test]
    fn scaled_is_exact_or_refused() {
        let value = Decimal {
            mantissa: -51,
            decimals: 1,
        };
        assert_eq!(value.scaled(1), Some(-51));
        assert_eq!(value.scaled(3), Some(-5100));
        assert_eq!(value.scaled(0), None);
        let large = Decimal {
            mantissa: (1 << 53) / 10 + 1,
            decimals: 0,
        };
        assert_eq!(large.scaled(1), None);
        assert_eq!(large.scaled(255), None);
    }

    proptest! {
        #[test]
        fn a_decimal_written_out_is_read_back(
            mantissa in -((1i64 << 53) - 1)..1 << 53,
            decimals in 0u8..=12,
            zeros in 0usize..30,
        ) {
            let mut text = Decimal { mantissa, decimals }.to_string();
            if decimals > 0 {
                text.push_str(&"0".repeat(zeros));
            }
            let read = Decimal::parse(&text).unwrap();
            prop_assert_eq!(read.scaled(decimals), Some(mantissa));
            let shifted = Decimal::parse(&format!("{mantissa}e-{decimals}")).unwrap();
            prop_assert_eq!(shifted, read);
        }

        #[test]
        fn no_text_panics(text in "[-+.eE0-9nainf]{0,40}|.{0,20}") {
            let _ = Decimal::parse(&text);
        }
    }
}
