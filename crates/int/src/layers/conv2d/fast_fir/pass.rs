//! The forward pass of a batch, group by group of bands.

use super::cut::Cuts;
use super::scratch::Scratch;
use super::workspace::FastFirWorkspace;
use crate::audit::{Counting, LayerAudit};
use crate::kernel::{BLOCK, Isa};
use crate::layers::conv2d::layer::Conv2d;
use crate::layers::images::Images;
use crate::layers::scaling::Scaling;

/// The forward pass of a batch.
pub(super) struct Pass<'a> {
    pub(super) layer: &'a Conv2d,
    pub(super) isa: Isa,
    pub(super) workspace: &'a FastFirWorkspace,
    pub(super) input: &'a Images,
    pub(super) scaling: Scaling,
    pub(super) counting: Counting,
    pub(super) cuts: Cuts,
}

impl Pass<'_> {
    /// Fills `scaled` with the outputs of some samples, from `first` on.
    pub(super) fn some_samples(
        &self,
        first: usize,
        scratch: &mut Scratch,
        scaled: &mut [i8],
    ) -> LayerAudit {
        let parts = self.cuts.rows.parts();
        let all = scaled.len() / self.layer.shape.output.features() * parts;
        let (depth, columns) = (self.input.frame.depth, &self.workspace.columns);
        // Groups of about the same size.
        let groups = all.div_ceil(self.cuts.bands_together());
        let mut audit = LayerAudit::default();
        for group in 0..groups {
            let bands = group * all / groups..(group + 1) * all / groups;
            scratch.resize(bands, self.cuts, depth, columns.width(0));
            self.transform_inputs(first, scratch);
            if self.workspace.has_large() {
                self.lay_out_by_depth(scratch);
            }
            for block in 0..columns.blocks() {
                self.form_sums(block, scratch);
                self.scale(block, scratch, &mut audit, scaled);
            }
        }
        audit
    }

    /// Scales the sums of a block.
    fn scale(&self, block: usize, scratch: &Scratch, audit: &mut LayerAudit, scaled: &mut [i8]) {
        let output = self.layer.shape.output;
        let (width, count) = (
            self.workspace.columns.width(block),
            self.workspace.columns.count(block),
        );
        let line = self.cuts.columns.outputs() * width;
        let bands = scratch.outputs.chunks_exact(3 * line);
        for (sums, band) in bands.zip(&scratch.bands) {
            for (y, sums) in band.rows.clone().zip(sums.chunks_exact(line)) {
                let first = (band.sample * output.height + y) * output.width;
                for (x, sums) in sums.chunks_exact(width).enumerate() {
                    let place = (first + x) * output.channels + block * BLOCK;
                    let (sums, scaled) = (&sums[..count], &mut scaled[place..place + count]);
                    audit.cut += self.scaling.apply(self.isa, sums, scaled);
                    audit.forward.sums += count as u64;
                    if self.counting.maxima() {
                        audit.forward.observe(sums);
                    }
                }
            }
        }
    }
}
