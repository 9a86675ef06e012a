//! High halves of lanes, where they are not rare enough to be looked at one by one.

use super::Set;
use alloc::vec::Vec;

/// Lanes that are taken together: a vector of sums.
pub(crate) const GROUP: usize = 16;

/// High halves of 16 lanes at two consecutive depths.
pub(crate) const LINE: usize = 2 * GROUP;

/// A high half of a lane: where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Upper {
    /// Which group of lanes, of which products.
    pub(crate) group: u32,
    /// Two depths are a pair.
    pub(crate) pair: u32,
    /// Within the line: the lane and which of both depths.
    pub(crate) place: u8,
    pub(crate) high: i16,
}

/// The pairs of depths at which any of 16 lanes has a high half, by groups of lanes.
#[derive(Debug, Default)]
pub(crate) struct UpperLanes {
    /// What the lines are made of, in their order.
    all: Vec<Upper>,
    /// Which pair of depths each line is of.
    pairs: Vec<u32>,
    /// `[lines][lanes][2]`
    values: Vec<i16>,
    /// Where each group's lines end.
    ends: Vec<usize>,
}

impl UpperLanes {
    /// Takes the high halves of so many groups, which `list` lists in any order.
    pub(crate) fn take(&mut self, groups: usize, list: impl FnOnce(&mut Vec<Upper>)) {
        self.all.clear();
        list(&mut self.all);
        self.all.sort_unstable();
        self.pairs.clear();
        self.values.clear();
        self.ends.clear();
        for line in self
            .all
            .chunk_by(|a, b| (a.group, a.pair) == (b.group, b.pair))
        {
            self.ends.resize(line[0].group as usize, self.pairs.len());
            self.pairs.push(line[0].pair);
            let start = self.values.len();
            self.values.resize(start + LINE, 0);
            for upper in line {
                self.values[start + usize::from(upper.place)] = upper.high;
            }
        }
        self.ends.resize(groups, self.pairs.len());
    }

    /// Adds what a group's high halves make to the sums of its lanes, which begin `width` apart
    /// for each of the rows that start at `starts` in `values`.
    pub(crate) fn add(
        &self,
        group: usize,
        (values, starts): (&[i16], &[usize]),
        sums: &mut [i32],
        width: usize,
    ) {
        let first = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        let lines = first..self.ends[group];
        if !lines.is_empty() {
            let values_of = &self.values[lines.start * LINE..lines.end * LINE];
            let lines = (&self.pairs[lines], values_of);
            Set::active().add_upper((values, starts), lines, sums, width);
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        let all = size_of::<Upper>() * self.all.capacity();
        all + 4 * self.pairs.capacity() + 2 * self.values.capacity() + 8 * self.ends.capacity()
    }
}

/// As [`Set::add_upper`].
#[inline(always)]
pub(super) fn add_upper(
    (values, starts): (&[i16], &[usize]),
    (pairs, lanes): (&[u32], &[i16]),
    sums: &mut [i32],
    width: usize,
) {
    for (&start, sums) in starts.iter().zip(sums.chunks_mut(width)) {
        let mut upper = [0_i32; GROUP];
        for (&pair, lanes) in pairs.iter().zip(lanes.as_chunks::<LINE>().0) {
            let at = start + 2 * pair as usize;
            let two = [values[at], values[at + 1]].map(i32::from);
            for (sum, lane) in upper.iter_mut().zip(lanes.as_chunks::<2>().0) {
                let [a, b] = lane.map(i32::from);
                *sum = sum.wrapping_add((two[0] * a).wrapping_add(two[1] * b));
            }
        }
        for (sum, upper) in sums[..GROUP].iter_mut().zip(upper) {
            *sum = sum.wrapping_add(upper << 16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_set_adds_what_each_high_half_makes(
            list in proptest::collection::vec((0..5_u32, 0..20_u32, 0..32_u8, any::<i16>()), 0..90),
            values in proptest::collection::vec(any::<i16>(), 300),
            starts in proptest::collection::vec(0..260_usize, 1..48),
            sums in proptest::collection::vec(any::<i32>(), 48 * 48),
        ) {
            let mut list = list;
            list.sort_unstable();
            list.dedup_by_key(|one| (one.0, one.1, one.2));
            let uppers = list.iter().rev().map(|&(group, pair, place, high)| Upper {
                group, pair, place, high,
            });
            let mut lanes = UpperLanes::default();
            lanes.take(6, |all| all.extend(uppers));
            for group in 0..6_u32 {
                let mut expected = sums.clone();
                for (row, start) in starts.iter().enumerate() {
                    for one in list.iter().filter(|one| one.0 == group) {
                        let at = start + 2 * one.1 as usize + usize::from(one.2 % 2);
                        let product = i32::from(values[at]) * i32::from(one.3);
                        let sum = &mut expected[row * 48 + usize::from(one.2 / 2)];
                        *sum = sum.wrapping_add(product << 16);
                    }
                }
                let first = if group == 0 { 0 } else { lanes.ends[group as usize - 1] };
                let own = first..lanes.ends[group as usize];
                for set in Set::available() {
                    let mut ours = sums.clone();
                    let lines = (&lanes.pairs[own.clone()], &lanes.values[own.start * LINE..own.end * LINE]);
                    set.add_upper((&values, &starts), lines, &mut ours, 48);
                    prop_assert_eq!(&ours, &expected, "{:?}", set);
                }
                let mut ours = vec![0; sums.len()];
                ours.copy_from_slice(&sums);
                lanes.add(group as usize, (&values, &starts), &mut ours, 48);
                prop_assert_eq!(&ours, &expected);
            }
        }
    }
}
