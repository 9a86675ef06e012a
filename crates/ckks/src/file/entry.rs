//! The entries of keys in a file, and their order.

use super::bits::packed_len;
use super::chunk::{DIGEST, Source};
use super::poly::read_poly;
use crate::bootstrap::EncapsulationKeys;
use crate::keys::{SwitchingKey, expand_uniform};
use crate::{Params, Result};
use nearfield_ring::Limbs;
use std::result;

/// What a key is for. The order of the variants is that of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Relinearization,
    Galois(usize),
    ToSparse,
    ToDense,
}

/// The chunk before the polynomials of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) role: Role,
    pub(super) limbs: Limbs,
    pub(super) digits: usize,
    seed: [u8; 32],
}

/// Checks the order of keys.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) params: Params,
    last: Option<Role>,
    count: u32,
}

/// Bytes of an entry.
const ENTRY: usize = 48;

impl Order {
    pub(super) fn new(params: &Params) -> Self {
        Order {
            params: params.clone(),
            last: None,
            count: 0,
        }
    }

    /// The next entry, unless this is the end.
    pub(super) fn next(&mut self, from: &mut impl Source) -> Result<Option<Entry>> {
        let mut bytes = [0; ENTRY];
        bytes.copy_from_slice(from.chunk(ENTRY)?);
        if bytes[0] == 0 {
            if bytes != self.end() || self.last == Some(Role::ToSparse) {
                return Err(from.malformed("the last entry does not give the number of keys"));
            }
            return Ok(None);
        }
        let entry = Entry::from_bytes(&bytes, &self.params);
        let taken = entry.and_then(|entry| self.take(entry.role).map(|()| entry));
        taken.map(Some).map_err(|what| from.malformed(what))
    }

    /// Records a key, or says why it cannot be the next.
    pub(super) fn take(&mut self, role: Role) -> result::Result<(), String> {
        let follows = match (self.last, role) {
            (last, Role::ToDense) => last == Some(Role::ToSparse),
            (last, role) => last < Some(role),
        };
        if !follows {
            let last = self.last;
            return Err(format!(
                "the key {role:?} comes after {last:?}, which is not the order of a file"
            ));
        }
        self.last = Some(role);
        self.count += 1;
        Ok(())
    }

    /// The entry that ends a file.
    pub(super) fn end(&self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[4..8].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }
}

impl Role {
    fn code(self) -> u8 {
        match self {
            Role::Relinearization => 1,
            Role::ToSparse => 3,
            Role::ToDense => 4,
            Role::Galois(_) => 5,
        }
    }

    /// Whether a key for this role can have these primes.
    pub(super) fn fits(self, params: &Params, limbs: Limbs) -> bool {
        let all = params.ring().limbs();
        match self {
            // More primes would make the sparse secret insecure.
            Role::ToSparse => limbs == EncapsulationKeys::sparse_limbs_of(params),
            Role::ToDense => limbs == all,
            _ => limbs.special == all.special && (1..=all.chain).contains(&limbs.chain),
        }
    }
}

impl Entry {
    pub(super) fn new(params: &Params, role: Role, limbs: Limbs, seed: [u8; 32]) -> Self {
        let digits = match role {
            Role::ToSparse => 1,
            _ => params.gadget().digits(limbs.chain),
        };
        Entry {
            role,
            limbs,
            digits,
            seed,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; ENTRY] {
        let byte = |number| u8::try_from(number).unwrap_or(u8::MAX);
        let mut bytes = [0; ENTRY];
        bytes[0] = self.role.code();
        bytes[1] = byte(self.limbs.chain);
        bytes[2] = byte(self.limbs.special);
        bytes[3] = byte(self.digits);
        if let Role::Galois(exponent) = self.role {
            let exponent = u32::try_from(exponent).unwrap_or(u32::MAX);
            bytes[4..8].copy_from_slice(&exponent.to_le_bytes());
        }
        bytes[16..].copy_from_slice(&self.seed);
        bytes
    }

    /// An entry, or the reason why it is malformed.
    fn from_bytes(bytes: &[u8; ENTRY], params: &Params) -> result::Result<Self, String> {
        let exponent = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let role = match bytes[0] {
            1 => Role::Relinearization,
            2 => {
                let text =
                    "a key of a kind that this version does not use: generate the keys again";
                return Err(text.to_owned());
            }
            3 => Role::ToSparse,
            4 => Role::ToDense,
            5 => Role::Galois(exponent as usize),
            code => return Err(format!("there is no key {code}")),
        };
        if let Role::Galois(exponent) = role {
            let order = 2 * params.degree();
            if exponent % 2 == 0 || exponent == 1 || exponent >= order {
                return Err(format!("no key has the exponent {exponent}"));
            }
        }
        let limbs = Limbs {
            chain: bytes[1].into(),
            special: bytes[2].into(),
        };
        if !role.fits(params, limbs) {
            return Err(format!("a key {role:?} of {limbs:?}"));
        }
        let mut seed = [0; 32];
        seed.copy_from_slice(&bytes[16..]);
        let entry = Self::new(params, role, limbs, seed);
        if entry.to_bytes() != *bytes {
            return Err(format!(
                "a key {role:?} of {} digits, or with an unused byte that is not 0",
                bytes[3]
            ));
        }
        Ok(entry)
    }

    /// Bytes that follow the entry, with their digests.
    pub(super) fn length(&self, params: &Params) -> u64 {
        let row = |modulus| (packed_len(modulus, params.degree()) + DIGEST) as u64;
        let poly: u64 = params.ring().moduli(self.limbs).map(row).sum();
        self.digits as u64 * poly
    }

    /// Reads the key, each row to its final place.
    pub(super) fn read(&self, from: &mut impl Source, params: &Params) -> Result<SwitchingKey> {
        let digits = (0..self.digits).map(|digit| {
            let ring = params.ring();
            let masked = ring.pack(&read_poly(from, params, self.limbs)?);
            let uniform = expand_uniform(ring, self.limbs, self.seed, digit);
            Ok([masked, ring.pack(&uniform)])
        });
        Ok(SwitchingKey {
            seed: self.seed,
            digits: digits.collect::<Result<Vec<_>>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParamsSpec;

    #[test]
    fn a_kind_of_key_that_is_no_longer_used_is_refused() {
        let params = Params::insecure(ParamsSpec {
            log_degree: 5,
            chain_bits: vec![30, 25],
            special_bits: vec![31, 24],
            digits: 2,
            scale_bits: 20,
        })
        .unwrap();
        let limbs = params.ring().limbs();
        let mut bytes = Entry::new(&params, Role::Galois(5), limbs, [7; 32]).to_bytes();
        let role = Entry::from_bytes(&bytes, &params).map(|entry| entry.role);
        assert_eq!(role, Ok(Role::Galois(5)));
        bytes[0] = 2;
        let refused = Entry::from_bytes(&bytes, &params).unwrap_err();
        assert!(refused.contains("generate the keys again"), "{refused}");
    }
}
