//! The published architectures, and a small CNN of our own.

use crate::spec::LayerSpec;
use alloc::vec::Vec;

/// Names of the presets.
pub const NAMES: [&str; 7] = ["mlp1", "mlp2", "mlp3", "mlp4", "vgg8b", "vgg11b", "cnn"];

/// Layers of a preset, with `dropout` percent (0: none) where it has dropout: after
/// every block of an MLP; before the last pooling and after the linear block of a CNN.
/// `None` for an unknown name.
///
/// # Source
/// NITRO-D section 4 and its experiments; `cnn` is not from there: it learns 28 x 28 images in
/// minutes on one core.
pub fn layers(name: &str, dropout: u32) -> Option<Vec<LayerSpec>> {
    match name {
        "mlp1" => Some(mlp(&[100, 50], dropout)),
        "mlp2" => Some(mlp(&[200, 100, 50], dropout)),
        "mlp3" => Some(mlp(&[1024, 1024, 1024], dropout)),
        "mlp4" => Some(mlp(&[3000, 3000, 3000], dropout)),
        "vgg8b" => Some(cnn(
            &[&[128, 256], &[256, 512], &[512], &[512]],
            1024,
            dropout,
        )),
        "vgg11b" => {
            let stages: [&[usize]; 4] = [&[128, 128, 128, 256], &[256, 512], &[512, 512], &[512]];
            Some(cnn(&stages, 1024, dropout))
        }
        "cnn" => Some(cnn(&[&[32], &[64]], 128, dropout)),
        _ => None,
    }
}

fn mlp(units: &[usize], dropout: u32) -> Vec<LayerSpec> {
    units
        .iter()
        .flat_map(|&units| linear(units, dropout))
        .collect()
}

fn linear(units: usize, dropout: u32) -> impl Iterator<Item = LayerSpec> {
    [LayerSpec::Linear { units }]
        .into_iter()
        .chain(dropout_layer(dropout))
}

fn dropout_layer(percent: u32) -> Option<LayerSpec> {
    (percent > 0).then_some(LayerSpec::Dropout { percent })
}

fn cnn(stages: &[&[usize]], units: usize, dropout: u32) -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        layers.extend(stage.iter().map(|&filters| LayerSpec::Conv2d {
            filters,
            kernel: 3,
            padding: 1,
        }));
        if index + 1 == stages.len() {
            layers.extend(dropout_layer(dropout));
        }
        layers.push(LayerSpec::MaxPool { kernel: 2 });
    }
    layers.extend(linear(units, dropout));
    layers
}
