//! How a check ended.

use std::fmt;

/// How a check ended. What could not be checked says so, and how it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    Skipped(String),
}

impl Verdict {
    pub(super) fn passed_if(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }

    /// Failed if either is; skipped if either is.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Failed, _) | (_, Self::Failed) => Self::Failed,
            (Self::Passed, verdict) | (verdict, Self::Passed) => verdict,
            (Self::Skipped(one), Self::Skipped(two)) => Self::Skipped(format!("{one}; {two}")),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("ok"),
            Self::Failed => f.write_str("FAILED"),
            Self::Skipped(why) => write!(f, "SKIPPED: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Failed, Passed, Skipped};

    #[test]
    fn a_failure_outweighs_a_skipped_check_and_that_one_a_passed_one() {
        let skipped = || Skipped("no network".into());
        for (one, two, both) in [
            (Passed, Passed, Passed),
            (Passed, skipped(), skipped()),
            (skipped(), Failed, Failed),
            (Failed, Passed, Failed),
        ] {
            assert_eq!(Verdict::and(one, two), both);
        }
    }
}
