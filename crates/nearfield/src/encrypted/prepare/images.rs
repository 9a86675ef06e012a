//! Smaller images: resized, cropped, pooled.

use crate::{Error, Result};
use nearfield_data::{Dataset, Values};
use resize::Filter;

mod resize;

/// Largest side of an image that is made.
pub(crate) const MAX_SIDE: usize = 4096;

/// What is done to grey images of unsigned bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// To a square of this side, by cubic filters as wide as the images shrink: byte for byte what
    /// Pillow (13.0) does as `resize((side, side), BICUBIC)`, and torchvision through it.
    ///
    /// Rows are filtered first, then columns. An output at `x` is centred at
    /// `c = (x + 1/2) s`, where `s` is inputs by outputs; with `f = max(s, 1)` it is the weighted
    /// mean of inputs `i` from the whole part of `c - 2f + 1/2` to before that of
    /// `c + 2f + 1/2`, cut off at the sides, with the weight of the cubic of parameter -1/2 at
    /// `(i - c + 1/2) / f`. Weights are rounded to 22 bits after the point, and each of the two
    /// results to a byte.
    Resize {
        /// Side of the square.
        side: usize,
    },
    /// To the square of rows and columns from `first` on.
    Crop {
        /// First row and column that are kept.
        first: usize,
        /// Rows and columns that are kept.
        side: usize,
    },
    /// To the largest value of every square of this side.
    MaxPool {
        /// Side of the squares.
        side: usize,
    },
}

impl Work {
    /// Does this to every image.
    ///
    /// # Shapes
    /// From `[1, height, width]` to `[1, smaller, smaller]`.
    ///
    /// # Errors
    /// [`Error::Samples`] if there are no grey images of bytes, or they are too small.
    pub fn apply(&self, data: &Dataset) -> Result<Dataset> {
        data.check()?;
        let (Values::U8(pixels), &[1, height, width]) = (&data.values, &data.shape[..]) else {
            return Err(Error::Samples(format!(
                "samples of shape {:?} are no grey images of bytes, so they cannot be resized",
                data.shape
            )));
        };
        let (rows, columns) = self.size(height, width)?;
        let images = pixels.chunks_exact(height * width);
        let pixels: Vec<u8> = match *self {
            Work::Resize { side } => {
                let filters = (Filter::new(height, side), Filter::new(width, side));
                images
                    .flat_map(|image| resize::resized(image, width, &filters.0, &filters.1))
                    .collect()
            }
            Work::Crop { first, side } => images
                .flat_map(|image| image.chunks_exact(width).skip(first).take(side))
                .flat_map(|row| &row[first..first + side])
                .copied()
                .collect(),
            Work::MaxPool { side } => images
                .flat_map(|image| pooled(image, width, side))
                .collect(),
        };
        Ok(Dataset {
            values: Values::U8(pixels),
            shape: vec![1, rows, columns],
            ..data.clone()
        })
    }

    /// Rows and columns of what images of this size become.
    fn size(&self, height: usize, width: usize) -> Result<(usize, usize)> {
        let refuse = |problem: String| Err(Error::Samples(problem));
        match *self {
            Work::Resize { side } if (1..=MAX_SIDE).contains(&side) => Ok((side, side)),
            Work::Resize { side } => refuse(format!(
                "images cannot be resized to {side} x {side}; give a side from 1 to {MAX_SIDE}"
            )),
            Work::Crop { first, side } => {
                let end = first.checked_add(side);
                match end.filter(|&end| side > 0 && end <= height.min(width)) {
                    Some(_) => Ok((side, side)),
                    None => refuse(format!(
                        "images of {height} x {width} have no {side} rows and columns from {first} \
                         on; give smaller numbers"
                    )),
                }
            }
            Work::MaxPool { side } => {
                if side == 0 || !height.is_multiple_of(side) || !width.is_multiple_of(side) {
                    return refuse(format!(
                        "images of {height} x {width} cannot be cut in squares of {side} x {side}; \
                         give a side that divides both"
                    ));
                }
                Ok((height / side, width / side))
            }
        }
    }
}

/// The largest value of every square.
fn pooled(image: &[u8], width: usize, side: usize) -> Vec<u8> {
    let mut pooled = Vec::new();
    for rows in image.chunks_exact(width * side) {
        for first in (0..width).step_by(side) {
            let squares = rows.chunks_exact(width);
            let values = squares.flat_map(|row| &row[first..first + side]);
            pooled.push(values.copied().max().unwrap_or(0));
        }
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(height: usize, width: usize, count: u8) -> Dataset {
        let pixel = |place: usize| u8::try_from(place * 37 % 251).unwrap();
        Dataset {
            values: Values::U8(
                (0..height * width * usize::from(count))
                    .map(pixel)
                    .collect(),
            ),
            shape: vec![1, height, width],
            labels: (0..u16::from(count)).collect(),
            classes: (0..count).map(|label| label.to_string()).collect(),
        }
    }

    fn pixels(data: &Dataset) -> &[u8] {
        match &data.values {
            Values::U8(pixels) => pixels,
            other => panic!("no bytes: {other:?}"),
        }
    }

    #[test]
    fn crops_and_maxima_are_those_of_their_places() {
        let data = images(6, 6, 2);
        let cropped = Work::Crop { first: 1, side: 4 }.apply(&data).unwrap();
        let pooled = Work::MaxPool { side: 2 }.apply(&cropped).unwrap();
        assert_eq!(
            (cropped.shape, pooled.shape.clone()),
            (vec![1, 4, 4], vec![1, 2, 2])
        );
        let at =
            |image: usize, row: usize, column: usize| pixels(&data)[image * 36 + row * 6 + column];
        for image in 0..2 {
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (r, c) = (1 + 2 * row, 1 + 2 * column);
                let squares = [
                    at(image, r, c),
                    at(image, r, c + 1),
                    at(image, r + 1, c),
                    at(image, r + 1, c + 1),
                ];
                let found = pixels(&pooled)[image * 4 + row * 2 + column];
                assert_eq!(Some(found), squares.into_iter().max());
            }
        }
    }

    #[test]
    fn images_of_the_same_size_stay_as_they_are() {
        let data = images(5, 5, 3);
        assert_eq!(Work::Resize { side: 5 }.apply(&data).unwrap(), data);
        let flat = Dataset {
            values: Values::U8(vec![77; 28 * 28]),
            ..images(28, 28, 1)
        };
        let small = Work::Resize { side: 14 }.apply(&flat).unwrap();
        assert!(pixels(&small).iter().all(|&pixel| pixel == 77));
    }

    #[test]
    fn what_does_not_fit_an_image_is_refused() {
        let data = images(6, 4, 1);
        for work in [
            Work::Resize { side: 0 },
            Work::Resize { side: MAX_SIDE + 1 },
            Work::Crop { first: 1, side: 4 },
            Work::Crop {
                first: usize::MAX,
                side: 2,
            },
            Work::Crop { first: 0, side: 0 },
            Work::MaxPool { side: 3 },
            Work::MaxPool { side: 0 },
        ] {
            assert!(work.apply(&data).is_err(), "{work:?}");
        }
        let table = data.reshaped(vec![24]).unwrap();
        let error = Work::Resize { side: 3 }
            .apply(&table)
            .unwrap_err()
            .to_string();
        assert!(error.contains("[24] are no grey images"), "{error}");
    }
}
