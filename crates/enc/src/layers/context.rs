//! What a layer computes with: the arithmetic, the layout, and the masks of the layout.

use crate::layout::{Layout, Place, Placement, Ranges, Role};
use crate::slots::Slots;
use crate::{Error, Result};
use std::collections::BTreeMap;

/// An arithmetic with the layout of a network and its masks.
pub(crate) struct Context<'s, S: Slots> {
    slots: &'s S,
    layout: Layout,
    ranges: Ranges,
    /// By period: 1 in the first column of each, else 0.
    first_columns: BTreeMap<usize, S::Mask>,
    /// By matrix and group: the range of weights where the plane of that group stores it, else 0.
    selections: BTreeMap<(Role, usize), S::Mask>,
}

impl<'s, S: Slots> Context<'s, S> {
    /// Prepares the masks.
    ///
    /// # Errors
    /// [`Error::Count`] if the layout has another number of slots.
    pub(crate) fn new(slots: &'s S, layout: &Layout, ranges: Ranges) -> Result<Self> {
        let grid = layout.grid();
        if slots.count() != grid.slots() {
            return Err(Error::Count {
                what: "slots",
                found: slots.count(),
                expected: grid.slots(),
            });
        }
        let mut first_columns = BTreeMap::new();
        let mut selections = BTreeMap::new();
        for matrix in layout.placements() {
            let period = matrix.column_period;
            let is_first = |place: Place| place.column.is_multiple_of(period);
            let mask = || slots.mask(grid.fill(|place| f64::from(u8::from(is_first(place)))));
            first_columns.entry(period).or_insert_with(mask);
            for group in 0..matrix.groups {
                let stored = |place| matrix.stored(grid, matrix.plane + group, place).is_some();
                let mask = grid.fill(|place| if stored(place) { ranges.weights } else { 0.0 });
                selections.insert((matrix.role, group), slots.mask(mask));
            }
        }
        Ok(Context {
            slots,
            layout: layout.clone(),
            ranges,
            first_columns,
            selections,
        })
    }

    /// The arithmetic.
    pub(crate) fn slots(&self) -> &'s S {
        self.slots
    }

    /// The layout.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The units of the state.
    pub(crate) fn ranges(&self) -> Ranges {
        self.ranges
    }

    /// The mask of the first column of each period of a matrix.
    pub(super) fn first_column(&self, matrix: &Placement) -> &S::Mask {
        // `new` made one for every placement of the layout.
        &self.first_columns[&matrix.column_period]
    }

    /// A matrix ready for use, from a refreshed state: repeated over all blocks, with at most
    /// `levels` levels. Of one that is split, a vector for each group and each rotation by blocks.
    ///
    /// # Levels
    /// One.
    ///
    /// # Errors
    /// If a key is missing or no level is left.
    pub(crate) fn unpack_weights(
        &self,
        state: &[S::Vector],
        matrix: &Placement,
        levels: usize,
    ) -> Result<Vec<S::Vector>> {
        let (slots, grid) = (self.slots, self.layout.grid());
        let lanes = matrix.lanes(grid);
        let shifts: Vec<isize> = (1..matrix.tiles)
            .map(|tile| (tile * grid.columns()).cast_signed())
            .collect();
        let mut vectors = Vec::new();
        for group in 0..matrix.groups {
            let mut plane = state[matrix.plane + group].clone();
            slots.drop_levels(&mut plane, levels.saturating_add(1))?;
            let selection = &self.selections[&(matrix.role, group)];
            let selected = slots.linear_combination(&[(&plane, selection)])?;
            let first = slots.rotate(&selected, matrix.lane.cast_signed())?;
            let copies = grid.lanes() / lanes;
            let everywhere = slots.sum_strided(&first, -lanes.cast_signed(), copies)?;
            let shifted = slots.rotate_each(&everywhere, &shifts)?;
            vectors.push(everywhere);
            vectors.extend(shifted);
        }
        Ok(vectors)
    }
}
