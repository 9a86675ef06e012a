//! Operations of a circuit by level, as the planner counts them.

use crate::slots::Stage;
use std::collections::BTreeMap;

/// The operations of a circuit; a level is the number of levels left before the operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rotations by each number of steps (from 1 to below the number of slots): how many at each
    /// level.
    pub rotations: BTreeMap<usize, BTreeMap<usize, usize>>,
    /// Of these rotations, those of a vector that was rotated by other steps at the same time: the
    /// first of such a group is not counted.
    pub hoisted_rotations: BTreeMap<usize, usize>,
    /// Products that were relinearized and rescaled.
    pub relinearizations: BTreeMap<usize, usize>,
    /// Products of two vectors.
    pub products: BTreeMap<usize, usize>,
    /// Products of a vector and a mask.
    pub mask_products: BTreeMap<usize, usize>,
    /// Vectors refreshed one by one.
    pub refreshes: usize,
    /// Pairs of vectors refreshed together.
    pub pair_refreshes: usize,
    /// Levels left at each stage of a step.
    pub levels_left: BTreeMap<Stage, usize>,
}

impl Counts {
    /// Number of rotations.
    pub fn rotation_count(&self) -> usize {
        self.rotations.values().flat_map(BTreeMap::values).sum()
    }

    /// Key switches by level: rotations, hoisted ones too, and relinearizations.
    pub fn key_switches(&self) -> BTreeMap<usize, usize> {
        let mut all = self.relinearizations.clone();
        for by_level in self.rotations.values() {
            for (&level, &count) in by_level {
                *all.entry(level).or_insert(0) += count;
            }
        }
        all
    }

    /// Vectors that the refreshes renew, one by one or in pairs.
    pub(crate) fn refreshed_vectors(&self) -> usize {
        self.refreshes + 2 * self.pair_refreshes
    }
}
