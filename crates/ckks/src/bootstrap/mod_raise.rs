//! The second step: a ciphertext modulo the first prime, read as one modulo all primes.

use crate::primes::limbs_at;
use crate::{Ciphertext, Params, Result};
use nearfield_ring::{BaseConversion, Basis, Limbs, Modulus, Ntt, Poly};

/// The conversion from the first prime to all others.
#[derive(Debug)]
pub(super) struct ModRaise {
    params: Params,
    conversion: BaseConversion,
}

impl ModRaise {
    pub(super) fn new(params: &Params) -> Result<Self> {
        let moduli: Vec<Modulus> = params.ring().moduli(all_limbs(params)).collect();
        let (from, to) = (Basis::new(&moduli[..1])?, Basis::new(&moduli[1..])?);
        Ok(ModRaise {
            params: params.clone(),
            conversion: BaseConversion::new(&from, &to)?,
        })
    }

    /// Coefficients keep their values between plus and minus half the first prime.
    pub(super) fn apply(&self, a: &Ciphertext) -> Ciphertext {
        let [first, second] = [0, 1].map(|part: usize| self.raise(&a.parts[part]));
        a.like([first, second], a.scale)
    }

    fn raise(&self, part: &Poly<Ntt>) -> Poly<Ntt> {
        let ring = self.params.ring();
        let mut digits = part.rows()[0].clone();
        ring.chain_table(0)
            .inverse_scaled(&mut digits, self.conversion.digit_factor(0));
        let mut raised = ring.unfilled(all_limbs(&self.params));
        let (first, others) = raised.rows_mut().split_at_mut(1);
        first[0].copy_from_slice(&part.rows()[0]);
        let others = others.iter_mut().map(|row| &mut row[..]).enumerate();
        self.conversion.convert_digits(&[&digits], others.collect());
        ring.for_each_row(&mut raised, |table, index, row| {
            if index > 0 {
                table.forward(row);
            }
        });
        raised
    }
}

fn all_limbs(params: &Params) -> Limbs {
    limbs_at(params.max_level())
}
