//! High halves of lanes, where they are not so rare that each may be looked up.
//!
//! Of what they make, times 2^16, only the low halves count. So it is formed in int16, for up to 48
//! rows at once, which are given depth by depth.

use super::Set;
use super::tile::ROWS;
use alloc::vec::Vec;

/// Lanes that are taken together: a vector of sums.
pub(crate) const GROUP: usize = 16;

/// A value of a lane that is beyond int16.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upper {
    /// Which lane, of which products.
    pub(crate) lane: u32,
    pub(crate) depth: u32,
    pub(crate) high: i16,
}

/// The same, within a group of lanes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfGroup {
    pub(super) depth: u32,
    /// Below [`GROUP`].
    lane: u16,
    pub(super) high: i16,
}

impl OfGroup {
    /// Which lane of the group.
    #[inline(always)]
    pub(super) fn lane(self) -> usize {
        usize::from(self.lane) % GROUP
    }
}

/// Some high halves of a group of lanes, all of them above a depth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Few<'a> {
    list: &'a [OfGroup],
    depth: usize,
}

impl<'a> Few<'a> {
    /// All of them.
    pub(super) fn list(self) -> &'a [OfGroup] {
        self.list
    }

    /// Beyond the depth of each.
    pub(super) fn depth(self) -> usize {
        self.depth
    }
}

/// What lanes have above their low halves, by groups of lanes.
#[derive(Debug, Default)]
pub(crate) struct UpperLanes {
    /// As they were listed.
    all: Vec<Upper>,
    /// Group by group.
    few: Vec<OfGroup>,
    /// Where each group's end.
    ends: Vec<usize>,
    /// Beyond the depth of each.
    depth: usize,
}

impl UpperLanes {
    /// Takes the values of so many groups of lanes that are beyond int16, which `list` lists in any
    /// order.
    ///
    /// # Panics
    /// If one is of another lane.
    #[allow(clippy::cast_possible_truncation, reason = "a lane of a group")]
    pub(crate) fn take(&mut self, groups: usize, list: impl FnOnce(&mut Vec<Upper>)) {
        self.all.clear();
        list(&mut self.all);
        self.few.clear();
        self.few.resize(self.all.len(), OfGroup::default());
        // How many there are of each group, then where they begin, then, as they are put in, where
        // the next one goes.
        self.ends.clear();
        self.ends.resize(groups, 0);
        self.depth = 0;
        for upper in &self.all {
            self.ends[upper.lane as usize / GROUP] += 1;
            self.depth = self.depth.max(upper.depth as usize + 1);
        }
        let mut begin = 0;
        for end in &mut self.ends {
            begin += core::mem::replace(end, begin);
        }
        for upper in &self.all {
            let end = &mut self.ends[upper.lane as usize / GROUP];
            self.few[*end] = OfGroup {
                depth: upper.depth,
                lane: (upper.lane as usize % GROUP) as u16,
                high: upper.high,
            };
            *end += 1;
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.few.is_empty()
    }

    fn of(&self, group: usize) -> Few<'_> {
        let begin = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        Few {
            list: &self.few[begin..self.ends[group]],
            depth: self.depth,
        }
    }

    /// Adds what high halves make, times 2^16, to the sums of `rows` rows, `width` each, with lanes
    /// from the group `first` on, modulo 2^32. Rows are given by depths: of each depth a value of each
    /// row, and more up to a multiple of 16.
    ///
    /// # Panics
    /// If there are more than [`ROWS`] rows, or depths are missing.
    pub(crate) fn add(
        &self,
        (first, width): (usize, usize),
        (by_depth, rows): (&[i16], usize),
        sums: &mut [i32],
    ) {
        for group in 0..width / GROUP {
            let few = self.of(first + group);
            if !few.list.is_empty() {
                let sums = &mut sums[group * GROUP..];
                Set::active().add_upper(few, (by_depth, rows), sums, width);
            }
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Upper>() * self.all.capacity()
            + size_of::<OfGroup>() * self.few.capacity()
            + size_of::<usize>() * self.ends.capacity()
    }
}

/// As [`Set::add_upper`].
#[inline(always)]
pub(super) fn add_upper(
    few: Few<'_>,
    (by_depth, rows): (&[i16], usize),
    sums: &mut [i32],
    width: usize,
) {
    let mut upper = [0_i16; GROUP * ROWS];
    let height = rows.next_multiple_of(16);
    let upper = &mut upper[..GROUP * height];
    for one in few.list() {
        let line = &by_depth[one.depth as usize * height..][..height];
        let upper = &mut upper[one.lane() * height..][..height];
        for (upper, &value) in upper.iter_mut().zip(line) {
            *upper = upper.wrapping_add(value.wrapping_mul(one.high));
        }
    }
    for (row, sums) in sums.chunks_mut(width).take(rows).enumerate() {
        let column = upper[row..].iter().step_by(height);
        for (sum, &upper) in sums.iter_mut().zip(column) {
            *sum = sum.wrapping_add(i32::from(upper) << 16);
        }
    }
}

/// As [`Set::lay_out_by_depth`].
#[inline(always)]
pub(super) fn lay_out_by_depth(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    for depth in 0..2 * GROUP {
        for row in 0..GROUP {
            lines[depth * width + row] = rows[row * stride + depth];
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
            list in proptest::collection::vec((0..96_u32, 0..40_u32, any::<i16>()), 0..200),
            values in proptest::collection::vec(any::<i16>(), 48 * 64),
            rows in 1..=48_usize,
            sums in proptest::collection::vec(any::<i32>(), 48 * 32),
        ) {
            let height = rows.next_multiple_of(16);
            let uppers = list.iter().map(|&(lane, depth, high)| Upper { lane, depth, high });
            let mut lanes = UpperLanes::default();
            for _ in 0..2 {
                lanes.take(6, |all| all.extend(uppers.clone()));
            }
            for set in Set::available() {
                let mut by_depth = vec![0; 64 * height];
                for row in (0..height).step_by(16) {
                    for depth in [0, 32] {
                        let lines = &mut by_depth[depth * height + row..];
                        set.lay_out_by_depth(&values[row * 64 + depth..], 64, lines, height);
                    }
                }
                for first in [0, 32, 64] {
                    let mut expected = sums.clone();
                    let own = list.iter().filter(|one| (first..first + 32).contains(&one.0));
                    for (&(lane, depth, high), row) in
                        own.flat_map(|one| (0..rows).map(move |row| (one, row)))
                    {
                        let value = values[row * 64 + depth as usize];
                        let sum = &mut expected[row * 32 + (lane - first) as usize];
                        *sum = sum.wrapping_add((i32::from(value) * i32::from(high)) << 16);
                    }
                    let mut ours = sums.clone();
                    for group in 0..2 {
                        let few = lanes.of(first as usize / 16 + group);
                        set.add_upper(few, (&by_depth, rows), &mut ours[16 * group..], 32);
                    }
                    prop_assert_eq!(&ours, &expected, "{:?}", set);
                    let mut ours = sums.clone();
                    lanes.add((first as usize / 16, 32), (&by_depth, rows), &mut ours);
                    prop_assert_eq!(&ours, &expected);
                }
            }
        }
    }
}
