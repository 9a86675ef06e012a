//! How fast the kernels and whole steps are. Every answer is checked against the portable set
//! before it is timed.
//!
//! `cargo bench -p nearfield-int` runs all; add a word to run those whose name has it.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented functions"
)]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nearfield_int::Aligned;
use nearfield_int::gemm::{Columns, Halves, Panel, Rows, products, to_planes};
use nearfield_int::kernel::{
    BLOCK, Contributions, Isa, PLANE, Patch, ROWS, Reciprocal, SUMS, Span, UpdateRule, Window,
    Windows,
};
use nearfield_int::{Activation, Network, NetworkSpec, Shape, StepSettings, presets};
use nearfield_train::random::{Purpose, Stream};
use std::hint::black_box;

fn random(count: usize, limit: u32) -> Vec<i32> {
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    (0..count).map(|_| stream.symmetric(limit)).collect()
}

fn narrow(count: usize, limit: u32) -> Aligned<i16> {
    let mut values = Aligned::new(count);
    for (place, value) in values.iter_mut().zip(random(count, limit)) {
        *place = i16::try_from(value).unwrap();
    }
    values
}

fn activations(count: usize) -> Aligned<i16> {
    narrow(count, 91)
}

/// Sums of rows with blocks of 64 columns: the shapes of the layers of VGG8B and the MLPs.
/// Convolutions read `side * side` overlapping rows of an image with a border.
fn sums_of_products(c: &mut Criterion) {
    let mut group = c.benchmark_group("products");
    let convolutions = [(128, 28), (256, 14), (512, 7), (512, 3)].map(|(channels, side)| {
        let row = (side + 2) * channels;
        let starts = (0..side * side).map(|at| at / side * row + at % side * channels);
        let span = Span {
            runs: 3,
            stride: row,
            length: 3 * channels,
        };
        let name = format!("conv {channels}x{side}x{side}");
        (name, starts.collect::<Vec<_>>(), span)
    });
    let linear = [(100, 784), (1024, 1024), (3000, 3000)].map(|(rows, depth)| {
        let starts = (0..rows).map(|row| row * depth).collect();
        let name = format!("linear {rows}x{depth}");
        (name, starts, Span::contiguous(depth))
    });
    for (name, starts, span) in convolutions.into_iter().chain(linear) {
        let values = activations(starts[starts.len() - 1] + span.reach());
        let weights = narrow(span.depth() * BLOCK, 20_000);
        let panel = Panel::from_rows(&weights, span.depth());
        let columns = Columns {
            values: Halves::narrow(panel.block(0)),
            width: BLOCK,
        };
        let run = |isa: Isa, sums: &mut Vec<i32>| {
            sums.clear();
            let mut tile = [0; SUMS];
            for starts in starts.chunks(ROWS) {
                let rows = Rows {
                    values: Halves::narrow(&values),
                    starts,
                    span,
                };
                let tile = &mut tile[..starts.len() * BLOCK];
                products(isa, &rows, &columns, tile);
                sums.extend_from_slice(tile);
            }
        };
        let mut expected = Vec::new();
        run(Isa::PORTABLE, &mut expected);
        let count = starts.len() * span.depth() * BLOCK;
        group.throughput(Throughput::Elements(count as u64));
        for isa in Isa::available() {
            let mut sums = Vec::new();
            run(isa, &mut sums);
            assert_eq!(sums, expected, "{}", isa.name());
            group.bench_function(format!("{name}/{}", isa.name()), |bencher| {
                bencher.iter(|| run(isa, black_box(&mut sums)));
            });
        }
    }
}

/// Sparse weight gradients: windows of a plane of 16x16 images, 8 to each of 64 filters.
fn sparse_gradients(c: &mut Criterion) {
    const SIDE: u32 = 16;
    const FILTERS: usize = 64;
    let mut group = c.benchmark_group("sparse gradients");
    let row = (SIDE as usize + 2) * PLANE;
    let mut values = activations((SIDE as usize + 2) * row);
    to_planes(&mut values, PLANE, &mut Vec::new());
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    let mut contributions = Contributions::default();
    for _ in 0..8 * FILTERS {
        let pixel = stream.below(SIDE) * (SIDE + 2) + stream.below(SIDE);
        let start = pixel * u32::try_from(PLANE).unwrap();
        assert!(contributions.push(start, stream.symmetric(30_000)));
    }
    let window = Window {
        side: 3,
        row,
        spread: PLANE,
    };
    let products = contributions.len() * 9 * PLANE;
    group.throughput(Throughput::Elements(products as u64));
    let run = |isa: Isa, sums: &mut [i32]| {
        for (filter, sums) in sums.chunks_exact_mut(9 * PLANE).enumerate() {
            let windows = Windows {
                values: &values,
                window,
                part: contributions.part(8 * filter..8 * filter + 8),
            };
            isa.add_windows(sums, windows, false);
        }
    };
    let mut expected = Aligned::new(FILTERS * 9 * PLANE);
    run(Isa::PORTABLE, &mut expected);
    for isa in Isa::available() {
        let mut sums = Aligned::new(FILTERS * 9 * PLANE);
        run(isa, &mut sums);
        assert_eq!(*sums, *expected, "{}", isa.name());
        group.bench_function(format!("8 windows/{}", isa.name()), |bencher| {
            bencher.iter(|| run(isa, black_box(&mut sums)));
        });
    }
}

/// Updates, scalings and activations of 64 thousand values.
fn element_wise(c: &mut Criterion) {
    const COUNT: usize = 1 << 16;
    let mut group = c.benchmark_group("element-wise");
    group.throughput(Throughput::Elements(COUNT as u64));
    let gradients = random(COUNT, 1 << 28);
    let rule = UpdateRule {
        rate: Reciprocal::new(512 * 640),
        decay: Some(Reciprocal::new(28_000)),
    };
    let patch = Patch::row(COUNT);
    for isa in Isa::available() {
        let mut weights = narrow(COUNT, 30_000);
        let mut expected = weights.clone();
        assert_eq!(
            isa.update(&mut weights, &gradients, patch, rule),
            Isa::PORTABLE.update(&mut expected, &gradients, patch, rule)
        );
        assert_eq!(*weights, *expected);
        let none = vec![0; COUNT];
        group.bench_function(format!("update/{}", isa.name()), |bencher| {
            bencher.iter(|| isa.update(black_box(&mut weights), &none, patch, rule));
        });
        let (mut scaled, mut oracle) = (vec![0; COUNT], vec![0; COUNT]);
        isa.scale(&gradients, rule.rate, 127, &mut scaled);
        Isa::PORTABLE.scale(&gradients, rule.rate, 127, &mut oracle);
        assert_eq!(scaled, oracle);
        group.bench_function(format!("scale/{}", isa.name()), |bencher| {
            bencher.iter(|| isa.scale(&gradients, rule.rate, 127, black_box(&mut scaled)));
        });
        let (mut active, mut oracle) = (vec![0; COUNT], vec![0; COUNT]);
        Activation::default().apply_all(isa, &scaled, &mut active);
        Activation::default().apply_all(Isa::PORTABLE, &scaled, &mut oracle);
        assert_eq!(active, oracle);
        group.bench_function(format!("activate/{}", isa.name()), |bencher| {
            bencher.iter(|| {
                Activation::default().apply_all(isa, &scaled, black_box(&mut active));
            });
        });
    }
}

/// Whole steps and predictions of published networks, with the active set of kernels.
fn networks(c: &mut Criterion) {
    let mut group = c.benchmark_group("networks");
    group.sample_size(10);
    for (preset, input, batch) in [
        ("mlp1", Shape::flat(784), 64),
        ("mlp4", Shape::flat(3072), 64),
        ("cnn", Shape::image(1, 28, 28), 64),
        ("vgg8b", Shape::image(1, 28, 28), 64),
        ("vgg8b", Shape::image(3, 32, 32), 64),
    ] {
        let spec = NetworkSpec::new(input, 10, presets::layers(preset, 0).unwrap());
        let mut network = Network::new(&spec, 1).unwrap();
        let values: Vec<i8> = activations(batch * input.features())
            .iter()
            .map(|&value| i8::try_from(value).unwrap())
            .collect();
        let labels: Vec<u16> = (0..batch).map(|i| u16::try_from(i % 10).unwrap()).collect();
        let settings = StepSettings::default();
        let name = format!(
            "{preset} {}x{}x{}",
            input.channels, input.height, input.width
        );
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("{name}/step"), |bencher| {
            bencher.iter(|| {
                let counted = network.train_step(&values, &labels, &settings).unwrap();
                assert_eq!(counted.output.seen, batch as u64);
            });
        });
        group.bench_function(format!("{name}/predict"), |bencher| {
            bencher.iter(|| network.scores(&values).unwrap());
        });
    }
}

criterion_group!(
    benches,
    sums_of_products,
    sparse_gradients,
    element_wise,
    networks
);
criterion_main!(benches);
