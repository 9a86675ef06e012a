//! Parameter sets that are tested and measured.

use super::spec::{BootstrapSpec, SlotKind};
use crate::polynomial::EvalModSpec;
use crate::{ParamsSpec, gadget};

/// Parameters of at least 128 bits of security at `N = 2^16`, with bootstrapping of 32768 slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    levels: usize,
}

/// Bits of the scale, and of the primes of the levels between bootstrappings.
const SCALE_BITS: u32 = 40;

/// Bits of special primes, where security leaves room for them.
const SPECIAL_BITS: u32 = 49;

/// Maximum of the bits of a special prime.
const MAX_SPECIAL_BITS: u32 = 50;

/// log2 of the ring degree.
const LOG_DEGREE: u32 = 16;

/// Maximum of the digits of a key switch: more of them make keys too large.
const MAX_DIGITS: usize = 5;

impl Preset {
    /// 8 levels of 40 bits from one bootstrapping to the next.
    pub const LEVELS_8: Preset = Preset { levels: 8 };
    /// 11 levels.
    pub const LEVELS_11: Preset = Preset { levels: 11 };
    /// 13 levels.
    pub const LEVELS_13: Preset = Preset { levels: 13 };
    /// The presets of published measurements.
    pub const MEASURED: [Preset; 3] = [Self::LEVELS_8, Self::LEVELS_11, Self::LEVELS_13];

    /// The preset with `levels` levels from one bootstrapping to the next, if 128 bits of security
    /// allow that many.
    pub fn with_levels(levels: usize) -> Option<Preset> {
        let known = levels > 0 && key_switching(levels).is_some();
        known.then_some(Preset { levels })
    }

    /// Levels from one bootstrapping to the next.
    pub fn levels(self) -> usize {
        self.levels
    }

    /// The parameters: as few digits of key switching as security allows.
    pub fn params(self) -> ParamsSpec {
        let (digits, special_bits) = key_switching(self.levels).unwrap_or_default();
        ParamsSpec {
            log_degree: LOG_DEGREE,
            chain_bits: chain(self.levels),
            special_bits,
            digits,
            scale_bits: SCALE_BITS,
        }
    }

    /// The same chain and digits in a ring that is too small to be secure: for tests.
    pub fn insecure_params(self, log_degree: u32) -> ParamsSpec {
        ParamsSpec {
            log_degree,
            ..self.params()
        }
    }

    /// The bootstrapping of all slots, in one pass.
    pub fn bootstrap(log_degree: u32, kind: SlotKind) -> BootstrapSpec {
        BootstrapSpec {
            slots: 1 << (log_degree - 1),
            kind,
            slots_to_coeffs_levels: 3,
            coeffs_to_slots_levels: 3,
            eval_mod: EvalModSpec::default(),
            iteration_bits: None,
        }
    }
}

/// From the bottom: the first prime, slots-to-coeffs, the levels between bootstrappings, the
/// arcsine, the cosine with its double angles, coeffs-to-slots.
fn chain(levels: usize) -> Vec<u32> {
    let mut bits = vec![50];
    bits.extend(vec![SCALE_BITS; 3 + levels]);
    bits.extend([SCALE_BITS, 50]);
    bits.extend(vec![50; 8]);
    bits.extend(vec![45; 3]);
    bits
}

/// The fewest digits, and the special primes that they need, with which the chain for `levels`
/// levels is secure.
fn key_switching(levels: usize) -> Option<(usize, Vec<u32>)> {
    let chain = chain(levels);
    let bits: u32 = chain.iter().sum();
    let room = crate::security::max_modulus_bits(LOG_DEGREE).checked_sub(bits)?;
    (1..=MAX_DIGITS).find_map(|digits| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundred bits"
        )]
        let needed = gadget::special_bits_needed(&chain, digits).ceil() as u32 + 1;
        let count = needed.div_ceil(SPECIAL_BITS);
        if count * SPECIAL_BITS <= room {
            return Some((digits, vec![SPECIAL_BITS; count as usize]));
        }
        let count = needed.div_ceil(MAX_SPECIAL_BITS);
        let (least, longer) = (needed / count, needed % count);
        let bits = |index| least + u32::from(index < longer);
        (needed < room).then(|| (digits, (0..count).map(bits).collect()))
    })
}
