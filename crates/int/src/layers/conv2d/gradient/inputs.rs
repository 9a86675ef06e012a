//! A batch of inputs, as gradients read it.

use super::super::span;
use crate::Aligned;
use crate::gemm::{in_line, to_planes};
use crate::kernel::{Contributions, Isa, PLANE, Window, Windows};
use crate::layers::images::{Frame, Images};
use crate::parallel::{self, PerThread};
use alloc::vec::Vec;
use core::ops::Range;

/// Columns of the gradient that are summed while rows of inputs stay in the second-level cache:
/// what the registers of the fastest kernels hold.
const COLUMNS: usize = 384;

/// Bytes of rows of inputs that are passed over at once.
const INPUT_BYTES: usize = 768 << 10;

/// Ways of the first-level cache that a plane may take, each of 64 lines; one in tests, so that there
/// is more than one group of samples.
const WAYS: usize = if cfg!(test) { 1 } else { 6 };

/// How the window of inputs under the kernel stands in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// As convolutions read them forward.
    Rows,
    /// Channels by 32, ordered by [`to_planes`].
    Planes,
}

impl Order {
    pub(super) fn of(frame: Frame) -> Self {
        if frame.depth.is_multiple_of(PLANE) {
            Order::Planes
        } else {
            Order::Rows
        }
    }
}

/// Samples whose inputs are passed over at once.
pub(super) fn samples_together(frame: Frame, kernel: usize) -> usize {
    let pixels = frame.size() / frame.depth.max(1);
    match Order::of(frame) {
        Order::Planes => (WAYS / pixels.div_ceil(64)).max(1),
        Order::Rows => {
            let columns = COLUMNS.min(span(frame, kernel).length);
            let slab = size_of::<i16>() * pixels * columns;
            (INPUT_BYTES / slab.max(1)).clamp(1, 16)
        }
    }
}

/// Bytes that ordering the inputs takes on one thread.
pub(super) fn planned_order(frame: Frame) -> usize {
    match Order::of(frame) {
        Order::Planes => size_of::<i16>() * frame.size(),
        Order::Rows => 0,
    }
}

/// Inputs in their order, and where windows start in it.
pub(super) struct Inputs<'a> {
    values: &'a Aligned<i16>,
    frame: Frame,
    kernel: usize,
    order: Order,
    /// The pixel of a sample's frame with which the window of each output position begins.
    pixels: &'a [usize],
}

impl<'a> Inputs<'a> {
    /// Puts the inputs in their order.
    pub(super) fn new(
        images: &'a mut Images,
        kernel: usize,
        pixels: &'a [usize],
        spares: &PerThread<Vec<i16>>,
    ) -> Self {
        let (frame, order) = (images.frame, Order::of(images.frame));
        if let Order::Planes = order {
            // A value costs about as much as four products.
            let work = 4 * images.values.len();
            parallel::for_each_part(&mut images.values, frame.size(), work, |_, sample| {
                spares.lend(|spare| to_planes(sample, frame.depth, spare));
            });
        }
        Inputs {
            values: &images.values,
            frame,
            kernel,
            order,
            pixels,
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.values.len() / self.frame.size()
    }

    pub(super) fn samples_together(&self) -> usize {
        samples_together(self.frame, self.kernel)
    }

    /// Where the window of an output position starts.
    pub(super) fn start(&self, sample: usize, position: usize) -> usize {
        let values = match self.order {
            Order::Rows => self.frame.depth,
            Order::Planes => PLANE,
        };
        sample * self.frame.size() + self.pixels[position] * values
    }

    /// A value of the window that starts there: of the weight with this index in its filter.
    pub(super) fn value(&self, start: usize, index: usize) -> i16 {
        let (depth, row) = (self.frame.depth, self.kernel * self.frame.depth);
        self.values[match self.order {
            Order::Rows => start + index / row * self.frame.row() + index % row,
            Order::Planes => {
                let (pixel, channel) = (index / depth, index % depth);
                let (y, x) = (pixel / self.kernel, pixel % self.kernel);
                let line = y * self.frame.columns() + x;
                start + channel / PLANE * self.plane() + line * PLANE + in_line(channel % PLANE)
            }
        }]
    }

    /// Adds contributions of some samples to the sums of so many filters, or to nothing if these
    /// are `fresh`, group by group of samples: `each(group, add)` is to call `add(sums, part)` for
    /// each filter, with the part of the contributions that it has in the group.
    pub(super) fn add(
        &self,
        contributions: &Contributions,
        (samples, filters): (Range<usize>, usize),
        fresh: bool,
        mut each: impl FnMut(usize, &mut dyn FnMut(&mut [i32], Range<usize>)),
    ) {
        let isa = Isa::current();
        let groups = samples.len().div_ceil(self.samples_together());
        match self.order {
            Order::Planes => {
                for plane in 0..self.frame.depth / PLANE {
                    for group in 0..groups {
                        let (next, at) = match group + 1 {
                            next if next < groups => (next, plane),
                            _ => (0, plane + 1),
                        };
                        let mut ahead = self.group(samples.clone(), next, at, filters);
                        each(group, &mut |sums, part| {
                            if let Some(lines) = ahead.next() {
                                isa.prefetch_far(lines);
                            }
                            let windows = Windows {
                                values: &self.values[plane * self.plane()..],
                                window: self.window(),
                                part: contributions.part(part),
                            };
                            let sums = &mut sums[plane * PLANE..];
                            isa.add_windows(sums, windows, fresh && group == 0);
                        });
                    }
                }
            }
            Order::Rows => {
                let span = span(self.frame, self.kernel);
                for group in 0..groups {
                    for run in 0..span.runs {
                        for column in (0..span.length).step_by(COLUMNS) {
                            let count = COLUMNS.min(span.length - column);
                            let place = run * span.length + column;
                            each(group, &mut |sums, part| {
                                let sums = &mut sums[place..place + count];
                                if fresh && group == 0 {
                                    sums.fill(0);
                                }
                                let values = &self.values[run * span.stride + column..];
                                isa.add_contributions(sums, values, contributions.part(part));
                            });
                        }
                    }
                }
            }
        }
    }

    /// A plane, if there is one, of a group of samples, in about so many parts.
    fn group(
        &self,
        samples: Range<usize>,
        group: usize,
        plane: usize,
        parts: usize,
    ) -> impl Iterator<Item = &[i16]> {
        let (size, length) = (self.frame.size(), self.plane());
        let together = self.samples_together();
        let exists = plane * length < size;
        let first = samples.start + group * together;
        let last = samples.end.min(first + together);
        let part = (together * length / PLANE).div_ceil(parts) * PLANE;
        (first..if exists { last } else { first }).flat_map(move |sample| {
            self.values[sample * size + plane * length..][..length].chunks(part)
        })
    }

    /// From a plane to the next.
    fn plane(&self) -> usize {
        self.frame.size() / self.frame.depth * PLANE
    }

    fn window(&self) -> Window {
        Window {
            side: self.kernel,
            row: self.frame.columns() * PLANE,
            spread: self.frame.depth,
        }
    }
}
