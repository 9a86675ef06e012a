//! The forward pass of a convolution over a few samples, 64 output positions at a time: the
//! inputs of these positions are laid out as lanes, and no more of them exists at once.

use super::Conv2d;
use crate::audit::{Lanes, LayerAudit, Merge};
use crate::kernel::{BLOCK, Panel, Set, Wide, interleave};
use crate::layers::scaling::Scaling;
use crate::layers::sums;
use alloc::vec::Vec;

/// Filters whose sums are formed and scaled while they are near.
const FILTERS_AT_ONCE: usize = 48;

/// The forward pass, with the memory that it works in.
pub(super) struct Pass<'a> {
    pub(super) layer: &'a Conv2d,
    pub(super) wide: &'a Wide<'a>,
    pub(super) scaling: Scaling,
    pub(super) largest: bool,
    pub(super) panel: Panel,
}

/// Consecutive output positions in one row of one sample.
#[derive(Clone, Copy)]
struct Run {
    /// First lane of the block.
    lane: usize,
    /// Start in the padded channel of the sample, with the sample's offset.
    start: usize,
    length: usize,
}

impl Pass<'_> {
    /// Fills `scaled`, `[samples, filters, positions]`, from padded samples.
    pub(super) fn forward(&mut self, padded: &[i16], scaled: &mut [i8]) -> LayerAudit {
        let samples = scaled.len() / self.layer.output.features();
        let all = samples * self.layer.positions();
        let mut audit = LayerAudit::default();
        for first in (0..all).step_by(BLOCK) {
            let count = BLOCK.min(all - first);
            self.lay_out(padded, first, count);
            audit.merge(&self.block(first, scaled));
        }
        audit
    }

    /// Forms, scales and stores the sums of all filters at the positions laid out.
    fn block(&mut self, first: usize, scaled: &mut [i8]) -> LayerAudit {
        let set = Set::active();
        let lanes = Lanes::new(&self.panel, self.wide.largest());
        let mut audit = LayerAudit::default();
        let mut results = [0; BLOCK];
        for start in (0..self.wide.count()).step_by(FILTERS_AT_ONCE) {
            let filters = start..self.wide.count().min(start + FILTERS_AT_ONCE);
            let forward =
                sums::for_each_row(self.wide, filters, &lanes, self.largest, |row, _, sums| {
                    let results = &mut results[..sums.len()];
                    audit.cut += self.scaling.apply(set, sums, results);
                    self.store(start + row, first, results, scaled);
                });
            audit.forward.merge(&forward);
        }
        audit
    }

    /// Stores one filter's results at consecutive positions, which may belong to several samples.
    fn store(&self, filter: usize, first: usize, mut row: &[i8], scaled: &mut [i8]) {
        let positions = self.layer.positions();
        let mut at = first;
        while !row.is_empty() {
            let (sample, position) = (at / positions, at % positions);
            let count = row.len().min(positions - position);
            let place = sample * self.layer.output.features() + filter * positions + position;
            scaled[place..place + count].copy_from_slice(&row[..count]);
            row = &row[count..];
            at += count;
        }
    }

    /// Lays out the inputs of the positions from `first` as lanes.
    fn lay_out(&mut self, padded: &[i16], first: usize, count: usize) {
        let layer = self.layer;
        let (fan_in, kernel) = (layer.fan_in(), layer.kernel);
        let (height, row_length) = layer.padded_size();
        let offset = |depth: usize| {
            let (channel, rest) = (depth / (kernel * kernel), depth % (kernel * kernel));
            (channel * height + rest / kernel) * row_length + rest % kernel
        };
        let runs = self.runs(first, count);
        self.panel.reset(fan_in, count);
        let width = self.panel.width(0);
        for (pair, places) in self
            .panel
            .block_mut(0)
            .chunks_exact_mut(2 * width)
            .enumerate()
        {
            let even = offset(2 * pair);
            let odd = (2 * pair + 1 < fan_in).then(|| offset(2 * pair + 1));
            for run in &runs {
                let places = &mut places[2 * run.lane..2 * (run.lane + run.length)];
                let even = &padded[run.start + even..][..run.length];
                match odd {
                    Some(odd) => interleave(even, &padded[run.start + odd..][..run.length], places),
                    None => places
                        .iter_mut()
                        .step_by(2)
                        .zip(even)
                        .for_each(|(p, v)| *p = *v),
                }
            }
        }
    }

    fn runs(&self, first: usize, count: usize) -> Vec<Run> {
        let (height, row_length) = self.layer.padded_size();
        let sample_size = self.layer.input.channels * height * row_length;
        let output = self.layer.output;
        let mut runs = Vec::new();
        let mut lane = 0;
        while lane < count {
            let (sample, position) = (
                (first + lane) / self.layer.positions(),
                (first + lane) % self.layer.positions(),
            );
            let (row, column) = (position / output.width, position % output.width);
            let length = (output.width - column).min(count - lane);
            runs.push(Run {
                lane,
                start: sample * sample_size + row * row_length + column,
                length,
            });
            lane += length;
        }
        runs
    }
}
