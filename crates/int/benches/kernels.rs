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
use nearfield_int::kernel::{BLOCK, Panel, Reciprocal, Set, Wide, products};
use nearfield_int::network::{Network, StepSettings};
use nearfield_int::presets;
use nearfield_int::spec::{NetworkSpec, Shape};
use nearfield_train::random::{Purpose, Stream};
use std::hint::black_box;

fn random(count: usize, limit: u32) -> Vec<i32> {
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    (0..count).map(|_| stream.symmetric(limit)).collect()
}

fn activations(count: usize) -> Vec<i16> {
    random(count, 91)
        .into_iter()
        .map(|value| i16::try_from(value).unwrap())
        .collect()
}

/// Sums of all rows with 64 lanes: the shapes of VGG8B's and the MLPs' layers.
fn row_products(c: &mut Criterion) {
    let mut group = c.benchmark_group("products");
    for (rows, depth) in [
        (100, 784),
        (256, 1152),
        (512, 2304),
        (512, 4608),
        (3000, 3000),
    ] {
        let weights = random(rows * depth, 20_000);
        let wide = Wide::new(&weights, depth);
        let panel = Panel::from_rows(&activations(BLOCK * depth), depth);
        let mut expected = vec![0; rows * BLOCK];
        products(Set::PORTABLE, &wide, 0..rows, (&panel, 0), &mut expected);
        group.throughput(Throughput::Elements((rows * depth * BLOCK) as u64));
        for set in Set::available() {
            let mut sums = vec![0; rows * BLOCK];
            products(set, &wide, 0..rows, (&panel, 0), &mut sums);
            assert_eq!(sums, expected, "{}", set.name());
            group.bench_function(
                format!("{rows}x{depth}x{BLOCK}/{}", set.name()),
                |bencher| {
                    bencher.iter(|| {
                        for start in (0..rows).step_by(48) {
                            let part = start..rows.min(start + 48);
                            let sums = &mut sums[part.start * BLOCK..part.end * BLOCK];
                            products(set, &wide, part, (&panel, 0), black_box(sums));
                        }
                    });
                },
            );
        }
    }
}

/// Updates, scalings and scaled additions of 64 thousand values.
fn element_wise(c: &mut Criterion) {
    const COUNT: usize = 1 << 16;
    let mut group = c.benchmark_group("element-wise");
    group.throughput(Throughput::Elements(COUNT as u64));
    let gradients = random(COUNT, 1 << 28);
    let row = activations(COUNT);
    for set in Set::available() {
        let (rate, decay) = (Reciprocal::new(512 * 640), Some(Reciprocal::new(28_000)));
        let mut weights = random(COUNT, 30_000);
        let mut expected = weights.clone();
        set.update(&mut weights, &gradients, rate, decay);
        Set::PORTABLE.update(&mut expected, &gradients, rate, decay);
        assert_eq!(weights, expected);
        group.bench_function(format!("update/{}", set.name()), |bencher| {
            bencher.iter(|| set.update(black_box(&mut weights), &gradients, rate, decay));
        });
        let mut scaled = vec![0; COUNT];
        group.bench_function(format!("scale/{}", set.name()), |bencher| {
            bencher.iter(|| set.scale(&gradients, rate, 127, black_box(&mut scaled)));
        });
        let mut sums = vec![0; COUNT];
        group.bench_function(format!("add scaled/{}", set.name()), |bencher| {
            bencher.iter(|| set.add_scaled(black_box(&mut sums), 12_345, &row));
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
            .into_iter()
            .map(|value| i8::try_from(value).unwrap())
            .collect();
        let labels: Vec<u16> = (0..batch).map(|i| u16::try_from(i % 10).unwrap()).collect();
        let settings = StepSettings::default();
        let name = format!(
            "{preset} {}x{}x{}",
            input.channels, input.height, input.width
        );
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("{name}/step"), |bencher| {
            bencher.iter(|| network.train_step(&values, &labels, &settings).unwrap());
        });
        group.bench_function(format!("{name}/predict"), |bencher| {
            bencher.iter(|| network.scores(&values).unwrap());
        });
    }
}

criterion_group!(benches, row_products, element_wise, networks);
criterion_main!(benches);
