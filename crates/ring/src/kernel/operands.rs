//! The operands of one kernel call.

use super::montgomery::Cofactors;
use super::permutation::Permutation;
use crate::{Modulus, Multiplier};

/// Products that a kernel sums before it reduces: the sum of more might not fit.
pub(crate) const MAX_PRODUCTS: usize = 64;

/// Pairs of rows to be multiplied. Every value of a second row stands for `run` of them, a power of
/// two.
#[derive(Clone, Copy)]
pub(crate) struct Products<'a> {
    pub(crate) pairs: &'a [(&'a [u64], &'a [u64])],
    pub(crate) run: usize,
}

/// Packed residues: `width` bytes each, the lowest first, and [`PADDING`] after the last.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) width: usize,
}

/// Bytes after packed residues, which vectors may read but do not use.
pub(crate) const PADDING: usize = 64;

impl Bytes<'_> {
    /// # Panics
    /// If there are not `length` residues, or they are wider than a word.
    pub(crate) fn check(self, length: usize) {
        assert!((1..=8).contains(&self.width), "{} bytes each", self.width);
        assert_eq!(
            self.bytes.len(),
            length * self.width + PADDING,
            "all residues"
        );
    }

    /// Those from index `first` on, with the padding.
    pub(crate) fn from(self, first: usize) -> Self {
        Bytes {
            bytes: &self.bytes[first * self.width..],
            width: self.width,
        }
    }

    /// The first `count`, and [`PADDING`] bytes of whatever follows them.
    pub(crate) fn first(self, count: usize) -> Self {
        Bytes {
            bytes: &self.bytes[..count * self.width + PADDING],
            width: self.width,
        }
    }
}

/// Pairs of rows to be multiplied, the second one of each packed, all of one width.
#[derive(Clone, Copy)]
pub(crate) struct PackedProducts<'a> {
    pub(crate) pairs: &'a [(&'a [u64], Bytes<'a>)],
}

/// One prime that digits are converted to: what they are multiplied by, and a row for the sums.
pub(crate) struct Target<'a> {
    pub(crate) cofactors: &'a Cofactors,
    pub(crate) sums: &'a mut [u64],
}

/// Two factors, each of two parts, and a number by which their products are multiplied.
#[derive(Clone, Copy)]
pub(crate) struct CrossProducts<'a> {
    pub(crate) a: [&'a [u64]; 2],
    pub(crate) b: [&'a [u64]; 2],
    pub(crate) by: Multiplier,
}

impl CrossProducts<'_> {
    /// # Panics
    /// If a row has not the length of the sums.
    pub(crate) fn check(self, sums: &[&mut [u64]; 2]) {
        let length = sums[0].len();
        assert_eq!(sums[1].len(), length, "rows of the same length");
        for row in self.a.iter().chain(&self.b) {
            assert_eq!(row.len(), length, "rows of the same length");
        }
    }

    /// Those from index `first` on.
    pub(crate) fn from(self, first: usize) -> Self {
        CrossProducts {
            a: self.a.map(|row| &row[first..]),
            b: self.b.map(|row| &row[first..]),
            by: self.by,
        }
    }
}

/// Rows to be permuted and then multiplied by both halves of packed factors, all of one width; and
/// maybe one more row, also permuted, of which a multiple is added to the first sums.
#[derive(Clone, Copy)]
pub(crate) struct MappedProducts<'a> {
    pub(crate) modulus: Modulus,
    pub(crate) permutation: &'a Permutation,
    pub(crate) products: &'a [(&'a [u64], [Bytes<'a>; 2])],
    pub(crate) plus: Option<(&'a [u64], Multiplier)>,
}

impl MappedProducts<'_> {
    /// # Panics
    /// If a row has not the length of the sums.
    pub(crate) fn check(self, sums: &[&mut [u64]; 2]) {
        let length = self.permutation.length();
        let plus = self.plus.iter().map(|(row, _)| *row);
        for row in self.products.iter().map(|(row, _)| *row).chain(plus) {
            assert_eq!(row.len(), length, "as many as the degree");
        }
        for sum in sums {
            assert_eq!(sum.len(), length, "as many as the degree");
        }
        for (_, halves) in self.products {
            for half in halves {
                assert_eq!(half.width, self.products[0].1[0].width, "of one width");
                half.check(length);
            }
        }
    }

    /// Permutes a part of all rows at a time, and sums its products.
    pub(crate) fn in_parts<P, S, A>(
        self,
        add: bool,
        to: [&mut [u64]; 2],
        kernels: PartKernels<P, S, A>,
    ) where
        P: Fn(&Permutation, &[u64], usize, &mut [u64]),
        S: Fn(PackedProducts<'_>, bool, &mut [u64]),
        A: Fn(&mut [u64], &[u64], Multiplier),
    {
        self.check(&to);
        let PartKernels {
            permute,
            sum,
            add_scaled,
        } = kernels;
        let mut permuted = [[0; PART]; RUN];
        let [first_sum, second_sum] = to;
        let parts = first_sum.chunks_mut(PART).zip(second_sum.chunks_mut(PART));
        for (part, (first_sum, second_sum)) in parts.enumerate() {
            let (first, count) = (part * PART, first_sum.len());
            let mut to = [first_sum, second_sum];
            if self.products.is_empty() && !add {
                to.iter_mut().for_each(|to| to.fill(0));
            }
            for (run, products) in self.products.chunks(RUN).enumerate() {
                for (buffer, (row, _)) in permuted.iter_mut().zip(products) {
                    permute(self.permutation, row, first, &mut buffer[..count]);
                }
                for (half, to) in to.iter_mut().enumerate() {
                    let mut pairs = [(&[][..], products[0].1[half]); RUN];
                    for (index, (_, halves)) in products.iter().enumerate() {
                        let factors = halves[half].from(first).first(count);
                        pairs[index] = (&permuted[index][..count], factors);
                    }
                    let pairs = &pairs[..products.len()];
                    sum(PackedProducts { pairs }, add || run > 0, to);
                }
            }
            if let Some((row, by)) = self.plus {
                let buffer = &mut permuted[0][..count];
                permute(self.permutation, row, first, buffer);
                add_scaled(to[0], buffer, by);
            }
        }
    }
}

/// Columns of a part: with [`RUN`] rows of them, a part fits in the first-level cache.
const PART: usize = 512;

/// Products of a part that are summed in one run.
const RUN: usize = 4;

/// The kernels that sum the products of a part of permuted rows.
pub(crate) struct PartKernels<P, S, A> {
    /// Permutes a row, from an index on.
    pub(crate) permute: P,
    /// Sums products, or adds them.
    pub(crate) sum: S,
    /// Adds a multiple of a row.
    pub(crate) add_scaled: A,
}

impl PackedProducts<'_> {
    /// # Panics
    /// If a row is not as long as sums of this length need.
    pub(crate) fn check(self, length: usize) {
        for (a, b) in self.pairs {
            assert_eq!(a.len(), length, "rows of the same length");
            assert_eq!(b.width, self.pairs[0].1.width, "of one width");
            b.check(length);
        }
    }

    /// Unpacks a part of the second factors at a time, and sums its products.
    pub(crate) fn in_parts(
        self,
        add: bool,
        to: &mut [u64],
        unpack: impl Fn(Bytes<'_>, &mut [u64]),
        sum: impl Fn(Products<'_>, bool, &mut [u64]),
    ) {
        self.check(to.len());
        let mut unpacked = [[0; PART]; RUN];
        for (part, to) in to.chunks_mut(PART).enumerate() {
            let (first, count) = (part * PART, to.len());
            for (run, products) in self.pairs.chunks(RUN).enumerate() {
                let mut pairs: [(&[u64], &[u64]); RUN] = [(&[], &[]); RUN];
                let buffers = pairs.iter_mut().zip(&mut unpacked);
                for ((pair, buffer), (row, packed)) in buffers.zip(products) {
                    let buffer = &mut buffer[..count];
                    unpack(packed.from(first).first(count), buffer);
                    *pair = (&row[first..first + count], buffer);
                }
                let pairs = &pairs[..products.len()];
                sum(Products { pairs, run: 1 }, add || run > 0, to);
            }
        }
    }
}

impl Products<'_> {
    /// # Panics
    /// If a row is not as long as sums of this length need.
    pub(crate) fn check(self, length: usize) {
        assert!(self.run.is_power_of_two(), "runs of {}", self.run);
        for (a, b) in self.pairs {
            assert_eq!(a.len(), length, "rows of the same length");
            assert_eq!(b.len() * self.run, length, "a value for each run");
        }
    }
}
