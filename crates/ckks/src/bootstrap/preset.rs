//! Parameter sets that are known to work.

use super::{BootstrapSpec, SlotKind};
use crate::ParamsSpec;
use crate::polynomial::EvalModSpec;

/// Parameters of at least 128 bits of security at `N = 2^16`, with bootstrapping of 32768 real
/// slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// 8 levels of 40 bits from one bootstrapping to the next.
    Levels8,
    /// 11 levels.
    Levels11,
    /// 13 levels.
    Levels13,
}

/// Bits of the scale, and of the primes of the levels that are left.
const SCALE_BITS: u32 = 40;

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 3] = [Preset::Levels8, Preset::Levels11, Preset::Levels13];

    /// The one of so many levels from one bootstrapping to the next, if there is one.
    pub fn with_levels(levels: usize) -> Option<Preset> {
        let mut all = Self::ALL.into_iter();
        all.find(|preset| preset.levels() == levels)
    }

    /// Levels from one bootstrapping to the next.
    pub fn levels(self) -> usize {
        match self {
            Preset::Levels8 => 8,
            Preset::Levels11 => 11,
            Preset::Levels13 => 13,
        }
    }

    /// The parameters.
    pub fn params(self) -> ParamsSpec {
        let (digits, special) = match self {
            Preset::Levels8 => (2, 12),
            Preset::Levels11 => (3, 9),
            Preset::Levels13 => (4, 7),
        };
        ParamsSpec {
            log_degree: 16,
            chain_bits: chain(self.levels()),
            special_bits: vec![49; special],
            digits,
            scale_bits: SCALE_BITS,
        }
    }

    /// The same chain and digits in a ring so small that nobody should rely on it: for tests.
    pub fn insecure_params(self, log_degree: u32) -> ParamsSpec {
        ParamsSpec {
            log_degree,
            ..self.params()
        }
    }

    /// The bootstrapping of all slots.
    pub fn bootstrap(log_degree: u32, kind: SlotKind) -> BootstrapSpec {
        BootstrapSpec {
            slots: 1 << (log_degree - 1),
            kind,
            slots_to_coeffs_levels: 3,
            coeffs_to_slots_levels: 3,
            eval_mod: EvalModSpec::default(),
        }
    }
}

/// From the bottom: the first prime, slots-to-coeffs, the levels that are left, the arcsine, the
/// cosine with its double angles, coeffs-to-slots.
fn chain(levels: usize) -> Vec<u32> {
    let mut bits = vec![50];
    bits.extend(vec![SCALE_BITS; 3 + levels]);
    bits.extend([SCALE_BITS, 50]);
    bits.extend(vec![50; 8]);
    bits.extend(vec![45; 3]);
    bits
}
