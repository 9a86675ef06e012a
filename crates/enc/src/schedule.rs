//! Learning rate, decay and momentum: of a step, and over a training.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The hyperparameters of a step. They are public.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// The learning rate.
    pub rate: f64,
    /// Coupled decay of weights.
    pub decay: f64,
    /// Momentum.
    pub momentum: f64,
}

/// The hyperparameters of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSpec {
    /// The first learning rate.
    pub rate: f64,
    /// Coupled decay of weights.
    pub decay: f64,
    /// Nesterov momentum.
    pub momentum: f64,
    /// How the rate changes.
    pub schedule: Schedule,
}

/// How a learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// It does not.
    Constant,
    /// Constant at first, then cosines with warm restarts.
    Cosine {
        /// Steps at the first rate.
        constant_steps: u64,
        /// Steps of a cosine.
        period: u64,
        /// The rate that a cosine ends at.
        minimum: f64,
    },
}

impl Schedule {
    /// The schedule of the reference implementation: constant for five epochs, then cosines of 50
    /// steps down to 1e-7.
    ///
    /// # Source
    /// The reference implementation of ReBoot.
    pub fn reference(steps_per_epoch: u64) -> Self {
        Schedule::Cosine {
            constant_steps: steps_per_epoch.saturating_mul(5),
            period: 50,
            minimum: 1e-7,
        }
    }
}

impl RateSpec {
    /// The default momentum.
    pub const MOMENTUM: f64 = 0.9;

    /// A constant rate, no decay, and the default momentum.
    pub fn constant(rate: f64) -> Self {
        RateSpec {
            rate,
            decay: 0.0,
            momentum: Self::MOMENTUM,
            schedule: Schedule::Constant,
        }
    }

    /// The rates of a step, counted from 0.
    pub fn at(&self, step: u64) -> Rates {
        let rate = match self.schedule {
            Schedule::Constant => self.rate,
            Schedule::Cosine {
                constant_steps,
                period,
                minimum,
            } => match step.checked_sub(constant_steps) {
                None => self.rate,
                Some(step) => {
                    let period = period.max(1);
                    #[allow(clippy::cast_precision_loss, reason = "a fraction for a cosine")]
                    let part = (step % period) as f64 / period as f64;
                    minimum + (self.rate - minimum) * (1.0 + (PI * part).cos()) / 2.0
                }
            },
        };
        Rates {
            rate,
            decay: self.decay,
            momentum: self.momentum,
        }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`Error::Setting`] names the one that is out of range.
    pub fn check(&self) -> Result<()> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let refuse = |setting, value: f64, range: &str| {
            Err(Error::setting(setting, format!("is {value}; give {range}")))
        };
        if !positive(self.rate) || self.rate > 1e3 {
            return refuse("training.rate", self.rate, "a number above 0, at most 1000");
        }
        if !(0.0..=1e3).contains(&self.decay) {
            return refuse("training.decay", self.decay, "a number from 0 to 1000");
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return refuse(
                "training.momentum",
                self.momentum,
                "a number from 0 to below 1",
            );
        }
        if let Schedule::Cosine {
            period, minimum, ..
        } = self.schedule
        {
            if period == 0 {
                return Err(Error::setting("training.schedule", "its period is 0 steps"));
            }
            if !(0.0..=self.rate).contains(&minimum) {
                let range = "a minimum from 0 to the rate";
                return refuse("training.schedule", minimum, range);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine() -> RateSpec {
        RateSpec {
            schedule: Schedule::reference(10),
            ..RateSpec::constant(0.001)
        }
    }

    #[test]
    fn a_constant_rate_does_not_change() {
        let spec = RateSpec::constant(0.25);
        for step in [0, 1, 1_000_000, u64::MAX] {
            assert_eq!(spec.at(step).rate, 0.25);
        }
    }

    #[test]
    fn cosines_begin_after_five_epochs_and_restart_every_fifty_steps() {
        let spec = cosine();
        for step in [0, 49, 50, 100, 150] {
            assert_eq!(spec.at(step).rate, 0.001, "{step}");
        }
        let middle = (0.001 + 1e-7) / 2.0;
        assert!((spec.at(75).rate - middle).abs() < 1e-15);
        assert!((spec.at(125).rate - middle).abs() < 1e-15);
        let last = spec.at(99).rate;
        assert!(last > 1e-7 && last < 2e-6, "{last}");
        assert!((50..99).all(|step| spec.at(step + 1).rate < spec.at(step).rate));
    }

    type Break = fn(&mut RateSpec);

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        cosine().check().unwrap();
        let broken: [(Break, &str); 6] = [
            (|spec| spec.rate = 0.0, "training.rate"),
            (|spec| spec.rate = f64::NAN, "training.rate"),
            (|spec| spec.decay = -1.0, "training.decay"),
            (|spec| spec.momentum = 1.0, "training.momentum"),
            (|spec| spec.rate = 1e-9, "training.schedule"),
            (
                |spec| {
                    spec.schedule = Schedule::Cosine {
                        constant_steps: 0,
                        period: 0,
                        minimum: 0.0,
                    }
                },
                "training.schedule",
            ),
        ];
        for (break_it, name) in broken {
            let mut spec = cosine();
            break_it(&mut spec);
            assert!(
                spec.check().unwrap_err().to_string().contains(name),
                "{name}"
            );
        }
    }
}
