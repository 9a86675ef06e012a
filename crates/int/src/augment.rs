//! Crops and flips of training images.

use crate::spec::Shape;
use alloc::vec;
use nearfield_train::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

/// How training images are varied.
///
/// # Source
/// The published code of NITRO-D, which decides once for a whole batch (`per_batch`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// With probability 1/2, an image is padded by this many pixels of its smallest value on
    /// each side and cut back to its size at a random offset; 0 for never.
    pub crop_padding: usize,
    /// With probability 1/2, an image is mirrored left to right.
    pub flip: bool,
    /// One decision for a whole batch instead of one for each image, as published.
    pub per_batch: bool,
}

/// A batch of a run: the key of its variations.
#[derive(Clone, Copy, Debug)]
pub struct BatchId {
    /// Seed of the run.
    pub seed: u64,
    /// Epoch, from 1.
    pub epoch: u32,
    /// Number of the batch in its epoch.
    pub number: u64,
}

/// A decision for one image or one batch.
#[derive(Clone, Copy, Debug, Default)]
struct Variation {
    /// Place of the cut within the padded image.
    crop: Option<(usize, usize)>,
    flip: bool,
}

impl Augmentation {
    /// Varies the images of `batch`, whose samples have these `indices` in the training set.
    pub fn apply(&self, batch: &mut [i8], shape: Shape, indices: &[u32], id: BatchId) {
        if self.crop_padding == 0 && !self.flip {
            return;
        }
        let stream = |minor| Stream::new(id.seed, Purpose::Augmentation, id.epoch.into(), minor);
        if self.per_batch {
            let variation = self.draw(&mut stream(id.number));
            let background = batch.iter().copied().min().unwrap_or(0);
            for image in batch.chunks_exact_mut(shape.features()) {
                self.vary(image, shape, variation, background);
            }
            return;
        }
        for (image, &index) in batch.chunks_exact_mut(shape.features()).zip(indices) {
            let variation = self.draw(&mut stream(index.into()));
            let background = image.iter().copied().min().unwrap_or(0);
            self.vary(image, shape, variation, background);
        }
    }

    fn draw(&self, stream: &mut Stream) -> Variation {
        let mut variation = Variation::default();
        if self.crop_padding > 0 && stream.percent(50) {
            let offsets = u32::try_from(2 * self.crop_padding + 1).unwrap_or(u32::MAX);
            variation.crop = Some((
                stream.below(offsets) as usize,
                stream.below(offsets) as usize,
            ));
        }
        variation.flip = self.flip && stream.percent(50);
        variation
    }

    fn vary(&self, image: &mut [i8], shape: Shape, variation: Variation, background: i8) {
        for channel in image.chunks_exact_mut(shape.height * shape.width) {
            if let Some((top, left)) = variation.crop {
                let original = channel.to_vec();
                let source = |row: usize, column: usize| {
                    let y = (row + top).checked_sub(self.crop_padding)?;
                    let x = (column + left).checked_sub(self.crop_padding)?;
                    (y < shape.height && x < shape.width).then(|| original[y * shape.width + x])
                };
                let mut cut = vec![background; channel.len()];
                for (index, pixel) in cut.iter_mut().enumerate() {
                    *pixel = source(index / shape.width, index % shape.width).unwrap_or(background);
                }
                channel.copy_from_slice(&cut);
            }
            if variation.flip {
                channel
                    .chunks_exact_mut(shape.width)
                    .for_each(<[i8]>::reverse);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const IMAGE: [i8; 6] = [1, 2, 3, 4, 5, 6];
    const FIRST: BatchId = BatchId {
        seed: 3,
        epoch: 1,
        number: 0,
    };
    const SHAPE: Shape = Shape::image(1, 2, 3);

    fn varied(variation: Variation) -> Vec<i8> {
        let mut image = IMAGE;
        Augmentation {
            crop_padding: 1,
            ..Default::default()
        }
        .vary(&mut image, SHAPE, variation, -9);
        image.to_vec()
    }

    #[test]
    fn a_crop_moves_the_image_over_its_background() {
        let crop = |crop| {
            varied(Variation {
                crop: Some(crop),
                flip: false,
            })
        };
        assert_eq!(crop((1, 1)), IMAGE);
        assert_eq!(crop((0, 0)), [-9, -9, -9, -9, 1, 2]);
        assert_eq!(crop((2, 1)), [4, 5, 6, -9, -9, -9]);
        assert_eq!(
            varied(Variation {
                crop: None,
                flip: true
            }),
            [3, 2, 1, 6, 5, 4]
        );
    }

    #[test]
    fn a_batch_shares_one_decision_only_when_published() {
        let distinct = |per_batch| {
            let augmentation = Augmentation {
                crop_padding: 2,
                flip: true,
                per_batch,
            };
            let mut batch = IMAGE.repeat(50);
            let indices: Vec<u32> = (0..50).collect();
            augmentation.apply(&mut batch, SHAPE, &indices, FIRST);
            batch
                .chunks(6)
                .collect::<alloc::collections::BTreeSet<_>>()
                .len()
        };
        assert_eq!(distinct(true), 1);
        assert!(distinct(false) > 10);
    }

    #[test]
    fn an_image_is_varied_the_same_wherever_it_stands_in_a_batch() {
        let augmentation = Augmentation {
            crop_padding: 2,
            flip: true,
            per_batch: false,
        };
        let vary = |indices: &[u32]| {
            let mut batch = IMAGE.repeat(indices.len());
            augmentation.apply(&mut batch, SHAPE, indices, FIRST);
            batch
        };
        assert_eq!(vary(&[8, 9])[6..], vary(&[9])[..]);
    }
}
