//! Lanes' values beyond int16, by the block that they lie in.

use super::excess::Excess;
use super::panel::Panel;
use super::tile::BLOCK;
use alloc::vec::Vec;

/// Few values beyond int16 among the lanes of a panel.
#[derive(Debug, Default)]
pub struct FewOfLanes {
    few: Vec<Excess>,
    /// Where each block's end.
    ends: Vec<usize>,
    sorted: Vec<(usize, Excess)>,
}

impl FewOfLanes {
    /// Lists values of `panel`, of which `at(place)` gives depth and lane.
    pub fn list(&mut self, panel: &Panel, few: &[Excess], at: impl Fn(usize) -> (usize, usize)) {
        self.sorted.clear();
        self.sorted.extend(few.iter().map(|excess| {
            let (depth, lane) = at(excess.place as usize);
            let (block, lane) = (lane / BLOCK, lane % BLOCK);
            let place = (depth / 2 * panel.width(block) + lane) * 2 + depth % 2;
            let place = u32::try_from(place).expect("a block below 2^32 values");
            (block, Excess { place, ..*excess })
        }));
        self.sorted.sort_unstable();
        self.few.clear();
        self.few.extend(self.sorted.iter().map(|entry| entry.1));
        self.ends.clear();
        self.ends.extend(
            (0..panel.blocks()).map(|block| self.sorted.partition_point(|entry| entry.0 <= block)),
        );
    }

    /// Those of a block.
    pub fn of(&self, block: usize) -> &[Excess] {
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.few[start..self.ends[block]]
    }

    /// Bytes that it occupies.
    pub fn bytes(&self) -> usize {
        self.few.capacity() * size_of::<Excess>()
            + self.ends.capacity() * size_of::<usize>()
            + self.sorted.capacity() * size_of::<(usize, Excess)>()
    }
}
