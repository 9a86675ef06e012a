//! The operands of one kernel call.

use super::montgomery::Cofactors;
use super::permutation::Permutation;
use crate::{Modulus, Multiplier};

/// Rows to be multiplied, the second one of each pair with every value standing for `run` of the
/// first, a power of two.
#[derive(Clone, Copy)]
pub(crate) struct Products<'a> {
    pub(crate) pairs: &'a [(&'a [u64], &'a [u64])],
    pub(crate) run: usize,
}

/// Residues of so many bytes each, the lowest first, and [`PADDING`] after the last.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) width: usize,
}

/// Bytes after packed residues, which vectors may read but do not use.
pub(crate) const PADDING: usize = 64;

impl Bytes<'_> {
    /// # Panics
    /// If there are not so many residues, or they are wider than a word.
    pub(crate) fn check(self, length: usize) {
        assert!((1..=8).contains(&self.width), "{} bytes each", self.width);
        assert_eq!(
            self.bytes.len(),
            length * self.width + PADDING,
            "all residues"
        );
    }

    /// Those from one on, with the padding.
    pub(crate) fn from(self, first: usize) -> Self {
        Bytes {
            bytes: &self.bytes[first * self.width..],
            width: self.width,
        }
    }

    /// So many from the first on, and what is after them.
    pub(crate) fn first(self, count: usize) -> Self {
        Bytes {
            bytes: &self.bytes[..count * self.width + PADDING],
            width: self.width,
        }
    }
}

/// Rows to be multiplied, the second one of each pair packed, all in the same width.
#[derive(Clone, Copy)]
pub(crate) struct PackedProducts<'a> {
    pub(crate) pairs: &'a [(&'a [u64], Bytes<'a>)],
}

/// What digits are multiplied by, to be summed, and a row for the sums.
pub(crate) type Target<'a> = (&'a Cofactors, &'a mut [u64]);

/// Rows of two factors that are each a sum of two parts, and what their products are multiplied
/// by.
#[derive(Clone, Copy)]
pub(crate) struct CrossProducts<'a> {
    pub(crate) a: [&'a [u64]; 2],
    pub(crate) b: [&'a [u64]; 2],
    pub(crate) by: Multiplier,
}

impl CrossProducts<'_> {
    /// # Panics
    /// If a row is not as long as it must be for these sums.
    pub(crate) fn check(self, sums: &[&mut [u64]; 2]) {
        let length = sums[0].len();
        assert_eq!(sums[1].len(), length, "rows of the same length");
        for row in self.a.iter().chain(&self.b) {
            assert_eq!(row.len(), length, "rows of the same length");
        }
    }

    /// What is from a place on.
    pub(crate) fn from(self, first: usize) -> Self {
        CrossProducts {
            a: self.a.map(|row| &row[first..]),
            b: self.b.map(|row| &row[first..]),
            by: self.by,
        }
    }
}

/// Rows to be permuted and then multiplied by both halves of packed factors, all in the same
/// width; and maybe a row of which a multiple is added to the first sums, permuted as well.
#[derive(Clone, Copy)]
pub(crate) struct MappedProducts<'a> {
    pub(crate) modulus: Modulus,
    pub(crate) permutation: &'a Permutation,
    pub(crate) products: &'a [(&'a [u64], [Bytes<'a>; 2])],
    pub(crate) plus: Option<(&'a [u64], Multiplier)>,
}

impl MappedProducts<'_> {
    /// # Panics
    /// If a row is not as long as it must be for these sums.
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
    pub(crate) fn in_parts(
        self,
        add: bool,
        to: [&mut [u64]; 2],
        permute: impl Fn(&Permutation, &[u64], usize, &mut [u64]),
        sum: impl Fn(PackedProducts<'_>, bool, &mut [u64]),
        add_scaled: impl Fn(&mut [u64], &[u64], Multiplier),
    ) {
        /// With as many rows as are permuted at a time, they fit in the first-level cache.
        const PART: usize = 512;
        const RUN: usize = 4;
        self.check(&to);
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
                for (room, (row, _)) in permuted.iter_mut().zip(products) {
                    permute(self.permutation, row, first, &mut room[..count]);
                }
                for (half, to) in to.iter_mut().enumerate() {
                    let mut pairs = [(&[][..], products[0].1[half]); RUN];
                    let places = pairs.iter_mut().zip(&permuted);
                    for ((pair, room), (_, halves)) in places.zip(products) {
                        *pair = (&room[..count], halves[half].from(first).first(count));
                    }
                    let pairs = &pairs[..products.len()];
                    sum(PackedProducts { pairs }, add || run > 0, to);
                }
            }
            if let Some((row, by)) = self.plus {
                let room = &mut permuted[0][..count];
                permute(self.permutation, row, first, room);
                add_scaled(to[0], room, by);
            }
        }
    }
}

impl PackedProducts<'_> {
    /// # Panics
    /// If a row is not as long as it must be for sums of this length.
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
        /// With as many products as are summed in one run, they fit in the first-level cache.
        const PART: usize = 512;
        const RUN: usize = 4;
        self.check(to.len());
        let mut unpacked = [[0; PART]; RUN];
        for (part, to) in to.chunks_mut(PART).enumerate() {
            let (first, count) = (part * PART, to.len());
            for (run, products) in self.pairs.chunks(RUN).enumerate() {
                let mut pairs: [(&[u64], &[u64]); RUN] = [(&[], &[]); RUN];
                let places = pairs.iter_mut().zip(&mut unpacked);
                for ((pair, room), (row, packed)) in places.zip(products) {
                    let room = &mut room[..count];
                    unpack(packed.from(first).first(count), room);
                    *pair = (&row[first..first + count], room);
                }
                let pairs = &pairs[..products.len()];
                sum(Products { pairs, run: 1 }, add || run > 0, to);
            }
        }
    }
}

impl Products<'_> {
    /// # Panics
    /// If a row is not as long as it must be for sums of this length.
    pub(crate) fn check(self, length: usize) {
        assert!(self.run.is_power_of_two(), "runs of {}", self.run);
        for (a, b) in self.pairs {
            assert_eq!(a.len(), length, "rows of the same length");
            assert_eq!(b.len() * self.run, length, "a value for each run");
        }
    }
}
