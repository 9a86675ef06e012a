//! Bytes of images, filtered along rows and columns.

/// Bits after the point of a weight.
const PRECISION: u32 = 22;
/// Half the width of the cubic.
const SUPPORT: f64 = 2.0;

/// Which inputs an output is made of, and their weights, for every output along one side.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    inputs: usize,
    taps: Vec<(usize, Vec<i32>)>,
}

impl Filter {
    /// The filter from one number of values to another.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sides of images are small"
    )]
    pub(super) fn new(inputs: usize, outputs: usize) -> Self {
        let scale = inputs as f64 / outputs as f64;
        let width = scale.max(1.0);
        let taps = (0..outputs).map(|output| {
            let center = (output as f64 + 0.5) * scale;
            // Toward zero, and from below never below the first.
            let first = (center - SUPPORT * width + 0.5).max(0.0) as usize;
            let end = ((center + SUPPORT * width + 0.5) as usize).min(inputs);
            let weight = |input: usize| cubic((input as f64 - center + 0.5) / width);
            let weights: Vec<f64> = (first..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |weight: &f64| {
                let scaled = weight / sum * f64::from(1 << PRECISION);
                (scaled + 0.5_f64.copysign(scaled)) as i32
            };
            (first, weights.iter().map(fixed).collect())
        });
        Filter {
            inputs,
            taps: taps.collect(),
        }
    }

    /// Filters values, `stride` apart.
    fn apply(&self, values: &[u8], stride: usize) -> impl Iterator<Item = u8> {
        self.taps.iter().map(move |(first, weights)| {
            let values = values[first * stride..].iter().step_by(stride);
            let products = values
                .zip(weights)
                .map(|(&v, &weight)| i32::from(v) * weight);
            let sum = products.fold(1 << (PRECISION - 1), i32::wrapping_add);
            u8::try_from((sum >> PRECISION).clamp(0, 255)).unwrap_or(0)
        })
    }

    fn changes(&self) -> bool {
        self.inputs != self.taps.len()
    }
}

/// The cubic of parameter -1/2.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// An image of this `width`, filtered along its rows and then along its columns.
pub(super) fn resized(image: &[u8], width: usize, down: &Filter, along: &Filter) -> Vec<u8> {
    let mut narrow = image.to_vec();
    if along.changes() {
        let rows = image.chunks_exact(width);
        narrow = rows.flat_map(|row| along.apply(row, 1)).collect();
    }
    if !down.changes() {
        return narrow;
    }
    let columns = along.taps.len();
    let mut resized = vec![0; columns * down.taps.len()];
    for column in 0..columns {
        let places = resized[column..].iter_mut().step_by(columns);
        let values = down.apply(&narrow[column..], columns);
        places.zip(values).for_each(|(place, value)| *place = value);
    }
    resized
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures that can be made anywhere: noise, and a ring.
    fn picture(kind: &str, height: usize, width: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let mut pixels = Vec::new();
        for row in 0..height {
            for column in 0..width {
                state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
                let (dy, dx) = (2 * row + 1, 2 * column + 1);
                let square = dy.abs_diff(height).pow(2) + dx.abs_diff(width).pow(2);
                let on_ring = (height * width / 5..height * width / 2).contains(&square);
                pixels.push(match kind {
                    "noise" => u8::try_from(state >> 16 & 255).unwrap(),
                    _ => u8::from(on_ring) * 255,
                });
            }
        }
        pixels
    }

    #[test]
    fn images_are_resized_as_pillow_does() {
        let fixture = include_str!("../../../../tests/fixtures/bicubic.csv");
        let mut seen = 0;
        for line in fixture.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(',').collect();
            let size = |place: usize| fields[place].parse::<usize>().unwrap();
            let (height, width, side) = (size(1), size(2), size(3));
            let expected: Vec<u8> = fields[4..]
                .iter()
                .map(|value| value.parse().unwrap())
                .collect();
            let (down, along) = (Filter::new(height, side), Filter::new(width, side));
            let found = resized(&picture(fields[0], height, width), width, &down, &along);
            assert_eq!(
                found, expected,
                "{} {height} x {width} to {side}",
                fields[0]
            );
            seen += 1;
        }
        assert_eq!(seen, 10);
    }
}
