//! Which primes of a ring a polynomial is known modulo.

/// The primes of a ring that a polynomial is known modulo: the first ones of the chain, and the
/// first ones of the special primes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limbs {
    /// Number of primes of the chain.
    pub chain: usize,
    /// Number of special primes.
    pub special: usize,
}
impl Limbs {
    /// The first primes of the chain alone.
    pub fn chain(chain: usize) -> Self {
        Limbs { chain, special: 0 }
    }

    /// Number of primes.
    pub fn count(self) -> usize {
        self.chain + self.special
    }

    /// Among the rows of a polynomial with these limbs, the index of the one modulo the prime that
    /// row `row` has in a polynomial with limbs `other`.
    ///
    /// # Panics
    /// If that prime is one of the chain and not one of these.
    pub(crate) fn index_of(self, other: Limbs, row: usize) -> usize {
        match row.checked_sub(other.chain) {
            None => {
                assert!(row < self.chain, "prime {row} of a chain of {}", self.chain);
                row
            }
            Some(special) => self.chain + special,
        }
    }
}
