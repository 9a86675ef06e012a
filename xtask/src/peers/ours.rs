//! One network of ours on random data, as a process of its own.

use super::Measured;
use crate::machine::peak_bytes;
use crate::statistics::median;
use anyhow::{Context, Result, bail};
use nearfield_int::{Network, NetworkSpec, Plan, Shape, StepSettings, Tensors, presets};
use nearfield_train::random::{Purpose, Stream};
use std::time::Instant;

const BATCH: usize = 64;

/// Largest magnitudes of the weights of forward layers and of heads. Their means, half of these,
/// are those that VGG8B has after some epochs on MNIST.
const MAGNITUDES: [u32; 2] = [6_000, 900];

/// Trains a network, or infers with it, for some seconds.
///
/// # Errors
/// If the network or what is to be done with it is not known.
pub fn run(network: &str, mode: &str, seconds: f64) -> Result<Measured> {
    let (preset, shape) = network.split_once('-').context("NETWORK-SHAPE")?;
    let sizes: Vec<usize> = shape.split('x').map(str::parse).collect::<Result<_, _>>()?;
    let input = match sizes[..] {
        [features] => Shape::flat(features),
        [channels, height, width] => Shape::image(channels, height, width),
        _ => bail!("`{shape}` is not a shape"),
    };
    let layers = presets::layers(preset, 0).context("no preset of this name")?;
    let spec = NetworkSpec::new(input, 10, layers);
    let mut network = Network::from_tensors(&spec, trained_weights(&spec)?)?;
    let mut stream = Stream::new(2, Purpose::Split, 0, 0);
    let values: Vec<i8> = (0..BATCH * input.features())
        .map(|_| i8::try_from(stream.symmetric(100)))
        .collect::<Result<_, _>>()?;
    let labels: Vec<u16> = (0..10).cycle().take(BATCH).collect();
    let settings = StepSettings {
        decay_forward: 28_000,
        decay_head: 3_000,
        ..StepSettings::default()
    };
    let times = match mode {
        "train" => time(seconds, || {
            let counted = network.train_step(&values, &labels, &settings)?;
            anyhow::ensure!(counted.output.seen == BATCH as u64, "every sample counts");
            Ok(())
        })?,
        "infer" => {
            let mut inference = network.inference();
            time(seconds, || {
                inference.scores(&values).map(drop).map_err(Into::into)
            })?
        }
        _ => bail!("`{mode}` is neither train nor infer"),
    };
    #[allow(clippy::cast_precision_loss, reason = "a batch")]
    Ok(Measured {
        images_a_second: BATCH as f64 / median(times.into_iter()),
        peak_bytes: peak_bytes(),
        version: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Seconds of each step.
fn time(seconds: f64, mut step: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
    for _ in 0..3 {
        step()?;
    }
    let (mut times, begun) = (Vec::new(), Instant::now());
    while begun.elapsed().as_secs_f64() < seconds || times.len() < 5 {
        let start = Instant::now();
        step()?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(times)
}

fn trained_weights(spec: &NetworkSpec) -> Result<Tensors> {
    let mut stream = Stream::new(1, Purpose::Split, 0, 0);
    let tensors = Plan::new(spec)?.tensors().into_iter();
    Ok(tensors
        .map(|(name, shape)| {
            let forward = name.ends_with("forward.weight");
            let magnitude = MAGNITUDES[usize::from(!forward)];
            let count = shape.iter().product();
            let values = (0..count).map(|_| stream.symmetric(magnitude)).collect();
            (name, (shape, values))
        })
        .collect())
}
