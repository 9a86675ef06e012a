//! Single values beyond int16, listed by their places beside all low halves.

use super::Set;
use super::tile::{BLOCK, Lanes, Rows};

/// A value that does not fit int16, by its place: `high * 2^16` more than its low half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// Index of the low half.
    pub place: u32,
    /// What is left above it.
    pub high: i16,
}

impl Excess {
    /// How often 2^16 goes into what the value has above its low half.
    fn factor(self, low: &[i16]) -> i32 {
        let low = low[self.place as usize];
        match i32::from(self.high) {
            high if high == i32::from(i16::MIN) && low < 0 => -high,
            high => high,
        }
    }

    /// The high half where it stands in its pair of depths, the other one being 0; `start` is the
    /// place of depth 0.
    #[inline(always)]
    pub(super) fn pair(self, start: usize) -> (usize, [i16; 2]) {
        let depth = self.place as usize - start;
        let two = if depth.is_multiple_of(2) {
            [self.high, 0]
        } else {
            [0, self.high]
        };
        (depth / 2, two)
    }
}

/// Whether so few of some values need more than int16 that products with each of them cost less
/// than a second pass over all.
pub(crate) fn are_few(count: usize, all: usize) -> bool {
    count <= all / 128
}

/// The value of two halves. (The high half of the largest int32 is 2^15, which int16 has as
/// -2^15; modulo 2^32 that is the same.)
pub(crate) fn joined(low: i16, high: i16) -> i32 {
    (i32::from(high) << 16).wrapping_add(low.into())
}

/// The low half of a value taken as int16, and what is left above it.
#[allow(clippy::cast_possible_truncation, reason = "halves of an int32")]
pub(crate) fn split(value: i32) -> (i16, i16) {
    let low = value as i16;
    (low, (value.wrapping_sub(low.into()) >> 16) as i16)
}

/// Those from one place to before another.
pub(crate) fn between(few: &[Excess], start: usize, end: usize) -> &[Excess] {
    let at = |place: usize| few.partition_point(|excess| (excess.place as usize) < place);
    if few.is_empty() {
        few
    } else {
        &few[at(start)..at(end)]
    }
}

/// Adds what the listed values of rows make, times 2^16, to the sums, modulo 2^32.
pub(super) fn add_of_rows(
    set: Set,
    rows: &Rows<'_>,
    few: &[Excess],
    lanes: &Lanes<'_>,
    sums: &mut [i32],
) {
    for_each_row(rows, few, |row, own| {
        let sums = &mut sums[row * lanes.width..][..lanes.width];
        set.add_excesses(own, rows.starts[row], lanes.values.low, sums);
    });
}

/// Calls `visit(row, its listed values)` for the rows that have any. Rows are contiguous, in
/// the order of their places.
fn for_each_row(rows: &Rows<'_>, mut few: &[Excess], mut visit: impl FnMut(usize, &[Excess])) {
    let before = |few: &[Excess], end: usize| {
        let first = few.iter().position(|excess| excess.place as usize >= end);
        first.unwrap_or(few.len())
    };
    for (row, &start) in rows.starts.iter().enumerate() {
        few = &few[before(few, start)..];
        let (own, rest) = few.split_at(before(few, start + rows.span.depth()));
        if !own.is_empty() {
            visit(row, own);
        }
        few = rest;
    }
}

/// Calls `add(index of a sum, product)` for the products of each listed value of a row with the
/// low halves of all lanes, without 2^16.
pub(super) fn for_each_of_rows(
    rows: &Rows<'_>,
    few: &[Excess],
    lanes: &Lanes<'_>,
    mut add: impl FnMut(usize, i32),
) {
    let width = lanes.width;
    for_each_row(rows, few, |row, own| {
        for excess in own {
            let depth = excess.place as usize - rows.starts[row];
            let line = &lanes.values.low[depth / 2 * 2 * width..][..2 * width];
            let factor = excess.factor(rows.values.low);
            for (lane, pair) in line.as_chunks::<2>().0.iter().enumerate() {
                add(row * width + lane, factor * i32::from(pair[depth % 2]));
            }
        }
    });
}

/// Calls `add(index of a sum, product)` for the products of each listed value of a lane with the
/// low halves of all rows, without 2^16.
pub(super) fn for_each_of_lanes(
    rows: &Rows<'_>,
    lanes: &Lanes<'_>,
    few: &[Excess],
    mut add: impl FnMut(usize, i32),
) {
    let (span, width) = (rows.span, lanes.width);
    for excess in few {
        let at = excess.place as usize;
        let (depth, lane) = (at / (2 * width) * 2 + at % 2, at / 2 % width);
        let offset = depth / span.length * span.stride + depth % span.length;
        let factor = excess.factor(lanes.values.low);
        for (row, start) in rows.starts.iter().enumerate() {
            let value = i32::from(rows.values.low[start + offset]);
            add(row * width + lane, factor * value);
        }
    }
}

/// As [`Set::add_excesses`].
#[inline(always)]
pub(super) fn add_excesses(few: &[Excess], start: usize, lanes: &[i16], sums: &mut [i32]) {
    let width = sums.len();
    let mut upper = [0_i32; BLOCK];
    for excess in few {
        let (pair, two) = excess.pair(start);
        let [a, b] = two.map(i32::from);
        let line = lanes[pair * 2 * width..][..2 * width].as_chunks::<2>().0;
        for (upper, lane) in upper.iter_mut().zip(line) {
            let product = a * i32::from(lane[0]) + b * i32::from(lane[1]);
            *upper = upper.wrapping_add(product);
        }
    }
    for (sum, upper) in sums.iter_mut().zip(upper) {
        *sum = sum.wrapping_add(upper << 16);
    }
}
