//! Rows of residues in as few whole bytes as their prime needs: for keys and the like, which stay in
//! memory for long and stream from there whenever they are used.

use crate::Modulus;
use crate::kernel::{Bytes, Isa, MAX_PRODUCTS, PADDING, PackedProducts};

/// A row of residues, in as few whole bytes each as their modulus needs.
///
/// # Shapes
/// The lowest byte of a residue is the first; zeros follow the last one, which vectors may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedRow {
    bytes: Box<[u8]>,
    width: usize,
}

impl PackedRow {
    /// The size in bytes of a row of `length` residues.
    pub fn size(modulus: Modulus, length: usize) -> usize {
        length * width(modulus) + PADDING
    }

    /// Packs residues.
    ///
    /// # Range
    /// Residues of the modulus; the upper bytes of larger numbers are lost.
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

    /// Whether it has no residue.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Unpacks all residues.
    ///
    /// # Panics
    /// If `to` has another length.
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

/// The size of a residue in bytes.
fn width(modulus: Modulus) -> usize {
    modulus.bits().div_ceil(8) as usize
}

impl Modulus {
    /// [`Modulus::inner_product`] with packed second factors.
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
        fn products_with_packed_factors_are_those_with_plain_ones(
            bits in 14..60_u32, length in prop_oneof![0..40_usize, 500..1100_usize],
            count in 0..10_usize, seed in any::<u64>(),
        ) {
            let modulus = ntt_primes(bits, 8, 1).unwrap()[0];
            let row = |salt: u64| -> Vec<u64> {
                let words = (0..length as u64).map(|index| {
                    let word = (seed ^ salt).wrapping_add(index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
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
