//! Single values beyond int16, listed by their index among all low halves.

use super::tile::BLOCK;

/// A value that does not fit int16: `high * 2^16` more than the low half with this index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overflow {
    /// Index of the low half.
    pub index: u32,
    /// The high half.
    pub high: i16,
}

impl Overflow {
    /// Its pair of depths, and the high half at its place in this pair, beside 0; `start` is the
    /// index of depth 0.
    #[inline(always)]
    pub(super) fn pair(self, start: usize) -> (usize, [i16; 2]) {
        let depth = self.index as usize - start;
        let two = if depth.is_multiple_of(2) {
            [self.high, 0]
        } else {
            [0, self.high]
        };
        (depth / 2, two)
    }
}

/// As [`super::Isa::add_overflows`].
#[inline(always)]
pub(super) fn add_overflows(listed: &[Overflow], start: usize, columns: &[i16], sums: &mut [i32]) {
    let width = sums.len();
    let mut upper = [0_i32; BLOCK];
    for one in listed {
        let (pair, two) = one.pair(start);
        let [a, b] = two.map(i32::from);
        let line = columns[pair * 2 * width..][..2 * width].as_chunks::<2>().0;
        for (upper, two) in upper.iter_mut().zip(line) {
            let product = a * i32::from(two[0]) + b * i32::from(two[1]);
            *upper = upper.wrapping_add(product);
        }
    }
    for (sum, upper) in sums.iter_mut().zip(upper) {
        *sum = sum.wrapping_add(upper << 16);
    }
}
