//! What an observer is told of a run while it goes on.

use nearfield_int::StepCount;
use nearfield_train::history::{EpochRecord, Tally};

/// Told about a run as it goes on.
pub trait Observer {
    /// Something a person should know.
    fn note(&mut self, text: &str);
    /// An epoch begins, with this many steps already made of all its steps.
    fn epoch_begins(&mut self, epoch: u32, epochs: u32, made: u64, steps: u64);
    /// A step was made on `samples` samples; `counts` are the epoch's so far.
    fn step(&mut self, samples: usize, counts: &StepCount);
    /// An epoch has ended.
    fn epoch_ends(&mut self, record: &EpochRecord);
}

/// Tells nobody.
impl Observer for () {
    fn note(&mut self, _text: &str) {}

    fn epoch_begins(&mut self, _epoch: u32, _epochs: u32, _made: u64, _steps: u64) {}

    fn step(&mut self, _samples: usize, _counts: &StepCount) {}

    fn epoch_ends(&mut self, _record: &EpochRecord) {}
}

/// Per cent with two decimals.
pub fn percent(tally: Tally) -> String {
    match tally.seen {
        0 => "-".into(),
        // Two decimals, rounded half up, in integers.
        seen => {
            let scaled = (u128::from(tally.correct) * 20_000 / u128::from(seen)).div_ceil(2);
            format!("{}.{:02} %", scaled / 100, scaled % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_to_two_decimals() {
        let of = |correct, seen| percent(Tally { correct, seen });
        assert_eq!(of(0, 0), "-");
        assert_eq!(of(1, 3), "33.33 %");
        assert_eq!(of(2, 3), "66.67 %");
        assert_eq!(of(10, 10), "100.00 %");
        assert_eq!(of(9736, 10_000), "97.36 %");
    }
}
