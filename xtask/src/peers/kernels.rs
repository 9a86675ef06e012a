//! The share of the machine's limit that each kernel reaches.

use crate::statistics::median;
use anyhow::{Result, ensure};
use nearfield_int::gemm::{Columns, Halves, Panel, Rows, products, to_planes};
use nearfield_int::kernel::{
    BLOCK, Contributions, Isa, PLANE, Patch, ROWS, Reciprocal, SUMS, Span, UpdateRule, Window,
    Windows,
};
use nearfield_int::{Activation, Aligned};
use nearfield_train::random::{Purpose, Stream};
use std::fmt::Write;
use std::time::Instant;

/// The section of the page.
///
/// # Errors
/// If a kernel's result is not that of the portable set.
pub(super) fn table() -> Result<String> {
    let mut text = String::from(super::KERNELS);
    text.push_str(
        "\n\nOn one core, operands in the caches; every result is checked against the \
         portable set before it is timed. *limit*: the products that the processor forms when it \
         does nothing else, measured here; the portable set has none of its own.\n\n",
    );
    text.push_str("| kernel |");
    let sets = Isa::available();
    for isa in &sets {
        write!(text, " {} |", isa.name())?;
    }
    writeln!(text, "\n|---|{}", "---|".repeat(sets.len()))?;
    let limits: Vec<f64> = sets.iter().map(|&isa| limit(isa)).collect();
    row(&mut text, "limit, G products/s", &limits, &[])?;
    for (channels, side) in [(128, 28), (256, 14), (512, 7), (512, 3)] {
        let name = format!("convolution {channels} channels, {side}x{side}");
        let rates = every(&sets, |isa| convolution(isa, channels, side))?;
        row(&mut text, &name, &rates, &limits)?;
    }
    let rates = every(&sets, sparse_gradient)?;
    row(&mut text, "sparse weight gradient", &rates, &limits)?;
    for (name, kernel) in [
        (
            "update of weights, G values/s",
            update as fn(Isa) -> Result<f64>,
        ),
        ("scaling, G values/s", scale),
        ("activation, G values/s", activate),
    ] {
        row(&mut text, name, &every(&sets, kernel)?, &[])?;
    }
    Ok(text)
}

fn every(sets: &[Isa], kernel: impl Fn(Isa) -> Result<f64>) -> Result<Vec<f64>> {
    sets.iter().map(|&isa| kernel(isa)).collect()
}

fn row(text: &mut String, name: &str, rates: &[f64], limits: &[f64]) -> Result<()> {
    write!(text, "| {name} |")?;
    for (index, rate) in rates.iter().enumerate() {
        match limits.get(index) {
            Some(&limit) if limit > 0.0 => {
                write!(text, " {rate:.0} ({:.0} %) |", 100.0 * rate / limit)?;
            }
            _ if *rate == 0.0 => text.push_str(" - |"),
            _ if *rate < 100.0 => write!(text, " {rate:.1} |")?,
            _ => write!(text, " {rate:.0} |")?,
        }
    }
    text.push('\n');
    Ok(())
}

/// Billions of `work` a second: the median of many runs.
#[allow(clippy::cast_precision_loss, reason = "rates for people")]
fn rate(work: usize, mut run: impl FnMut()) -> f64 {
    run();
    let mut rates = Vec::new();
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < 0.5 || rates.len() < 9 {
        let start = Instant::now();
        (0..4).for_each(|_| run());
        rates.push(4.0 * work as f64 / start.elapsed().as_secs_f64() / 1e9);
    }
    median(rates.into_iter())
}

fn limit(isa: Isa) -> f64 {
    const ROUNDS: u32 = 200_000;
    let work = usize::try_from(isa.products_alone(ROUNDS).0).unwrap_or(0);
    rate(work, || {
        // The compiler would otherwise compute a loop of equal calls once.
        std::hint::black_box(isa.products_alone(std::hint::black_box(ROUNDS)));
    })
}

fn random(count: usize, limit: u32) -> Result<Aligned<i16>> {
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    let mut values = Aligned::new(count);
    for place in values.iter_mut() {
        *place = i16::try_from(stream.symmetric(limit))?;
    }
    Ok(values)
}

fn convolution(isa: Isa, channels: usize, side: usize) -> Result<f64> {
    let row = (side + 2) * channels;
    let span = Span {
        runs: 3,
        stride: row,
        length: 3 * channels,
    };
    let starts: Vec<usize> = (0..side * side)
        .map(|at| at / side * row + at % side * channels)
        .collect();
    let values = random((side + 2) * row, 91)?;
    let panel = Panel::from_rows(&random(span.depth() * BLOCK, 20_000)?, span.depth());
    let columns = Columns {
        values: Halves::narrow(panel.block(0)),
        width: BLOCK,
    };
    let run = |isa: Isa, sums: &mut [i32]| {
        for (starts, sums) in starts.chunks(ROWS).zip(sums.chunks_mut(SUMS)) {
            let rows = Rows {
                values: Halves::narrow(&values),
                starts,
                span,
            };
            products(isa, &rows, &columns, sums);
        }
    };
    let mut sums = vec![0; starts.len() * BLOCK];
    let mut expected = sums.clone();
    run(isa, &mut sums);
    run(Isa::PORTABLE, &mut expected);
    ensure!(sums == expected, "{} forms other sums", isa.name());
    Ok(rate(sums.len() * span.depth(), || run(isa, &mut sums)))
}

/// A plane of 16x16 images, of which 8 windows are added to the sums of each of 64 filters.
fn sparse_gradient(isa: Isa) -> Result<f64> {
    const SIDE: u32 = 16;
    const FILTERS: usize = 64;
    let row = (SIDE as usize + 2) * PLANE;
    let mut values = random((SIDE as usize + 2) * row, 91)?;
    to_planes(&mut values, PLANE, &mut Vec::new());
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    let mut contributions = Contributions::default();
    for _ in 0..8 * FILTERS {
        let pixel = stream.below(SIDE) * (SIDE + 2) + stream.below(SIDE);
        let (start, factor) = (pixel * u32::try_from(PLANE)?, stream.symmetric(30_000));
        ensure!(contributions.push(start, factor), "int16");
    }
    let window = Window {
        side: 3,
        row,
        spread: PLANE,
    };
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
    let mut sums = Aligned::new(FILTERS * 9 * PLANE);
    let mut expected = sums.clone();
    run(isa, &mut sums);
    run(Isa::PORTABLE, &mut expected);
    ensure!(*sums == *expected, "{} adds other windows", isa.name());
    Ok(rate(contributions.len() * 9 * PLANE, || {
        run(isa, &mut sums);
    }))
}

const COUNT: usize = 1 << 14;

fn gradients() -> Vec<i32> {
    let mut stream = Stream::new(3, Purpose::Split, 0, 0);
    (0..COUNT).map(|_| stream.symmetric(1 << 27)).collect()
}

fn update(isa: Isa) -> Result<f64> {
    let rule = UpdateRule {
        rate: Reciprocal::new(512 * 640),
        decay: Some(Reciprocal::new(28_000)),
    };
    let mut weights = random(COUNT, 25_000)?;
    let (gradients, mut expected) = (gradients(), weights.clone());
    let patch = Patch::row(COUNT);
    let done = isa.update(&mut weights, &gradients, patch, rule);
    ensure!(
        done == Isa::PORTABLE.update(&mut expected, &gradients, patch, rule)
            && *weights == *expected,
        "{} updates differently",
        isa.name()
    );
    let none = vec![0; COUNT];
    Ok(rate(COUNT, || {
        std::hint::black_box(isa.update(&mut weights, &none, patch, rule));
    }))
}

fn scale(isa: Isa) -> Result<f64> {
    let (divisor, sums) = (Reciprocal::new(256 * 1152), gradients());
    let (mut scaled, mut expected) = (vec![0; COUNT], vec![0; COUNT]);
    let cut = isa.scale(&sums, divisor, 127, &mut scaled);
    ensure!(
        cut == Isa::PORTABLE.scale(&sums, divisor, 127, &mut expected) && scaled == expected,
        "{} scales differently",
        isa.name()
    );
    Ok(rate(COUNT, || {
        std::hint::black_box(isa.scale(&sums, divisor, 127, &mut scaled));
    }))
}

fn activate(isa: Isa) -> Result<f64> {
    let activation = Activation::default();
    let scaled: Vec<i8> = (i8::MIN..=i8::MAX).cycle().take(COUNT).collect();
    let (mut active, mut expected) = (vec![0; COUNT], vec![0; COUNT]);
    activation.apply_all(isa, &scaled, &mut active);
    activation.apply_all(Isa::PORTABLE, &scaled, &mut expected);
    ensure!(active == expected, "{} activates differently", isa.name());
    Ok(rate(COUNT, || {
        activation.apply_all(isa, &scaled, std::hint::black_box(&mut active));
    }))
}
