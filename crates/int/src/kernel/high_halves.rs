//! High halves of columns, where they are too many to be added one by one.
//!
//! Modulo 2^32, products that lack a factor of 2^16 count by their low halves alone. They are formed
//! in int16, for up to 48 rows at once, which are given depth by depth.

use super::tile::ROWS;
use alloc::vec::Vec;

/// Columns that are added together: a vector of sums.
pub(crate) const GROUP: usize = 16;

/// A value of a column that is beyond int16.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HighHalf {
    /// Which column, of which products.
    pub(crate) column: u32,
    pub(crate) depth: u32,
    pub(crate) high: i16,
}

/// A value of a group of columns that is beyond int16.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupEntry {
    pub(super) depth: u32,
    /// Below [`GROUP`].
    column: u16,
    pub(super) high: i16,
}

impl GroupEntry {
    /// Which column of the group.
    #[inline(always)]
    pub(super) fn column(self) -> usize {
        usize::from(self.column) % GROUP
    }
}

/// The high halves of a group of columns. Each is at a depth below [`HighHalfGroup::depth`]: only
/// [`HighHalves`] makes groups, and it keeps the largest depth of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct HighHalfGroup<'a> {
    list: &'a [GroupEntry],
    depth: usize,
}

impl<'a> HighHalfGroup<'a> {
    /// All of them.
    pub(super) fn list(self) -> &'a [GroupEntry] {
        self.list
    }

    /// The depth that bounds those of all.
    pub(super) fn depth(self) -> usize {
        self.depth
    }
}

/// Some rows, depth by depth: `[depth][rows, up to a multiple of 16]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowsByDepth<'a> {
    pub(crate) values: &'a [i16],
    /// Rows that exist; up to [`ROWS`].
    pub(crate) count: usize,
}

impl RowsByDepth<'_> {
    /// Values of each depth.
    #[inline(always)]
    pub(super) fn height(self) -> usize {
        self.count.next_multiple_of(16)
    }
}

/// Some columns with high halves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HighHalfColumns<'a> {
    pub(crate) high: &'a HighHalves,
    /// The group that they begin with.
    pub(crate) first: usize,
    /// Number of columns, whole groups.
    pub(crate) width: usize,
}

/// What columns have above their low halves, by groups of columns.
#[derive(Debug, Default)]
pub(crate) struct HighHalves {
    /// In the order in which they were listed.
    all: Vec<HighHalf>,
    /// Group by group.
    grouped: Vec<GroupEntry>,
    /// Where those of each group end.
    ends: Vec<usize>,
    /// Above the depth of each.
    depth: usize,
}

impl HighHalves {
    /// Replaces all by the values that `list` lists, in any order, of `groups` groups of columns.
    ///
    /// # Panics
    /// If one is of a column beyond these.
    #[allow(clippy::cast_possible_truncation, reason = "a column of a group")]
    pub(crate) fn fill(&mut self, groups: usize, list: impl FnOnce(&mut Vec<HighHalf>)) {
        self.all.clear();
        list(&mut self.all);
        self.grouped.clear();
        self.grouped.resize(self.all.len(), GroupEntry::default());
        // First the number of each group, then where they begin, then, while they are put in, where
        // the next one goes.
        self.ends.clear();
        self.ends.resize(groups, 0);
        self.depth = 0;
        for one in &self.all {
            self.ends[one.column as usize / GROUP] += 1;
            self.depth = self.depth.max(one.depth as usize + 1);
        }
        let mut begin = 0;
        for end in &mut self.ends {
            begin += core::mem::replace(end, begin);
        }
        for one in &self.all {
            let end = &mut self.ends[one.column as usize / GROUP];
            self.grouped[*end] = GroupEntry {
                depth: one.depth,
                column: (one.column as usize % GROUP) as u16,
                high: one.high,
            };
            *end += 1;
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.grouped.is_empty()
    }

    /// Those of a group of columns.
    pub(super) fn of(&self, group: usize) -> HighHalfGroup<'_> {
        let begin = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        HighHalfGroup {
            list: &self.grouped[begin..self.ends[group]],
            depth: self.depth,
        }
    }

    /// Bytes that it occupies.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<HighHalf>() * self.all.capacity()
            + size_of::<GroupEntry>() * self.grouped.capacity()
            + size_of::<usize>() * self.ends.capacity()
    }
}

/// As [`super::Isa::add_high_halves`].
#[inline(always)]
pub(super) fn add_high_halves(
    group: HighHalfGroup<'_>,
    rows: RowsByDepth<'_>,
    sums: &mut [i32],
    width: usize,
) {
    let mut upper = [0_i16; GROUP * ROWS];
    let height = rows.height();
    let upper = &mut upper[..GROUP * height];
    for one in group.list() {
        let line = &rows.values[one.depth as usize * height..][..height];
        let upper = &mut upper[one.column() * height..][..height];
        for (upper, &value) in upper.iter_mut().zip(line) {
            *upper = upper.wrapping_add(value.wrapping_mul(one.high));
        }
    }
    for (row, sums) in sums.chunks_mut(width).take(rows.count).enumerate() {
        let column = upper[row..].iter().step_by(height);
        for (sum, &upper) in sums.iter_mut().zip(column) {
            *sum = sum.wrapping_add(i32::from(upper) << 16);
        }
    }
}

/// As [`super::Isa::lay_out_by_depth`].
#[inline(always)]
pub(super) fn lay_out_by_depth(rows: &[i16], stride: usize, lines: &mut [i16], width: usize) {
    for depth in 0..2 * GROUP {
        for row in 0..GROUP {
            lines[depth * width + row] = rows[row * stride + depth];
        }
    }
}
