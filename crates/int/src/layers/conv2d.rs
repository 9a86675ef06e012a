//! The integer convolution: stride 1, square kernel, zero padding, no bias.

use super::scaling::Scaling;
use crate::audit::{LayerAudit, Merge, Range, beyond_int32};
use crate::kernel::{BLOCK, Panel, Set, Wide};
use crate::parallel;
use crate::sgd::IntegerSgd;
use crate::spec::Shape;
use alloc::vec;
use alloc::vec::Vec;

mod pass;

use pass::Pass;

/// A convolution (cross-correlation, as everywhere in the field).
///
/// # Shapes
/// Weights `[filters, channels, kernel, kernel]`; a batch of inputs `[samples, channels,
/// height, width]`.
///
/// # Source
/// NITRO-D section 3.1, integer convolutional layer.
#[derive(Clone, Debug)]
pub struct Conv2d {
    pub(crate) input: Shape,
    pub(crate) output: Shape,
    pub(crate) kernel: usize,
    pub(crate) padding: usize,
    pub(crate) weight: Vec<i32>,
}

impl Conv2d {
    /// Size of a sample's output, or `None` if the kernel does not fit.
    pub fn output(input: Shape, filters: usize, kernel: usize, padding: usize) -> Option<Shape> {
        let along = |size: usize| {
            (size + 2 * padding)
                .checked_sub(kernel)
                .map(|rest| rest + 1)
        };
        Some(Shape::image(
            filters,
            along(input.height)?,
            along(input.width)?,
        ))
    }

    /// A layer from a checked plan.
    ///
    /// # Panics
    /// If the number of weights is not that of the shapes.
    pub fn new(
        input: Shape,
        output: Shape,
        kernel: usize,
        padding: usize,
        weight: Vec<i32>,
    ) -> Self {
        let layer = Conv2d {
            input,
            output,
            kernel,
            padding,
            weight,
        };
        assert_eq!(
            layer.weight.len(),
            output.channels * layer.fan_in(),
            "whole weights"
        );
        layer
    }

    /// Products in each sum.
    pub fn fan_in(&self) -> usize {
        self.input.channels * self.kernel * self.kernel
    }

    fn positions(&self) -> usize {
        self.output.height * self.output.width
    }

    /// Scaled sums of inputs times weights, `[samples, filters, height, width]`.
    pub fn forward(
        &self,
        input: &[i16],
        scaling: Scaling,
        scaled: &mut [i8],
        largest: bool,
    ) -> LayerAudit {
        let wide = Wide::new(&self.weight, self.fan_in());
        let products = scaled.len() * self.fan_in();
        let features = self.output.features();
        let together = BLOCK.div_ceil(self.positions());
        let task = |index: usize, scaled: &mut [i8]| {
            let first = index * together * self.input.features();
            let count = scaled.len() / features;
            let input = &input[first..first + count * self.input.features()];
            let mut pass = Pass {
                layer: self,
                wide: &wide,
                scaling,
                largest,
                panel: Panel::default(),
            };
            pass.forward(&self.padded(input), scaled)
        };
        parallel::for_each_part(scaled, together * features, products, task)
    }

    /// Samples with their borders of zeros, `[samples, channels, height, width]`.
    fn padded(&self, input: &[i16]) -> Vec<i16> {
        let (height, width) = self.padded_size();
        let planes = input.chunks_exact(self.input.height * self.input.width);
        let mut padded = vec![0; planes.len() * height * width];
        for (plane, padded) in planes.zip(padded.chunks_exact_mut(height * width)) {
            for (row, values) in plane.chunks_exact(self.input.width).enumerate() {
                let start = (row + self.padding) * width + self.padding;
                padded[start..start + values.len()].copy_from_slice(values);
            }
        }
        padded
    }

    fn padded_size(&self) -> (usize, usize) {
        (
            self.input.height + 2 * self.padding,
            self.input.width + 2 * self.padding,
        )
    }

    /// Corrects the weights by the gradient summed over the batch. Positions without gradient
    /// cost nothing: a max-pooled head leaves most of them so.
    pub fn learn(
        &mut self,
        gradient: &[i32],
        input: &[i16],
        sgd: IntegerSgd,
        largest: bool,
    ) -> LayerAudit {
        let samples = gradient.len() / self.output.features();
        let set = Set::active();
        let start = || GradientSums::new(self.output.channels, self.fan_in());
        let products = gradient.iter().filter(|&&value| value != 0).count() * self.fan_in();
        let sums = parallel::accumulate(samples, products, start, |sums, index| {
            self.patches(self.sample(input, index), &mut sums.patches);
            sums.add(set, self.gradient_of(gradient, index), self.positions());
        });
        let mut audit = LayerAudit {
            gradient: self.audit_gradient(&sums, gradient, input, largest),
            updates: sgd.update(set, &mut self.weight, &sums.sums),
            ..LayerAudit::default()
        };
        if largest {
            audit.largest_weight = self.largest_weight();
        }
        audit
    }

    /// Largest magnitude of a weight.
    pub fn largest_weight(&self) -> u64 {
        self.weight
            .iter()
            .map(|weight| weight.unsigned_abs())
            .max()
            .unwrap_or(0)
            .into()
    }

    fn sample<'a>(&self, input: &'a [i16], index: usize) -> &'a [i16] {
        &input[index * self.input.features()..][..self.input.features()]
    }

    fn gradient_of<'a>(&self, gradient: &'a [i32], index: usize) -> &'a [i32] {
        &gradient[index * self.output.features()..][..self.output.features()]
    }

    /// The inputs of every output position, `[positions, channels, kernel, kernel]`.
    fn patches(&self, sample: &[i16], patches: &mut Vec<i16>) {
        patches.clear();
        patches.resize(self.positions() * self.fan_in(), 0);
        for (position, patch) in patches.chunks_exact_mut(self.fan_in()).enumerate() {
            let (top, left) = (position / self.output.width, position % self.output.width);
            for (line, place) in patch.chunks_exact_mut(self.kernel).enumerate() {
                let (channel, row) = (line / self.kernel, top + line % self.kernel);
                let Some(row) = row
                    .checked_sub(self.padding)
                    .filter(|&y| y < self.input.height)
                else {
                    continue;
                };
                let source = &sample[(channel * self.input.height + row) * self.input.width..]
                    [..self.input.width];
                copy_shifted(source, left, self.padding, place);
            }
        }
    }

    /// Counts the gradients that wrapped. Filters whose gradients are too small in sum to wrap
    /// are passed over; the others are summed again in 64 bits.
    fn audit_gradient(
        &self,
        sums: &GradientSums,
        gradient: &[i32],
        input: &[i16],
        largest: bool,
    ) -> Range {
        let mut range = Range {
            sums: sums.sums.len() as u64,
            ..Range::default()
        };
        if largest {
            range.see(&sums.sums);
        }
        let input_largest = input
            .iter()
            .map(|value| value.unsigned_abs())
            .max()
            .unwrap_or(0);
        let suspect =
            |magnitude: u64| magnitude.saturating_mul(input_largest.into()) > i32::MAX as u64;
        let filters: Vec<usize> = (0..sums.magnitudes.len())
            .filter(|&f| suspect(sums.magnitudes[f]))
            .collect();
        for exact in self.exact_gradients(&filters, gradient, input) {
            range.merge(&beyond_int32(exact));
        }
        range
    }

    /// The weight gradients of some filters in 64 bits.
    fn exact_gradients(&self, filters: &[usize], gradient: &[i32], input: &[i16]) -> Vec<i64> {
        let (set, positions) = (Set::active(), self.positions());
        let samples = gradient.len() / self.output.features();
        let mut exact = vec![0_i64; filters.len() * self.fan_in()];
        let mut patches = Vec::new();
        for index in 0..if filters.is_empty() { 0 } else { samples } {
            self.patches(self.sample(input, index), &mut patches);
            let gradient = self.gradient_of(gradient, index);
            for (&filter, exact) in filters.iter().zip(exact.chunks_exact_mut(self.fan_in())) {
                let own = &gradient[filter * positions..(filter + 1) * positions];
                for (&scale, patch) in own.iter().zip(patches.chunks_exact(self.fan_in())) {
                    if scale != 0 {
                        set.add_scaled_exactly(exact, scale, patch);
                    }
                }
            }
        }
        exact
    }
}

/// Copies the part of `source` that lies under `place`, whose first element stands at column
/// `left` of the padded row.
fn copy_shifted(source: &[i16], left: usize, padding: usize, place: &mut [i16]) {
    let skipped = padding.saturating_sub(left).min(place.len());
    let start = (left + skipped).saturating_sub(padding);
    let count = (place.len() - skipped).min(source.len().saturating_sub(start));
    if count > 0 {
        place[skipped..skipped + count].copy_from_slice(&source[start..start + count]);
    }
}

/// Weight gradients of some samples.
#[derive(Default)]
struct GradientSums {
    fan_in: usize,
    sums: Vec<i32>,
    /// Sum of the magnitudes of each filter's output gradients.
    magnitudes: Vec<u64>,
    patches: Vec<i16>,
}

impl GradientSums {
    fn new(filters: usize, fan_in: usize) -> Self {
        GradientSums {
            fan_in,
            sums: vec![0; filters * fan_in],
            magnitudes: vec![0; filters],
            patches: Vec::new(),
        }
    }

    /// Adds the sample whose patches are laid out, with its output gradient.
    fn add(&mut self, set: Set, gradient: &[i32], positions: usize) {
        let filters = gradient.chunks_exact(positions).zip(&mut self.magnitudes);
        for ((gradient, magnitude), sums) in filters.zip(self.sums.chunks_exact_mut(self.fan_in)) {
            for (position, &scale) in gradient.iter().enumerate() {
                if scale != 0 {
                    *magnitude += u64::from(scale.unsigned_abs());
                    let patch = &self.patches[position * self.fan_in..][..self.fan_in];
                    set.add_scaled(sums, scale, patch);
                }
            }
        }
    }
}

impl Merge for GradientSums {
    fn merge(&mut self, other: &Self) {
        for (sum, &more) in self.sums.iter_mut().zip(&other.sums) {
            *sum = sum.wrapping_add(more);
        }
        for (magnitude, &more) in self.magnitudes.iter_mut().zip(&other.magnitudes) {
            *magnitude += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, written out.
    fn naive_sum(layer: &Conv2d, sample: &[i16], at: [usize; 3]) -> i32 {
        let [filter, i, j] = at;
        let mut sum = 0;
        for c in 0..layer.input.channels {
            for k in 0..layer.kernel {
                for l in 0..layer.kernel {
                    sum += weight(layer, filter, c, k, l) * value(layer, sample, c, i + k, j + l);
                }
            }
        }
        sum
    }

    fn weight(layer: &Conv2d, f: usize, c: usize, k: usize, l: usize) -> i32 {
        layer.weight[((f * layer.input.channels + c) * layer.kernel + k) * layer.kernel + l]
    }

    fn value(layer: &Conv2d, sample: &[i16], c: usize, i: usize, j: usize) -> i32 {
        let inside = |at: usize, size: usize| at.checked_sub(layer.padding).filter(|&x| x < size);
        match (inside(i, layer.input.height), inside(j, layer.input.width)) {
            (Some(i), Some(j)) => {
                sample[(c * layer.input.height + i) * layer.input.width + j].into()
            }
            _ => 0,
        }
    }

    fn layers() -> impl Strategy<Value = (Conv2d, Vec<i16>, Vec<i32>)> {
        (
            1..3_usize,
            1..6_usize,
            1..6_usize,
            1..4_usize,
            1..4_usize,
            0..3_usize,
        )
            .prop_filter_map(
                "the kernel fits",
                |(channels, height, width, filters, kernel, padding)| {
                    let input = Shape::image(channels, height, width);
                    Some((
                        input,
                        Conv2d::output(input, filters, kernel, padding)?,
                        kernel,
                        padding,
                    ))
                },
            )
            .prop_flat_map(|(input, output, kernel, padding)| {
                let fan_in = input.channels * kernel * kernel;
                let layer = proptest::collection::vec(-300..300, output.channels * fan_in)
                    .prop_map(move |weight| Conv2d::new(input, output, kernel, padding, weight));
                let samples = proptest::collection::vec(-128..128_i16, 2 * input.features());
                let sparse = prop_oneof![Just(0), -90_000..90_000];
                let gradient = proptest::collection::vec(sparse, 2 * output.features());
                (layer, samples, gradient)
            })
    }

    proptest! {
        #[test]
        fn forward_is_the_definition((layer, input, _) in layers()) {
            let scaling = Scaling::new(layer.fan_in());
            let mut scaled = vec![0; 2 * layer.output.features()];
            layer.forward(&input, scaling, &mut scaled, false);
            let mut sums = Vec::new();
            for sample in input.chunks(layer.input.features()) {
                for f in 0..layer.output.channels {
                    for i in 0..layer.output.height {
                        sums.extend((0..layer.output.width).map(|j| naive_sum(&layer, sample, [f, i, j])));
                    }
                }
            }
            let mut expected = vec![0; scaled.len()];
            scaling.apply(Set::PORTABLE, &sums, &mut expected);
            prop_assert_eq!(scaled, expected);
        }

        #[test]
        fn the_gradient_is_the_definition((mut layer, input, gradient) in layers()) {
            let before = layer.clone();
            layer.learn(&gradient, &input, IntegerSgd::new(1, 1, 0), true);
            for f in 0..layer.output.channels {
                for c in 0..layer.input.channels {
                    for k in 0..layer.kernel {
                        for l in 0..layer.kernel {
                            let mut sum = 0_i32;
                            for (at, &scale) in gradient.iter().enumerate() {
                                let (place, j) = (at / layer.output.width, at % layer.output.width);
                                let (place, i) = (place / layer.output.height, place % layer.output.height);
                                let (m, filter) = (place / layer.output.channels, place % layer.output.channels);
                                if filter == f {
                                    let sample = &input[m * layer.input.features()..];
                                    sum += scale * value(&layer, sample, c, i + k, j + l);
                                }
                            }
                            prop_assert_eq!(weight(&before, f, c, k, l) - sum, weight(&layer, f, c, k, l));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_that_wrap_are_counted() {
        let input = Shape::image(1, 1, 2);
        let mut layer = Conv2d::new(input, input, 1, 0, vec![0]);
        let audit = layer.learn(&[i32::MAX, 5], &[2, 1], IntegerSgd::new(1, 1, 0), true);
        let exact = 2 * u64::from(i32::MAX.unsigned_abs()) + 5;
        assert_eq!(
            audit.gradient,
            Range {
                sums: 1,
                wrapped: 1,
                largest: exact
            }
        );
        assert_eq!(layer.weight, [-3]);
    }
}
