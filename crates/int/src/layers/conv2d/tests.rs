//! The layer against the definition.

use super::*;
use crate::arithmetic::wrapped as low_bits;
use crate::kernel::Isa;
use crate::layers::images::Sample;
use crate::sgd::IntegerSgd;
use crate::spec::Shape;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

/// Every output has a gradient, `[samples, filters, positions]`.
struct Dense<'a> {
    values: &'a [i32],
    output: Shape,
}

impl OutputGradient for Dense<'_> {
    fn positions(&self) -> usize {
        self.output.height * self.output.width
    }

    fn visit(&self, sample: usize, filter: usize, mut visit: impl FnMut(usize, i32)) {
        let positions = self.output.height * self.output.width;
        let own = (sample * self.output.channels + filter) * positions;
        for (position, &value) in self.values[own..own + positions].iter().enumerate() {
            visit(position, value);
        }
    }
}

/// A batch of samples, `[samples, channels, height, width]`, as the layer reads it.
fn framed(layer: &Conv2d, samples: &[i16]) -> Images {
    let (shape, frame) = (layer.shape.input, layer.shape.frame());
    let pixels = shape.height * shape.width;
    let mut images = Images {
        max_abs: Isa::current().max_abs_i16(samples),
        ..Images::default()
    };
    images.resize(frame, samples.len() / shape.features());
    for (framed, sample) in images
        .values
        .chunks_exact_mut(frame.size())
        .zip(samples.chunks_exact(shape.features()))
    {
        Sample::new(shape, frame, framed).fill(false, |first, places| {
            for (place, at) in places.iter_mut().zip(first..) {
                *place = sample[at % shape.channels * pixels + at / shape.channels];
            }
        });
    }
    images
}

/// The value at row `y` and column `x` of the padded channel `c`.
fn value(layer: &Conv2d, sample: &[i16], c: usize, y: usize, x: usize) -> i32 {
    let (padding, input) = (layer.shape.padding, layer.shape.input);
    let inside = |at: usize, size: usize| at.checked_sub(padding).filter(|&at| at < size);
    match (inside(y, input.height), inside(x, input.width)) {
        (Some(y), Some(x)) => sample[(c * input.height + y) * input.width + x].into(),
        _ => 0,
    }
}

/// Calls `visit(weight, input)` for all products of the sum of one output.
fn for_each_product(
    layer: &Conv2d,
    sample: &[i16],
    [f, i, j]: [usize; 3],
    mut visit: impl FnMut(usize, i32),
) {
    for c in 0..layer.shape.input.channels {
        for k in 0..layer.shape.kernel {
            for l in 0..layer.shape.kernel {
                let weight = ((f * layer.shape.input.channels + c) * layer.shape.kernel + k)
                    * layer.shape.kernel
                    + l;
                visit(weight, value(layer, sample, c, i + k, j + l));
            }
        }
    }
}

fn outputs(layer: &Conv2d) -> impl Iterator<Item = [usize; 3]> + use<> {
    let output = layer.shape.output;
    (0..output.height).flat_map(move |i| {
        (0..output.width).flat_map(move |j| (0..output.channels).map(move |f| [f, i, j]))
    })
}

fn learn(layer: &mut Conv2d, gradient: &[i32], input: &[i16]) -> LayerAudit {
    let dense = Dense {
        values: gradient,
        output: layer.shape.output,
    };
    let sgd = IntegerSgd::new(1, 1, 0);
    let mut images = framed(layer, input);
    layer.update(
        &mut GradientWorkspace::default(),
        &dense,
        &mut images,
        sgd,
        Counting::WrapsAndMaxima,
    )
}

fn layers() -> impl Strategy<Value = (Conv2d, Vec<i16>, Vec<i32>)> {
    let sizes = prop_oneof![
        (1..4_usize, 1..6_usize, 1..6_usize, 1..5_usize),
        // More channels than the gradient's columns, more filters than a block of columns.
        (125..140_usize, 1..3_usize, 1..3_usize, 60..70_usize),
        // Whole planes of channels.
        (
            prop_oneof![Just(32_usize), Just(96)],
            1..6_usize,
            1..6_usize,
            1..20_usize
        ),
    ];
    (sizes, 1..6_usize, 0..3_usize)
        .prop_filter_map(
            "kernel fits",
            |((channels, height, width, filters), kernel, padding)| {
                let input = Shape::image(channels, height, width);
                ConvShape::new(input, filters, kernel, padding)
            },
        )
        .prop_flat_map(|shape| {
            let (input, output) = (shape.input, shape.output);
            let weights = output.channels * shape.fan_in();
            let weight = prop_oneof![9 => -300..300, 1 => -70_000..70_000];
            let layer = prop_oneof![
                proptest::collection::vec(-300..300, weights),
                proptest::collection::vec(weight, weights),
            ];
            let layer = layer.prop_map(move |weights| Conv2d::new(shape, &weights));
            let samples = proptest::collection::vec(-128..128_i16, 3 * input.features());
            let sparse = prop_oneof![3 => Just(0), 2 => -90_000..90_000, 1 => any::<i32>()];
            let gradient = proptest::collection::vec(sparse, 3 * output.features());
            (layer, samples, gradient)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn forward_is_the_definition((layer, input, _) in layers()) {
        let scaling = Scaling::new(layer.shape.fan_in());
        let weights = layer.values();
        let mut scaled = vec![0; 3 * layer.shape.output.features()];
        let images = framed(&layer, &input);
        let mut workspace = ConvWorkspace::default();
        let audit = layer.forward(&mut workspace, &images, scaling, &mut scaled, Counting::WrapsAndMaxima);
        let (mut sums, mut wrapped) = (Vec::new(), 0);
        for sample in input.chunks(layer.shape.input.features()) {
            for output in outputs(&layer) {
                let mut sum = 0_i64;
                for_each_product(&layer, sample, output, |weight, value| {
                    sum += i64::from(weights[weight]) * i64::from(value);
                });
                wrapped += u64::from(i32::try_from(sum).is_err());
                sums.push(low_bits(sum));
            }
        }
        let mut expected = vec![0; scaled.len()];
        let cut = scaling.apply(Isa::PORTABLE, &sums, &mut expected);
        prop_assert_eq!(scaled, expected);
        prop_assert_eq!((audit.cut, audit.forward.wrapped), (cut, wrapped));
        prop_assert_eq!(audit.forward.sums, sums.len() as u64);
    }

    #[test]
    fn the_gradient_is_the_definition((mut layer, input, gradient) in layers()) {
        let mut exact: Vec<i64> = vec![0; layer.values().len()];
        let positions = layer.shape.positions();
        for (m, sample) in input.chunks(layer.shape.input.features()).enumerate() {
            for [f, i, j] in outputs(&layer) {
                let at = (m * layer.shape.output.channels + f) * positions + i * layer.shape.output.width + j;
                let scale = i64::from(gradient[at]);
                for_each_product(&layer, sample, [f, i, j], |weight, value| {
                    exact[weight] += scale * i64::from(value);
                });
            }
        }
        let mut expected = layer.values();
        for (weight, sum) in expected.iter_mut().zip(&exact) {
            *weight = weight.wrapping_sub(low_bits(*sum));
        }
        let audit = learn(&mut layer, &gradient, &input);
        prop_assert_eq!(layer.values(), expected);
        let wrapped = exact.iter().filter(|&&sum| i32::try_from(sum).is_err()).count();
        prop_assert_eq!(audit.gradient.wrapped, wrapped as u64);
        prop_assert_eq!(audit.gradient.sums, exact.len() as u64);
    }
}

/// Layers that can be formed by fewer products: weights that seldom leave int16 when transformed.
fn fast_layers() -> impl Strategy<Value = (Conv2d, Vec<i16>)> {
    let filters = prop_oneof![Just(16), Just(48), Just(80), Just(128)];
    (1..3_usize, 1..12_usize, 1..12_usize, filters, 0..3_usize)
        .prop_filter_map(
            "kernel fits",
            |(channels, height, width, filters, padding)| {
                let input = Shape::image(32 * channels, height, width);
                ConvShape::new(input, filters, 3, padding)
            },
        )
        .prop_flat_map(|shape| {
            let input = shape.input;
            let count = shape.output.channels * shape.fan_in();
            let weight = prop_oneof![
                5000 => -9_000..9_000,
                1 => any::<i32>(),
                1 => prop_oneof![Just(32_767), Just(-32_768), Just(i32::MAX), Just(i32::MIN)],
            ];
            // More beyond int16 than are listed one by one.
            let wide = prop_oneof![30 => -30_000..30_000, 1 => -120_000..120_000];
            let weights = prop_oneof![
                proptest::collection::vec(-8_191..8_192, 997),
                proptest::collection::vec(weight, 997),
                proptest::collection::vec(wide, 997),
            ];
            let value = prop_oneof![9 => -128..128_i16, 1 => -3_640..3_641_i16];
            let samples = 3 * input.features();
            (weights, proptest::collection::vec(value, 991)).prop_map(move |(weights, values)| {
                let weights: Vec<i32> = weights.into_iter().cycle().take(count).collect();
                let values = values.into_iter().cycle().take(samples).collect();
                (Conv2d::new(shape, &weights), values)
            })
        })
}

/// Forms three samples by fewer products, and by all.
fn assert_same_bits(layer: &Conv2d, input: &[i16]) {
    let (images, scaling) = (framed(layer, input), Scaling::new(layer.shape.fan_in()));
    let (mut workspace, counting) = (ConvWorkspace::default(), Counting::WrapsAndMaxima);
    let mut fast = vec![99; 3 * layer.shape.output.features()];
    let mut direct = fast.clone();
    assert!(layer.prepare_fast(&mut workspace.fast, &images));
    let of_fast = layer.forward_fast(&workspace.fast, &images, scaling, &mut fast, counting);
    workspace
        .filters
        .fill_from_rows(layer.weights.halves(), layer.shape.span().depth());
    let of_direct =
        layer.forward_directly(&workspace.filters, &images, scaling, &mut direct, counting);
    assert_eq!(fast, direct);
    assert_eq!(of_fast, of_direct);
}

#[test]
fn more_tiles_than_rows_of_sums_give_the_same_bits() {
    // Seven bands of seven tiles at once.
    let input = Shape::image(32, 21, 21);
    let shape = ConvShape::new(input, 16, 3, 1).unwrap();
    let weights: Vec<i32> = (0..16 * 32 * 9)
        .map(|at| at * 7_919 % 60_001 - 30_000)
        .collect();
    let values = (-127..=127_i16).cycle().take(3 * input.features());
    let values: Vec<i16> = values.collect();
    assert_same_bits(&Conv2d::new(shape, &weights), &values);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fewer_products_give_the_same_bits((layer, input) in fast_layers()) {
        assert_same_bits(&layer, &input);
    }

    #[test]
    fn sums_that_wrap_are_counted_whichever_way_they_are_formed(
        (layer, input) in fast_layers(), large in prop_oneof![0..327_i32, 0..4_000_i32],
        filters in prop_oneof![
            proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
            proptest::collection::vec(any::<prop::sample::Index>(), 0..90),
        ],
        positive in any::<bool>(),
    ) {
        let row = 9 * layer.shape.input.channels;
        // Sums of one sign are large.
        let input: Vec<i16> = match positive {
            true => input.into_iter().map(i16::abs).collect(),
            false => input,
        };
        let mut weights = layer.values();
        for filter in filters {
            let filter = filter.index(layer.shape.output.channels);
            for (index, weight) in weights[filter * row..][..row].iter_mut().enumerate() {
                *weight = large * (100 - i32::try_from(index % 97).unwrap());
            }
        }
        let layer = Conv2d::new(layer.shape, &weights);
        let images = framed(&layer, &input);
        let mut scaled = vec![0; 3 * layer.shape.output.features()];
        let scaling = Scaling::new(layer.shape.fan_in());
        let audit = layer.forward(&mut ConvWorkspace::default(), &images, scaling, &mut scaled, Counting::Wraps);
        let (mut wrapped, mut largest) = (0, 0);
        for sample in input.chunks(layer.shape.input.features()) {
            for output in outputs(&layer) {
                let mut sum = 0_i64;
                for_each_product(&layer, sample, output, |weight, value| {
                    sum += i64::from(weights[weight]) * i64::from(value);
                });
                if i32::try_from(sum).is_err() {
                    wrapped += 1;
                    largest = sum.unsigned_abs().max(largest);
                }
            }
        }
        prop_assert_eq!((audit.forward.wrapped, audit.forward.max_abs), (wrapped, largest));
        prop_assert_eq!(audit.forward.sums, scaled.len() as u64);
    }
}

#[test]
fn only_pairs_that_could_wrap_are_formed_again() {
    let input = Shape::image(64, 9, 9);
    let shape = ConvShape::new(input, 128, 3, 1).unwrap();
    let mut weights = vec![1; 128 * 64 * 9];
    // Sums of a filter are 2^31 or so.
    weights[100 * 64 * 9..101 * 64 * 9].fill(32_767);
    weights[100 * 64 * 9] = 5_000_000;
    let layer = Conv2d::new(shape, &weights);
    let mut values = vec![1; 8 * input.features()];
    // Pixels of a sample, at the sides.
    let first = 5 * input.features();
    for row in values[first..first + input.features()].chunks_mut(9) {
        row[..3].fill(120);
    }
    let (scaling, mut workspace) = (Scaling::new(layer.shape.fan_in()), ConvWorkspace::default());
    let mut scaled = vec![0; 8 * shape.output.features()];
    let images = framed(&layer, &values);
    let audit = layer.forward(
        &mut workspace,
        &images,
        scaling,
        &mut scaled,
        Counting::WrapsAndMaxima,
    );
    assert!(audit.forward.wrapped > 0, "sums of filter 100");
    let [filters, positions] = workspace.wraps.counts();
    assert_eq!(filters, 1);
    assert!((1..=4 * 9).contains(&positions), "{positions}");
    let (counted, mut workspace) = (scaled.clone(), ConvWorkspace::default());
    let audit = layer.forward(
        &mut workspace,
        &images,
        scaling,
        &mut scaled,
        Counting::Nothing,
    );
    assert_eq!((scaled, audit.forward.wrapped), (counted, 0));
    assert_eq!(workspace.wraps.bytes(), 0);
}

#[test]
fn gradients_that_wrap_are_counted() {
    let input = Shape::image(1, 1, 2);
    let mut layer = Conv2d::new(ConvShape::new(input, 1, 1, 0).unwrap(), &[0]);
    let audit = learn(&mut layer, &[i32::MAX, 5], &[2, 1]);
    let exact = 2 * u64::from(i32::MAX.unsigned_abs()) + 5;
    assert_eq!(audit.gradient.wrapped, 1);
    assert_eq!(audit.gradient.max_abs, exact);
    assert_eq!(layer.values(), [-3]);
}
