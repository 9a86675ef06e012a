//! Residues in as few whole bytes as their prime needs: what stays in memory for long, and streams
//! from there whenever it is used, as keys do.

use crate::Modulus;
use crate::kernel::{Bytes, Isa, MAX_PRODUCTS, PADDING, PackedProducts};

/// A row of residues, each of so many bytes, the lowest first, and some zeros in the end that
/// vectors may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedRow {
    bytes: Box<[u8]>,
    width: usize,
}

impl PackedRow {
    /// Bytes that so many residues take.
    pub fn size(modulus: Modulus, length: usize) -> usize {
        length * width(modulus) + PADDING
    }

    /// Packs residues.
    ///
    /// # Range
    /// Residues of the modulus; of larger numbers only so many bytes are kept.
    pub fn new(modulus: Modulus, row: &[u64]) -> Self {
        let width = width(modulus);
        let mut bytes = Vec::with_capacity(Self::size(modulus, row.len()));
        for residue in row {
            bytes.extend_from_slice(&residue.to_le_bytes()[..width]);
        }
        bytes.resize(bytes.len() + PADDING, 0);
        PackedRow {
            bytes: bytes.into(),
            width,
        }
    }

    /// Number of residues.
    pub fn len(&self) -> usize {
        (self.bytes.len() - PADDING) / self.width
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Unpacks all residues.
    ///
    /// # Panics
    /// If there is not as much room.
    pub fn unpack(&self, to: &mut [u64]) {
        Isa::current().unpack(self.residues(), to);
    }

    pub(crate) fn residues(&self) -> Bytes<'_> {
        Bytes {
            bytes: &self.bytes,
            width: self.width,
        }
    }
}

/// Bytes of a residue.
fn width(modulus: Modulus) -> usize {
    modulus.bits().div_ceil(8) as usize
}

impl Modulus {
    /// [`Modulus::inner_product`] with second factors that are packed.
    ///
    /// # Panics
    /// If rows differ in length.
    pub fn inner_product_packed(self, products: &[(&[u64], &PackedRow)], to: &mut [u64]) {
        if products.is_empty() {
            to.fill(0);
        }
        let pairs = products
            .iter()
            .map(|(row, packed)| (*row, packed.residues()));
        let pairs: Vec<(&[u64], Bytes<'_>)> = pairs.collect();
        for (run, pairs) in pairs.chunks(MAX_PRODUCTS).enumerate() {
            Isa::current().inner_product_packed(self, PackedProducts { pairs }, run > 0, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prime::ntt_primes;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_factors_multiply_as_plain_ones_do(
            bits in 14..60_u32, length in prop_oneof![0..40_usize, 500..1100_usize],
            count in 0..10_usize, seed in any::<u64>(),
        ) {
            let modulus = ntt_primes(bits, 8, 1).unwrap()[0];
            let row = |salt: u64| -> Vec<u64> {
                let words = (0..length as u64).map(|place| {
                    let word = (seed ^ salt).wrapping_add(place).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    if word % 5 == 0 { modulus.value() - 1 } else { word % modulus.value() }
                });
                words.collect()
            };
            let rows: Vec<[Vec<u64>; 2]> =
                (0..count as u64).map(|pair| [row(2 * pair + 1), row(2 * pair + 2)]).collect();
            let packed: Vec<PackedRow> =
                rows.iter().map(|[_, b]| PackedRow::new(modulus, b)).collect();
            let mut back = vec![7; length];
            for ([_, b], packed) in rows.iter().zip(&packed) {
                packed.unpack(&mut back);
                prop_assert_eq!(&back, b);
                prop_assert_eq!(packed.len(), length);
                prop_assert_eq!(packed.bytes(), PackedRow::size(modulus, length));
            }
            let plain: Vec<(&[u64], &[u64])> = rows.iter().map(|[a, b]| (&a[..], &b[..])).collect();
            let pairs = rows.iter().zip(&packed);
            let pairs: Vec<(&[u64], &PackedRow)> = pairs.map(|([a, _], b)| (&a[..], b)).collect();
            let (mut expected, mut found) = (vec![1; length], vec![2; length]);
            modulus.inner_product(&plain, &mut expected);
            modulus.inner_product_packed(&pairs, &mut found);
            prop_assert_eq!(found, expected);
        }
    }
}
