//! What a case.json says.

use anyhow::{Context, Result, anyhow, bail};
use nearfield_files::read_bounded;
use nearfield_int::{
    Activation, HeadPadding, HeadPool, HeadSpec, LayerSpec, NetworkSpec, Residual, Shape,
    StepSettings,
};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// A recorded training, as its case.json describes it.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// `noise` (the samples are in the folder) or the name of a public data set.
    pub source: String,
    /// `none…` or `mad…`, with the number of images that statistics are taken from.
    pub preprocess: String,
    /// `[features]` or `[channels, height, width]`.
    pub input_shape: Vec<usize>,
    /// Convolutions and pooling: `["conv", filters, kernel, padding]`, `["pool", size]`, ….
    pub architecture: Vec<Vec<Value>>,
    /// Sizes of the linear blocks.
    pub fc_hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Samples a step.
    pub batch: usize,
    /// Hyper-parameters and switches.
    #[serde(default)]
    pub options: Options,
    /// Steps after which weights were recorded.
    pub steps_recorded: Vec<u64>,
    /// Correct predictions of the output layer over all steps, if recorded.
    pub train_correct: Option<u64>,
    /// Predictions over all steps, if recorded.
    pub train_seen: Option<u64>,
}

/// Options of a case; unknown ones are refused, since they could change the arithmetic.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    #[serde(alias = "lr_inv")]
    lr: Option<u64>,
    #[serde(alias = "amplification")]
    af: Option<u32>,
    #[serde(alias = "fwd_decay", alias = "decay_forward", alias = "fwd_decay_inv")]
    decay_fwd: Option<u32>,
    #[serde(alias = "subnet_decay", alias = "subnet_decay_inv")]
    decay_head: Option<u32>,
    #[serde(alias = "d_lr", alias = "head_features", alias = "pred_decoder_dim")]
    dmax: Option<usize>,
    #[serde(alias = "linear_blocks_step_twice")]
    double_fc: Option<bool>,
    #[serde(alias = "alpha_inv", alias = "slope_inv")]
    alpha: Option<i32>,
    activation: Option<String>,
    #[serde(alias = "head_pool_type", alias = "pool_type")]
    head_pool: Option<String>,
    #[serde(
        alias = "zero_padding",
        alias = "pad_zero",
        alias = "head_zero_padding",
        alias = "head_pad_zero"
    )]
    zero_pad: Option<bool>,
    #[serde(alias = "wrap8", alias = "residual_wrap", alias = "wrap_residual")]
    wrap: Option<bool>,
}

impl Case {
    /// Reads the case.json of `folder`.
    ///
    /// # Errors
    /// If there is none, or it says something that this program does not know.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.json");
        let bytes = read_bounded(&path, 1 << 24)?;
        let case: Case =
            serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        if case.batch == 0 {
            bail!("{}: a batch of 0 samples", path.display());
        }
        Ok(case)
    }

    /// The network that was trained. What the record leaves open is as published: padding
    /// counts as zero in heads.
    ///
    /// # Errors
    /// If a layer is not known.
    pub fn network(&self) -> Result<NetworkSpec> {
        let mut layers = Vec::new();
        for entry in &self.architecture {
            layers.push(layer(entry).with_context(|| format!("layer {entry:?}"))?);
        }
        layers.extend(
            self.fc_hidden
                .iter()
                .map(|&units| LayerSpec::Linear { units }),
        );
        let mut spec = NetworkSpec::new(self.shape()?, self.classes, layers);
        spec.activation = self.activation()?;
        spec.head = HeadSpec {
            features: self.options.dmax.unwrap_or(4096),
            pool: match self.options.head_pool.as_deref() {
                None | Some("max") => HeadPool::Max,
                Some("avg") => HeadPool::Avg,
                Some(other) => bail!("head pooling `{other}` is neither `max` nor `avg`"),
            },
            padding: match self.options.zero_pad {
                None | Some(true) => HeadPadding::Zero,
                Some(false) => HeadPadding::Never,
            },
        };
        Ok(spec)
    }

    /// What step `number` is made with. What the record leaves open is as published, but for
    /// the double step of linear blocks, which is taken only where it is recorded.
    pub fn step_settings(&self, number: u64) -> StepSettings {
        let classes = u32::try_from(self.classes).unwrap_or(u32::MAX);
        StepSettings {
            rate_inv: self.options.lr.unwrap_or(512),
            amplification: self.options.af.unwrap_or(classes.saturating_mul(64)),
            decay_forward: self.options.decay_fwd.unwrap_or(0),
            decay_head: self.options.decay_head.unwrap_or(0),
            residual: match self.options.wrap {
                None | Some(true) => Residual::Wrap,
                Some(false) => Residual::Saturate,
            },
            linear_blocks_step_twice: self.options.double_fc.unwrap_or(false),
            step: number,
            ..StepSettings::default()
        }
    }

    /// The settings that were used, for people.
    pub fn switches(&self) -> String {
        let step = self.step_settings(0);
        format!(
            "lr_inv {}, amplification {}, decay {}/{}, residual {:?}, double step {}",
            step.rate_inv,
            step.amplification,
            step.decay_forward,
            step.decay_head,
            step.residual,
            step.linear_blocks_step_twice
        )
    }

    fn shape(&self) -> Result<Shape> {
        nearfield::integer::shape_of(&self.input_shape)
            .map_err(|error| anyhow!("input_shape: {error}"))
    }

    fn activation(&self) -> Result<Activation> {
        let alpha_inv = self.options.alpha.unwrap_or(4);
        Ok(match self.options.activation.as_deref() {
            None | Some("nitro_relu" | "nitro_leaky_relu") => Activation::NitroRelu { alpha_inv },
            Some("pocket_relu") => Activation::PocketRelu,
            Some("pocket_leaky_relu") => Activation::PocketLeakyRelu { alpha_inv },
            Some("pocket_tanh") => Activation::PocketTanh,
            Some(other) => bail!("activation `{other}` is not known"),
        })
    }
}

fn layer(entry: &[Value]) -> Result<LayerSpec> {
    let kind = entry
        .first()
        .and_then(Value::as_str)
        .context("no name of a layer")?;
    let number = |position: usize| -> Result<usize> {
        let value = entry.get(position).and_then(Value::as_u64);
        Ok(usize::try_from(
            value.with_context(|| format!("no number at {position}"))?,
        )?)
    };
    match (kind, entry.len()) {
        ("conv" | "conv2d", 3 | 4) => Ok(LayerSpec::Conv2d {
            filters: number(1)?,
            kernel: number(2)?,
            padding: if entry.len() == 4 { number(3)? } else { 0 },
        }),
        ("pool" | "max_pool" | "maxpool", 2) => Ok(LayerSpec::MaxPool { kernel: number(1)? }),
        ("avg_pool" | "avgpool", 2) => Ok(LayerSpec::AvgPool { kernel: number(1)? }),
        ("global_max_pool" | "globalmaxpool", 1) => Ok(LayerSpec::GlobalMaxPool),
        ("linear" | "fc", 2) => Ok(LayerSpec::Linear { units: number(1)? }),
        _ => bail!("this kind of layer is not known"),
    }
}
